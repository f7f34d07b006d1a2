"""One explanation as a file: the picture with its map as PNG or SVG, coloured words as SVG, the numbers as CSV."""

import base64
import html
import io

import numpy as np
import pandas as pd
from PIL import Image

from core.attribution.result import Explained
from core.data.tables import safe_csv
from core.plots import heatmap, theme

_LINE, _GAP, _WIDTH = 34, 8, 760  # pixels of an SVG of words
_LETTER, _NARROW, _WIDE = 8.8, 4.8, 13.0  # pixels a letter; fonts differ, so each word is fitted to its box
_NARROWS, _WIDES = frozenset(" .,;:!|'`()[]ijlftrI"), frozenset("mwMW@%")
_STRONG = 0.5  # of the strongest word, as on the page: underlined
_UNREADABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")


def map_png(picture: Image.Image, explained: Explained, *, opacity: float = 0.85, smooth: float = 0.0) -> bytes:
    """The map over ``picture`` (as the model sees it)."""
    drawn = heatmap.overlay(picture, explained.values, signed=explained.method.signed, opacity=opacity, smooth=smooth)
    return png(drawn.image)


def map_svg(
    explained: Explained, label: str, picture: Image.Image | None = None, *, opacity: float = 0.85, smooth: float = 0.0
) -> bytes:
    """The map with its caption and scale: of a picture (give it as the model sees it) or of a text's words."""
    if picture is None:
        return _words_svg(explained, label)
    drawn = heatmap.overlay(picture, explained.values, signed=explained.method.signed, opacity=opacity, smooth=smooth)
    width, height = picture.size
    inside = (
        f'<image width="{width}" height="{height}" href="{data_uri(png(drawn.image))}"/>'
        f'<text x="0" y="{height + 20}" font-size="13">{_safe(explained.method.name)}: {_safe(label)}</text>'
        f'<text x="0" y="{height + 38}" font-size="11">full colour at {drawn.scale:.3g}; '
        f"orange for, blue against</text>"
    )
    return _svg(width, height + 46, f"{explained.method.name} for {label}", inside)


def map_csv(explained: Explained) -> bytes:
    """The numbers: a row a pixel row (``(H, W)``, no header), or a row a word."""
    if explained.words:
        rows = [{"word": w.text, "credit": w.value, "tokens": w.tokens} for w in explained.words]
        return safe_csv(pd.DataFrame(rows))
    buffer = io.StringIO()
    np.savetxt(buffer, explained.values, fmt="%.6g", delimiter=",")
    return buffer.getvalue().encode()


def png(image: Image.Image) -> bytes:
    """``image`` as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """A file written into an address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _words_svg(explained: Explained, label: str) -> bytes:
    strongest = max((abs(word.value) for word in explained.words), default=0.0)
    parts, x, y = [], 0.0, 26.0
    for word in explained.words:
        wide = sum(map(_letter, word.text)) + _GAP
        if x and x + wide > _WIDTH:
            x, y = 0.0, y + _LINE
        parts.append(_word_svg(word.text, word.value, strongest, x, y, wide))
        x += wide + 4
    caption = (
        f'<text x="0" y="{y + 40:g}" font-size="13">{_safe(explained.method.name)}: {_safe(label)}; '
        f"full colour at {strongest:.3g} logits; orange for, blue against</text>"
    )
    return _svg(_WIDTH, round(y + 52), f"{explained.method.name} for {label}", "".join(parts) + caption)


def _word_svg(text: str, value: float, strongest: float, x: float, y: float, wide: float) -> str:
    strength = min(abs(value) / strongest, 1.0) if strongest else 0.0
    colour = theme.FOR if value >= 0 else theme.AGAINST
    line = ""
    if strength >= _STRONG:
        dashes = "" if value >= 0 else ' stroke-dasharray="4 3"'
        line = f'<path d="M{x:g} {y + 8:g}h{wide:g}" stroke="{colour}" stroke-width="2"{dashes}/>'
    return (
        f'<rect x="{x:g}" y="{y - 18:g}" width="{wide:g}" height="26" rx="4" fill="{colour}" '
        f'fill-opacity="{0.65 * strength:.2f}"/>{line}'
        f'<text x="{x + _GAP / 2:g}" y="{y:g}" font-size="15" textLength="{wide - _GAP:g}" '
        f'lengthAdjust="spacing">{_safe(text)}<title>{value:+.3f} logits</title></text>'
    )


def _letter(letter: str) -> float:
    if letter in _NARROWS:
        return _NARROW
    return _WIDE if letter in _WIDES or ord(letter) > 0x2E80 else _LETTER


def _svg(width: int, height: int, title: str, inside: str) -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family="system-ui, sans-serif"><title>{_safe(title)}</title>'
        f'<rect width="100%" height="100%" fill="#FFFFFF"/>{inside}</svg>'
    ).encode(errors="replace")


def _safe(text: str) -> str:
    """A visitor's words inside XML, which cannot hold every character."""
    return html.escape(text.translate(_UNREADABLE))
