"""Written text with every token shaded by how unsure the model was of it, and what else it had in mind on hover."""

import html
import math
from collections.abc import Sequence
from typing import Protocol

import plotly.graph_objects as go

from core.plots import theme

_FULL = 0.75  # opacity of a token that the model thought impossible
_BROKEN = "\ufffd"


class Written(Protocol):
    """The face of `core.models.text_generator.Token` that is drawn."""

    @property
    def text(self) -> str: ...
    @property
    def prob(self) -> float: ...
    @property
    def entropy(self) -> float: ...
    @property
    def alternatives(self) -> tuple[tuple[str, float], ...]: ...


def token_strip(tokens: Sequence[Written], *, writing: bool = False) -> str:
    """Safe HTML: the text as it reads, the fuller the orange the less likely the token; all words are escaped.

    Args:
        writing: put a cursor at the end.
    """
    cursor = f'<span aria-hidden="true" style="border-right:2px solid {theme.FOR}">&#8203;</span>' if writing else ""
    spans = "".join(_span(token) for token in tokens)
    return f'<p style="line-height:1.9;margin:0;white-space:pre-wrap;overflow-wrap:anywhere">{spans}{cursor}</p>'


def certainty(tokens: Sequence[Written]) -> go.Figure:
    """Each token's probability in percent, in the order of writing; hover tells what else was likely."""
    return theme.figure(
        go.Bar(
            x=list(range(1, len(tokens) + 1)),
            y=[100 * token.prob for token in tokens],
            marker_color=theme.FOR,
            customdata=[theme.plain(f"{visible(token.text)} · {_alternatives(token)}") for token in tokens],
            hovertemplate="%{customdata}<br>%{y:.0f} %<extra></extra>",
        ),
        height=220,
        x="token",
        y="probability, %",
        bargap=0.15,
    ).update_yaxes(range=[0, 100], fixedrange=True)


def table(tokens: Sequence[Written]) -> dict[str, list[str]]:
    """Columns for a list: each token, its probability, and what else was likely."""
    return {
        "token": [visible(token.text) for token in tokens],
        "probability": [f"{100 * token.prob:.1f} %" for token in tokens],
        "entropy, bits": [f"{token.entropy:.1f}" for token in tokens],
        "likeliest": [_alternatives(token) for token in tokens],
    }


def surprise(tokens: Sequence[Written]) -> float:
    """Mean bits per token: ``-log2`` of what the model gave to what was written. 0 means it was always certain."""
    return sum(-math.log2(max(token.prob, 1e-12)) for token in tokens) / len(tokens) if tokens else 0.0


def visible(text: str) -> str:
    """``text`` in a form that can be seen in a list: spaces and line ends drawn, broken characters named."""
    if not text or _BROKEN in text:
        return "(part of a character)"
    return text.replace("\n", "↵").replace(" ", "␣") if not text.strip() else text.strip()


def _span(token: Written) -> str:
    shade = theme.rgba(theme.FOR, round(_FULL * (1 - token.prob), 2))
    tip = html.escape(f"{token.prob:.0%} · {_alternatives(token)}", quote=True)
    return f'<span style="background:{shade};border-radius:0.2em" title="{tip}">{html.escape(token.text)}</span>'


def _alternatives(token: Written) -> str:
    return ", ".join(f"{visible(text)} {prob:.0%}" for text, prob in token.alternatives)
