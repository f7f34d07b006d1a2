"""A long text as a strip of its chunks: how long each is, and how likely the class is in it alone."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.plots import theme

_SHOWN = 60  # characters of a chunk's beginning on hover


def strip(texts: Sequence[str], probs: Sequence[float], current: int) -> go.Figure:
    """One column per chunk, as wide as its text is long and as high as the class is likely, in percent.

    Args:
        current: index of the chunk that the page speaks of, in orange; the others are grey. A click gives its number,
            from 1.
    """
    widths = [len(text) for text in texts]
    starts = [sum(widths[:at]) for at in range(len(widths))]
    percents = [100 * prob for prob in probs]
    numbers = list(range(1, len(texts) + 1))
    hover = [
        f"Chunk {number}: {_percent(prob)}<br>{theme.plain(_beginning(text))}"
        for number, prob, text in zip(numbers, probs, texts, strict=True)
    ]
    made = theme.figure(
        go.Bar(
            x=starts,
            y=percents,
            width=[max(width - 0.004 * sum(widths), 0.5 * width) for width in widths],
            offset=0,
            marker_color=[theme.FOR if at == current else theme.CONTROL for at in range(len(texts))],
            text=[
                f"<b>{number}</b><br>{_percent(prob)}" if number == current + 1 else f"{number}<br>{_percent(prob)}"
                for number, prob in zip(numbers, probs, strict=True)
            ],
            textangle=0,
            textposition="outside",
            cliponaxis=False,
            customdata=numbers,
            hovertext=hover,
            hoverinfo="text",
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
        ),
        height=230,
        x="place in the text, characters",
        y="probability, %",
    )
    made.update_xaxes(range=[0, sum(widths)], showgrid=False, fixedrange=True, nticks=6)
    made.update_yaxes(range=[0, 140], tickvals=[0, 50, 100], fixedrange=True)
    return made


def in_words(probs: Sequence[float], current: int) -> str:
    """The same for a screen reader."""
    told = "; ".join(f"chunk {number} {_percent(prob)}" for number, prob in enumerate(probs, 1))
    return f"{told}. The page speaks of chunk {current + 1}."


def _beginning(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _percent(prob: float) -> str:
    return "under 1 %" if 0 < prob < 0.01 else f"{100 * prob:.0f} %"
