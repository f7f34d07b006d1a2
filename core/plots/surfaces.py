"""A decision surface as a plain picture, for thumbnails and animations."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw

from core.plots import theme

_GROUND = np.array([246, 247, 250], dtype=np.float32)
_SPAN = 2.6


def picture(arrays: Mapping[str, np.ndarray], size: tuple[int, int], span: float = _SPAN) -> Image.Image:
    """``arrays`` of a playground frame (``surface (H, W)`` in [0, 1], ``x_train (N, 2)``, ``y_train (N,)``) drawn.

    Classes differ in colour and in form: circles and squares.
    """
    sure = 2 * arrays["surface"].astype(np.float32) - 1  # (H, W) in [-1, 1], rows from the bottom up
    colour = np.where(sure[..., None] >= 0, _rgb(theme.FOR), _rgb(theme.AGAINST))
    alpha = 0.75 * np.abs(sure)[..., None]
    blended = ((1 - alpha) * _GROUND + alpha * colour).round().astype(np.uint8)[::-1]
    width, height = size
    square = Image.fromarray(np.ascontiguousarray(blended)).resize((width, width), Image.Resampling.BICUBIC)
    drawn = ImageDraw.Draw(square)
    for (x, y), label in zip(arrays["x_train"], arrays["y_train"], strict=True):
        cx, cy = (x + span) / (2 * span) * width, (span - y) / (2 * span) * width
        box = (cx - 4, cy - 4, cx + 4, cy + 4)
        draw = drawn.ellipse if label else drawn.rectangle
        draw(box, fill=theme.FOR if label else theme.AGAINST, outline="white")
    top = (width - height) // 2
    return square.crop((0, top, width, top + height))


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float32)
