"""Deletion and insertion curves beside their controls."""

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.plots import theme

if TYPE_CHECKING:
    from core.attribution.metrics.base import Band, Curve

HEIGHT = 180
_AXIS = {"deletion": "Erased, %", "insertion": "Shown, %"}


def erasing(curve: "Curve", label: str, *, control: str, height: int = HEIGHT, at: int | None = None) -> go.Figure:
    """The class's probability over the share that is erased (or shown), beside one control.

    Args:
        label: the class's name, for hovers.
        control: which of ``curve.controls`` to draw: the mean as a line, the draws' range as a band.
        at: a step to mark, for scrubbing along the curve.
    """
    x = 100 * curve.fractions
    band = curve.controls[control]
    figure = theme.figure(*_control(band), *_own(curve, label), height=height, x=_AXIS[curve.kind], y="P(class), %")
    figure.update_xaxes(range=[0, 100], tickvals=[0, 50, 100], fixedrange=True)
    top = max(float(curve.probs.max()), float(band.high.max()))
    figure.update_yaxes(range=[0, min(104.0, max(112 * top, 5.0))], nticks=4, fixedrange=True)
    _labels(figure, band)
    if at is not None:
        figure.add_vline(x=x[at], line={"color": theme.CONTROL, "width": 1, "dash": "dot"})
    figure.update_layout(hovermode="x unified", margin={"l": 8, "r": 12, "t": 24, "b": 8})
    return figure


def _own(curve: "Curve", label: str) -> list[go.Scatter]:
    hover = f"this map: %{{y:.1f}} %<extra>{theme.plain(label)}</extra>"
    return [
        go.Scatter(
            x=100 * curve.fractions,
            y=100 * curve.probs,
            mode="lines",
            line={"color": theme.FOR, "width": 2.5},
            hovertemplate=hover,
        )
    ]


def _control(band: "Band") -> list[go.Scatter]:
    x = 100 * band.fractions
    around = go.Scatter(
        x=np.concatenate([x, x[::-1]]),
        y=100 * np.concatenate([band.high, band.low[::-1]]),
        fill="toself",
        fillcolor=theme.rgba(theme.CONTROL, 0.25),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
    )
    mean = go.Scatter(
        x=x,
        y=100 * band.mean,
        mode="lines",
        line={"color": theme.CONTROL, "width": 1.5, "dash": "dot"},
        hovertemplate=f"{band.says}: %{{y:.1f}} %<extra></extra>",
    )
    return [around, mean]


def _labels(figure: go.Figure, band: "Band") -> None:
    """Name both lines above the plot, where neither can run through its name, and side by side on the narrowest."""
    both = ((theme.FOR, "━ this map"), (theme.CONTROL, f"┅ {band.says.split()[0]}"))
    figure.add_annotation(
        text=" &nbsp;".join(f'<span style="color:{colour}">{words}</span>' for colour, words in both),
        x=1,
        y=1,
        xref="paper",
        yref="paper",
        xanchor="right",
        yanchor="bottom",
        showarrow=False,
        font={"size": 12},
    )
