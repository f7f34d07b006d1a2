"""Figures that set methods side by side: dots on one axis, agreement as a grid, maps of a network that falls apart."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.plots import theme

if TYPE_CHECKING:
    from core.attribution.trust import Figure

_ROW = 26  # pixels
_CELL = 44
_TEXT_FROM = 0.6  # a correlation whose cell is dark enough for white numbers


def dots(shown: "Figure") -> go.Figure:
    """One row per method: its value as a dot, its control's draws as a grey bar behind."""
    names = list(shown.values)
    rows = list(range(len(names)))
    traces: list[go.Bar | go.Scatter] = []
    if shown.bands:
        low, high = zip(*(shown.bands.get(name, (np.nan, np.nan)) for name in names), strict=True)
        traces.append(
            go.Bar(
                x=np.subtract(high, low),
                base=low,
                y=rows,
                orientation="h",
                width=0.5,
                marker={"color": theme.rgba(theme.CONTROL, 0.45)},
                hovertemplate="control: %{base:.3g} to %{x:.3g}<extra></extra>",
            )
        )
    values = [shown.values[name] for name in names]
    traces.append(
        go.Scatter(
            x=values,
            y=rows,
            mode="markers",
            marker={"size": 11, "color": theme.FOR, "line": {"width": 1, "color": "white"}},
            hovertext=[f"{theme.plain(name)}: {_told(value)}" for name, value in shown.values.items()],
            hoverinfo="text",
        )
    )
    made = theme.figure(*traces, height=62 + _ROW * len(names), x=shown.axis)
    made.update_yaxes(
        tickvals=rows,
        ticktext=[theme.plain(name) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        fixedrange=True,
    )
    made.update_xaxes(range=_limits(shown), fixedrange=True, nticks=5)
    for row, value in zip(rows, values, strict=True):
        if value is None:
            made.add_annotation(x=0, xref="paper", y=row, text="none", showarrow=False, xanchor="left", xshift=6)
    return made


def grid(names: Sequence[str], matrix: np.ndarray) -> go.Figure:
    """Rank correlations ``(M, M)`` in [-1, 1] between M methods; the upper half would say the same twice."""
    count = len(names)
    half = np.where(np.tri(count, dtype=bool), matrix, np.nan)
    labels = [theme.plain(name) for name in names]
    heat = go.Heatmap(
        z=half,
        x=list(range(count)),
        y=list(range(count)),
        zmin=-1,
        zmax=1,
        colorscale=[(0, theme.AGAINST), (0.5, theme.rgba(theme.CONTROL, 0.15)), (1, theme.FOR)],
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
        customdata=[[f"{a} and {b}" for b in labels] for a in labels],
        hovertemplate="%{customdata}: %{z:.2f}<extra></extra>",
    )
    made = theme.figure(heat, height=130 + _CELL * count)
    made.update_xaxes(tickvals=list(range(count)), ticktext=labels, tickangle=-40, showgrid=False, fixedrange=True)
    made.update_yaxes(
        tickvals=list(range(count)), ticktext=labels, autorange="reversed", showgrid=False, fixedrange=True
    )
    for i in range(count):
        for j in range(i):
            font = {"size": 13} | ({"color": "white"} if abs(matrix[i, j]) > _TEXT_FROM else {})
            made.add_annotation(x=j, y=i, text=f"{matrix[i, j]:.2f}", showarrow=False, font=font)
    return made


def falling_apart(stages: Mapping[str, Mapping[float, float]], limit: float) -> go.Figure:
    """For each method how like the true map stays while layers are randomised; ``limit`` flags the first stage."""
    lines = [
        go.Scatter(
            x=[0, *(100 * share for share in by_share)],
            y=[1.0, *by_share.values()],
            mode="lines+markers",
            name=theme.plain(name),
            marker={"symbol": number, "size": 9},
            hovertemplate=f"{theme.plain(name)}, %{{x:.0f}} % of layers: %{{y:.2f}}<extra></extra>",
        )
        for number, (name, by_share) in enumerate(stages.items())
    ]
    made = theme.figure(*lines, height=300, x="Layers randomised, from the answer down, %", y="Likeness to the map")
    made.update_layout(showlegend=True, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    made.update_xaxes(range=[-3, 103], fixedrange=True)
    made.update_yaxes(range=[-0.5, 1.08], fixedrange=True)
    made.add_hline(y=limit, line={"color": theme.CONTROL, "width": 1, "dash": "dot"})
    return made


def in_words(shown: "Figure") -> str:
    """A figure for those who do not see it."""
    told = []
    for name, value in shown.values.items():
        band = shown.bands.get(name)
        told.append(f"{name} {_told(value)}" + (f" (control {band[0]:.3g} to {band[1]:.3g})" if band else ""))
    return f"{shown.title}. {shown.says} " + "; ".join(told) + "."


def grid_in_words(names: Sequence[str], matrix: np.ndarray) -> str:
    """The pairs that agree most and least."""
    pairs = sorted((matrix[i, j], names[j], names[i]) for i in range(len(names)) for j in range(i))
    if not pairs:
        return "One method alone has nothing to agree with."
    least, most = pairs[0], pairs[-1]
    says = f"Most alike: {most[1]} and {most[2]} ({most[0]:.2f})"
    return f"{says}." if len(pairs) == 1 else f"{says}; least: {least[1]} and {least[2]} ({least[0]:.2f})."


def _limits(shown: "Figure") -> tuple[float, float]:
    held = [value for value in shown.values.values() if value is not None]
    low, high = min(shown.limits[0], *held, 0.0), max(shown.limits[1], *held, 0.0)
    margin = 0.05 * (high - low)
    return low - margin, high + margin


def _told(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"
