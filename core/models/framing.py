"""A whole picture of any shape as a network of places sees it, and the way back from its places to the picture.

Nothing is cut off, unlike for classifiers: what stands at the edge must be found too. Networks from the Hub get what
their image processor says (a test compares); ours are given the picture on a calm square instead of a stretched one,
because they never saw anything stretched by more than a fifth.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageStat
from torch import Tensor

LONGEST_ASPECT = 8.0  # a longer strip is stretched to this, or a side of it would have no pixels left
_REDUCING_GAP = 3.0  # large photos are halved quickly before they are resized exactly
_YOLOS_GRID = 16  # its processor rounds sides down to this


@dataclass(frozen=True)
class Framed:
    """A picture as the network sees it.

    Attributes:
        image: RGB, at the size that the network gets.
        window: left, top, right, bottom of the picture itself in it, in pixels; around it is padding.
        original: ``(width, height)`` of the picture as it came.
    """

    image: Image.Image
    window: tuple[int, int, int, int]
    original: tuple[int, int]

    def to_original(self, boxes: np.ndarray) -> np.ndarray:
        """``boxes (N, 4)`` in shares of what the network sees as left, top, right, bottom in pixels of the picture."""
        left, top, right, bottom = self.window
        sides = np.array([*self.image.size, *self.image.size], np.float64)
        places = (boxes * sides - (left, top, left, top)) / (right - left, bottom - top, right - left, bottom - top)
        return places.clip(0, 1) * (*self.original, *self.original)

    def inside(self, grid: np.ndarray) -> np.ndarray:
        """The part of ``grid (…, h, w)`` over what the network sees that lies over the picture itself."""
        height, width = grid.shape[-2:]
        left, top, right, bottom = self.window
        across, down = width / self.image.width, height / self.image.height
        rows = slice(int(top * down), max(int(np.ceil(bottom * down)), int(top * down) + 1))
        columns = slice(int(left * across), max(int(np.ceil(right * across)), int(left * across) + 1))
        return grid[..., rows, columns]


@dataclass(frozen=True)
class Framing:
    """What happens to a picture before the network.

    Attributes:
        size: ``(height, width)`` that every picture gets, or None where its shape is kept.
        short, long: without ``size``: the short side's new length, and what the long side may not exceed.
        padded: with ``size``: keep the picture's shape on a ground of its mean colour; else stretch it.
        resample: PIL's filter number.
        mean, std: per channel, of values in [0, 1].
    """

    size: tuple[int, int] | None
    short: int
    long: int
    padded: bool
    resample: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @classmethod
    def of(cls, processor: Any, *, padded: bool) -> "Framing":
        """The steps of a `transformers` image processor of YOLOS or SegFormer."""
        size = processor.size
        fixed = (size["height"], size["width"]) if size.height else None
        short = 0 if fixed else size["shortest_edge"]
        long = (size.longest_edge or 0) if not fixed else 0
        colours = tuple(processor.image_mean), tuple(processor.image_std)
        return cls(fixed, short, long, padded, int(processor.resample), *colours)

    def frame(self, image: Image.Image) -> Framed:
        """``image`` as the network sees it."""
        whole, original = image.convert("RGB"), image.size
        if self.size is None:
            return _unpadded(self._resized(whole, self._kept_shape(original)), original)
        height, width = self.size
        if not self.padded:
            return _unpadded(self._resized(whole, (width, height)), original)
        inner = _within((width, height), original)
        small = self._resized(whole, inner)
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        ground = Image.new("RGB", (width, height), tuple(round(mean) for mean in ImageStat.Stat(small).mean))
        ground.paste(small, (left, top))
        return Framed(ground, (left, top, left + inner[0], top + inner[1]), original)

    def pixels(self, framed: Framed) -> Tensor:
        """``(1, 3, H, W)`` normalised floats."""
        values = torch.from_numpy(np.array(framed.image)).permute(2, 0, 1)[None].float()  # (1, 3, H, W)
        mean, std = torch.tensor(self.mean).view(1, 3, 1, 1), torch.tensor(self.std).view(1, 3, 1, 1)
        return ((values / 255 - mean) / std).contiguous()

    def _resized(self, image: Image.Image, size: tuple[int, int]) -> Image.Image:
        if image.size == size:
            return image
        gap = _REDUCING_GAP if self.padded else None  # what the library does is done exactly
        return image.resize(size, self.resample, reducing_gap=gap)

    def _kept_shape(self, original: tuple[int, int]) -> tuple[int, int]:
        """``(width, height)`` as the processor of YOLOS chooses it."""
        width, height = original
        short, exact = self.short, None
        low, high = max(min(original), max(original) / LONGEST_ASPECT), max(original)
        if self.long and high / low * short > self.long:
            exact = self.long * low / high
            short = round(exact)
        other = int((exact or short) * high / low)
        sides = (short, other) if width < height else (other, short)
        new_width, new_height = (max(side - side % _YOLOS_GRID, _YOLOS_GRID) for side in sides)
        return new_width, new_height


def _unpadded(image: Image.Image, original: tuple[int, int]) -> Framed:
    return Framed(image, (0, 0, *image.size), original)


def _within(room: tuple[int, int], original: tuple[int, int]) -> tuple[int, int]:
    """The largest ``(width, height)`` of the original's shape that fits."""
    scale = min(room[0] / original[0], room[1] / original[1])
    least = (max(room[0] / LONGEST_ASPECT, 1), max(room[1] / LONGEST_ASPECT, 1))
    width, height = (max(round(side * scale), round(low)) for side, low in zip(original, least, strict=True))
    return min(width, room[0]), min(height, room[1])
