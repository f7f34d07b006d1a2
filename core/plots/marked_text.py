"""A text with coloured marks on its parts, each followed by its kind: visitors' words as safe HTML."""

import html
from collections.abc import Sequence

from core.plots import theme

_TEXT = "line-height:2.2;margin:0;white-space:pre-wrap;overflow-wrap:anywhere"
_KIND = "font-size:0.72em;font-weight:600;padding-left:0.45em;opacity:0.85"


def marked_text(text: str, spans: Sequence[tuple[int, int, str]], kinds: Sequence[str]) -> str:
    """Safe HTML: ``text`` with each span on the colour of its kind and the kind's name behind it.

    Args:
        spans: first character, the one after the last, and the kind; in order, none within another.
        kinds: all kinds; a kind's place among them decides its colour, so that it stays the same from text to text.
    """
    parts, after = [], 0
    for start, end, kind in spans:
        parts += [html.escape(text[after:start]), _mark(text[start:end], kind, kinds.index(kind))]
        after = end
    return f'<p style="{_TEXT}">{"".join(parts)}{html.escape(text[after:])}</p>'


def _mark(words: str, kind: str, place: int) -> str:
    colour = theme.CATEGORIES[place % len(theme.CATEGORIES)]
    style = (
        f"background:{theme.rgba(colour, 0.22)};border-bottom:2px solid {colour};color:inherit;"
        "padding:0.15em 0.3em;border-radius:0.3em"
    )
    return f'<mark style="{style}">{html.escape(words)}<span style="{_KIND}">{html.escape(kind)}</span></mark>'
