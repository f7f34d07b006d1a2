"""An attribution on its picture: the picture in grey, evidence for the class in orange, against it in blue."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from core.plots import theme

PERCENTILE = 99  # the strongest percent of places is drawn alike, so that one outlier does not hide all others


@dataclass(frozen=True)
class Overlay:
    """A blended picture and the strength, in the attribution's unit, that is drawn in full colour."""

    image: Image.Image
    scale: float


def overlay(
    picture: Image.Image,
    values: np.ndarray,
    *,
    signed: bool,
    opacity: float = 0.85,
    scale: float | None = None,
    smooth: float = 0.0,
) -> Overlay:
    """Blend ``values (H, W)`` over ``picture``, at the picture's size.

    Args:
        signed: draw negative values in blue; else only how large a value is, in orange.
        opacity: of the strongest colour, from 0 (grey picture only) to 1.
        scale: the value drawn in full colour; None takes the 99th percentile of ``|values|``. Give one scale to
            several maps to compare them.
        smooth: standard deviation, in pixels of ``values``, of a blur for the eye only; 0 draws each value as it is.
    """
    drawn = _blurred(values, smooth) if smooth else values
    scale = robust_scale(drawn) if scale is None else scale
    strength = np.clip(drawn / scale, -1.0, 1.0) if scale else np.zeros_like(drawn, dtype=float)
    strength = strength if signed else np.abs(strength)
    strength = _resized(strength, picture.size)  # (H, W) of the picture
    grey = np.asarray(picture.convert("L"), dtype=np.float32)[..., None].repeat(3, 2)
    grey = 255 * (0.25 + 0.65 * grey / 255)  # neither black nor white, so that both colours show everywhere
    colour = np.where(strength[..., None] >= 0, _rgb(theme.FOR), _rgb(theme.AGAINST))
    alpha = opacity * np.abs(strength)[..., None]
    return Overlay(Image.fromarray(((1 - alpha) * grey + alpha * colour).round().astype(np.uint8)), float(scale))


def framed(picture: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """``picture`` with the rectangle ``(left, upper, right, lower)`` drawn white on black, to be seen on any ground."""
    drawn = picture.convert("RGB")
    pen = ImageDraw.Draw(drawn)
    left, upper, right, lower = box
    for inset, colour in ((0, "black"), (1, "white"), (3, "black")):
        edges = (left + inset, upper + inset, right - 1 - inset, lower - 1 - inset)
        if edges[0] <= edges[2] and edges[1] <= edges[3]:
            pen.rectangle(edges, outline=colour, width=2 if colour == "white" else 1)
    return drawn


def drawn_scale(values: np.ndarray, smooth: float = 0.0) -> float:
    """The value that `overlay` draws in full colour where it is given no scale."""
    return robust_scale(_blurred(values, smooth) if smooth else values)


def robust_scale(values: np.ndarray) -> float:
    """The 99th percentile of ``|values|``; their maximum where that is 0."""
    sizes = np.abs(values)
    return float(np.percentile(sizes, PERCENTILE)) or float(sizes.max(initial=0.0))


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float32)


def _resized(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if values.shape == size[::-1]:
        return values.astype(np.float32)
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))


def _blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    """A separable Gaussian blur with edges repeated."""
    radius = max(1, round(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        padded = np.pad(values, [(radius, radius) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        values = np.apply_along_axis(np.convolve, axis, padded, weights, "valid")
    return values
