"""Handwritten digits that ship: all that our networks draw after, in four shades, and a hundred they never saw.

They are of MNIST, Yann LeCun and Corinna Cortes, CC BY-SA 3.0; `recipes.digits` writes the file.
"""

import io
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from core.data.samples import ASSETS

FILE = ASSETS / "digits.npz.xz"
SIDE = 28
SHADES = 4
_AT_ONCE = 1000  # learned digits as floats at a time: 3 MB instead of 19


@dataclass(frozen=True)
class Digits:
    """Pictures and what they show.

    Attributes:
        images: ``(N, 28, 28)`` uint8, white ink on black.
        labels: ``(N,)``, 0 … 9.
    """

    images: np.ndarray
    labels: np.ndarray

    def of(self, digit: int) -> np.ndarray:
        """The pictures of one digit."""
        return self.images[self.labels == digit]


@cache
def learned() -> Digits:
    """Every digit that the drawing networks learned from."""
    held = _read()
    return Digits(held["images"] * np.uint8(255 // (SHADES - 1)), held["labels"])


@cache
def unseen() -> Digits:
    """A hundred digits, ten of each, that no network of ours learned from."""
    held = _read()
    return Digits(held["unseen_images"], held["unseen_labels"])


def nearest(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each of ``images (N, 28, 28)`` in 0 … 255 the row of the most alike learned one, and how far it is.

    Returns:
        rows ``(N,)`` into `learned`, and distances ``(N,)``: root mean square of the pixels' differences, in 0 … 1.
    """
    asked = images.reshape(-1, SIDE * SIDE).astype(np.float32) / 255
    whole = learned().images.reshape(-1, SIDE * SIDE)
    parts = []
    for start in range(0, len(whole), _AT_ONCE):
        known = whole[start : start + _AT_ONCE].astype(np.float32) / 255
        parts.append((asked**2).sum(1)[:, None] - 2 * asked @ known.T + (known**2).sum(1))  # (N, some)
    squared = np.concatenate(parts, 1)
    rows = squared.argmin(1)
    return rows, np.sqrt(squared[np.arange(len(asked)), rows].clip(0) / SIDE**2)


def write(arrays: Mapping[str, np.ndarray]) -> None:
    """Pack ``arrays`` as the file that ships."""
    plain = io.BytesIO()
    np.savez(plain, allow_pickle=False, **arrays)
    FILE.write_bytes(lzma.compress(plain.getvalue(), preset=9 | lzma.PRESET_EXTREME))


def _read() -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(lzma.decompress(FILE.read_bytes())), allow_pickle=False) as arrays:
        return dict(arrays)
