"""Horizontal bars: answers and how likely each is, sentences and how near each is."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.plots import theme

_LONGEST = 28  # characters of a label beside its bar
_ROW = 44  # pixels a bar
_LETTER = 8  # pixels, for the words behind the longest bar


def bars(labels: Sequence[str], probs: Sequence[float], *, highlight: int = 0) -> go.Figure:
    """Probabilities in [0, 1], shown in percent, the first on top.

    Args:
        highlight: index of the bar in the colour of the answer; the others are grey.
    """
    told = [_percent(prob) for prob in probs]
    return _rows(labels, [100 * prob for prob in probs], told, x="probability, %", highlight=highlight)


def similarities(texts: Sequence[str], cosines: Sequence[float], *, highlight: int = 0) -> go.Figure:
    """Cosines in [-1, 1], the first on top."""
    return _rows(texts, cosines, [f"{c:.2f}" for c in cosines], x="cosine similarity", highlight=highlight)


def in_words(labels: Sequence[str], probs: Sequence[float]) -> str:
    """Probabilities for a screen reader."""
    return "; ".join(f"{label} {_percent(prob)}" for label, prob in zip(labels, probs, strict=True))


def _rows(labels: Sequence[str], values: Sequence[float], told: list[str], *, x: str, highlight: int) -> go.Figure:
    places = list(range(len(values)))
    figure = theme.figure(
        go.Bar(
            x=list(values),
            y=places,
            orientation="h",
            marker_color=[theme.FOR if i == highlight else theme.CONTROL for i in places],
            text=told,
            textposition="outside",
            cliponaxis=False,
            customdata=[theme.plain(label) for label in labels],
            hovertemplate="%{customdata}<br>%{x:.3g}<extra></extra>",
        ),
        height=56 + _ROW * len(places),
        x=x,
        bargap=0.35,
        margin={"r": 8 + _LETTER * max(map(len, told))},
    )
    figure.update_xaxes(range=[min(0, *values, 0), max(*values, 0.01)], nticks=5, showgrid=False, fixedrange=True)
    shown = [theme.plain(_short(label)) for label in labels]
    figure.update_yaxes(tickvals=places, ticktext=shown, autorange="reversed", showgrid=False, fixedrange=True)
    return figure


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"


def _percent(prob: float) -> str:
    return "under 1 %" if 0 < prob < 0.01 else f"{100 * prob:.0f} %"
