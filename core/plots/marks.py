"""Marks on a picture: boxes with names, masks with names. Drawn into the pixels, so that what is seen can be kept.

Colours are those of Okabe and Ito, which colour-blind eyes tell apart; a name stands on every mark, so that nothing is
said by colour alone, and all of it is legible on light and on dark pages.
"""

import base64
import html
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.plots import theme

LEAST, MOST = 720, 1024  # pixels of the drawn picture's long side
_INK = ("#000000", "#FFFFFF")
_SMALLEST_NAMED = 0.004  # share of the picture below which a region carries no name on it


def colour(number: int) -> str:
    """The colour of the ``number``-th thing on a picture."""
    return theme.CATEGORIES[number % len(theme.CATEGORIES)]


def enlarged(picture: Image.Image) -> tuple[Image.Image, float]:
    """``picture`` at a size on which marks are sharp, and by how much it grew."""
    longest = max(picture.size)
    factor = min(max(LEAST / longest, 1.0), MOST / longest)
    size = tuple(max(round(side * factor), 1) for side in picture.size)
    return picture.convert("RGB").resize((size[0], size[1]), Image.Resampling.BICUBIC), factor


def boxes(
    picture: Image.Image, places: np.ndarray, words: Sequence[str], dashed: Sequence[bool] | None = None
) -> Image.Image:
    """``places (N, 4)`` in pixels of ``picture``, each with its ``words``; ``dashed`` ones are what was missed."""
    drawn, factor = enlarged(picture)
    pen = ImageDraw.Draw(drawn)
    width = max(round(max(drawn.size) / 240), 2)
    for number, (place, _) in enumerate(zip(places, words, strict=True)):
        frame = tuple(float(value) * factor for value in place)
        _frame(pen, frame, colour(number), width, dashed=bool(dashed and dashed[number]))
    for number in reversed(range(len(words))):  # the surest name lies on top
        left, top, *_ = (float(value) * factor for value in places[number])
        _plate(pen, drawn.size, (left, top), words[number], colour(number))
    return drawn


def mask(
    picture: Image.Image,
    kinds: np.ndarray,
    names: Sequence[str] | Mapping[int, str],
    colours: Mapping[int, str],
    opacity: float,
) -> Image.Image:
    """``kinds (H, W)`` over ``picture``: what is in ``colours`` is tinted and named, all else stays as it is."""
    drawn, _ = enlarged(picture)
    large = np.asarray(Image.fromarray(kinds.astype(np.int32)).resize(drawn.size, Image.Resampling.NEAREST))
    pixels = np.asarray(drawn).astype(np.float32)
    for kind, tint in colours.items():
        there = large == kind
        rgb = np.array([int(tint[i : i + 2], 16) for i in (1, 3, 5)], np.float32)
        pixels[there] = (1 - opacity) * pixels[there] + opacity * rgb
        pixels[_edge(there)] = rgb
    made = Image.fromarray(pixels.round().astype(np.uint8))
    pen = ImageDraw.Draw(made)
    for kind, tint in colours.items():
        there = large == kind
        if there.mean() >= _SMALLEST_NAMED:
            _plate(pen, made.size, _middle(there), names[kind], tint)
    return made


def swatch(tint: str, name: str) -> str:
    """A square of one colour as a data URL, for a table."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><title>{html.escape(name)}</title>'
        f'<rect width="16" height="16" rx="3" fill="{tint}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _frame(pen: ImageDraw.ImageDraw, frame: tuple[float, ...], tint: str, width: int, *, dashed: bool) -> None:
    left, top, right, bottom = frame
    corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
    for start, end in pairwise(corners):
        for piece in _dashes(start, end, 3 * width) if dashed else ((start, end),):
            pen.line(piece, fill="#FFFFFF", width=width + 4)
            pen.line(piece, fill="#000000", width=width + 2)
            pen.line(piece, fill=tint, width=width)


def _dashes(
    start: tuple[float, float], end: tuple[float, float], length: float
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    whole = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    count = max(int(whole / length), 1)
    ends = [
        (start[0] + (end[0] - start[0]) * k / count, start[1] + (end[1] - start[1]) * k / count)
        for k in range(count + 1)
    ]
    return [(ends[k], ends[k + 1]) for k in range(0, count, 2)]


def _plate(pen: ImageDraw.ImageDraw, size: tuple[int, int], place: tuple[float, float], words: str, tint: str) -> None:
    """``words`` on a plate of ``tint`` whose lower left corner is at ``place``, moved into the picture."""
    font = ImageFont.load_default(max(round(max(size) / 40), 14))
    shown = words if len(words) <= 40 else f"{words[:39]}…"
    left, top, right, bottom = pen.textbbox((0, 0), shown, font=font)
    width, height = right - left + 10, bottom - top + 8
    x = min(max(place[0], 0), max(size[0] - width, 0))
    y = min(max(place[1] - height, 0), max(size[1] - height, 0))
    pen.rounded_rectangle((x, y, x + width, y + height), 4, fill=tint, outline="#000000")
    r, g, b = (int(tint[i : i + 2], 16) for i in (1, 3, 5))
    ink = _INK[0.299 * r + 0.587 * g + 0.114 * b < 120]
    pen.text((x + 5 - left, y + 4 - top), shown, fill=ink, font=font)


def _edge(there: np.ndarray) -> np.ndarray:
    """The two outermost pixels of a region."""
    inner = there.copy()
    for _ in range(2):
        padded = np.pad(inner, 1)
        inner = padded[1:-1, 1:-1] & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return there & ~inner


def _middle(there: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(there)
    return float(np.quantile(columns, 0.25)), float(np.median(rows))
