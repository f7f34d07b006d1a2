"""A text with its words coloured by their credit: the one place that turns visitors' words into HTML."""

import html
from collections.abc import Sequence

from core.plots import theme

_STRONG = 0.5  # of the strongest word; such words are also underlined, since colour alone must not tell


def coloured_words(words: Sequence[tuple[str, float]], *, scale: float | None = None) -> str:
    """Safe HTML: each word on orange (for the class) or blue (against it), the stronger the fuller.

    Strong words are underlined, solid for and dashed against. Every word is escaped.

    Args:
        words: each word and its credit in logits.
        scale: the credit drawn in full colour; None takes the strongest word's.
    """
    scale = max((abs(value) for _, value in words), default=0.0) if scale is None else scale
    return f'<p style="line-height:2.1;margin:0">{" ".join(_span(word, value, scale) for word, value in words)}</p>'


def _span(word: str, value: float, scale: float) -> str:
    strength = min(abs(value) / scale, 1.0) if scale else 0.0
    colour = theme.FOR if value >= 0 else theme.AGAINST
    style = f"background:{theme.rgba(colour, round(0.65 * strength, 2))};padding:0.15em 0.3em;border-radius:0.3em"
    if strength >= _STRONG:
        style += f";border-bottom:2px {'solid' if value >= 0 else 'dashed'} {colour}"
    return f'<span style="{style}" title="{value:+.2f} logits">{html.escape(word)}</span>'


def shaded_tokens(beginning: str, tokens: Sequence[tuple[str, float]]) -> str:
    """Safe HTML: ``beginning`` in bold, then each token on orange, the fuller the surer the model was of it.

    Args:
        tokens: text (with its own spaces) and probability in [0, 1].
    """
    written = "".join(
        f'<span style="background:{theme.rgba(theme.FOR, round(0.65 * prob, 2))};border-radius:0.2em" '
        f'title="{100 * prob:.0f} %">{html.escape(text)}</span>'
        for text, prob in tokens
    )
    style = "line-height:1.9;margin:0;white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<p style="{style}"><b>{html.escape(beginning)}</b>{written}</p>'
