"""From a picture to the numbers a network was trained on: resize, cut the middle, normalise.

The saved image processor of `transformers` says how; this does the same arithmetic (a test compares them) in
about half the time, and hands out the picture between the steps, which is what the model really sees.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

# Resizing all of a panorama only to cut its middle can take gigabytes; beyond this ratio the middle is cut first.
LONGEST_ASPECT = 8.0
CONVNEXT_WARPS_FROM = 384  # its processor squeezes without cutting at this size and above


@dataclass(frozen=True)
class Preprocessing:
    """What happens to a picture before the network.

    Attributes:
        resize: the short side's new length in pixels, or ``(height, width)`` where the picture is squeezed to fit.
        crop: ``(height, width)`` cut from the middle, or None.
        resample: PIL's filter number.
        mean, std: per channel, of values in [0, 1].
    """

    resize: int | tuple[int, int]
    crop: tuple[int, int] | None
    resample: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @classmethod
    def of(cls, processor: Any) -> "Preprocessing":
        """The steps of a `transformers` image processor (EfficientNet, ViT, ConvNeXT and their relatives)."""
        size, crop = processor.size, None
        if "ConvNext" in type(processor).__name__:
            edge = size["shortest_edge"]
            warps = edge >= CONVNEXT_WARPS_FROM
            resize = (edge, edge) if warps else int(edge / processor.crop_pct)
            crop = None if warps else (edge, edge)
        else:
            resize = size["shortest_edge"] if size.shortest_edge else (size["height"], size["width"])
            if processor.do_center_crop:
                crop = (processor.crop_size["height"], processor.crop_size["width"])
        resample = int(processor.resample)
        return cls(resize, crop, resample, tuple(processor.image_mean), tuple(processor.image_std))

    @property
    def size(self) -> tuple[int, int]:
        """``(height, width)`` of what the network gets."""
        if self.crop:
            return self.crop
        return self.resize if isinstance(self.resize, tuple) else (self.resize, self.resize)

    def seen(self, image: Image.Image) -> Image.Image:
        """The part of ``image`` that the network gets, at its size, in RGB."""
        image = image.convert("RGB")
        if isinstance(self.resize, tuple):
            resized = image.resize((self.resize[1], self.resize[0]), self.resample)
        else:
            image = _middle_of_a_panorama(image)
            resized = image.resize(_short_side_to(image.size, self.resize), self.resample)
        height, width = self.size
        left, top = (resized.width - width) // 2, (resized.height - height) // 2
        return resized.crop((left, top, left + width, top + height))

    def pixels(self, image: Image.Image) -> Tensor:
        """``(1, 3, H, W)`` normalised floats of what the network sees of ``image``."""
        values = torch.from_numpy(np.array(self.seen(image)))  # (H, W, 3) bytes
        mean, std = torch.tensor(self.mean), torch.tensor(self.std)
        # (v / 255 - mean) / std in one multiplication and one subtraction; the memory stays channels-last.
        return values.float().mul_(1 / (255 * std)).sub_(mean / std).permute(2, 0, 1)[None]

    def denormalise(self, pixels: Tensor) -> Image.Image:
        """The picture behind ``pixels (1, 3, H, W)`` or ``(3, H, W)``; values outside [0, 1] are cut off."""
        mean, std = torch.tensor(self.mean).view(3, 1, 1), torch.tensor(self.std).view(3, 1, 1)
        values = (pixels.detach().reshape(3, *pixels.shape[-2:]) * std + mean).clamp(0, 1)
        return Image.fromarray(values.mul(255).round().byte().permute(1, 2, 0).contiguous().numpy())


def _short_side_to(size: tuple[int, int], short: int) -> tuple[int, int]:
    """The new ``(width, height)``, rounded down as `transformers` does."""
    width, height = size
    if width <= height:
        return short, int(short * height / width)
    return int(short * width / height), short


def _middle_of_a_panorama(image: Image.Image) -> Image.Image:
    short, long = sorted(image.size)
    if long <= LONGEST_ASPECT * short:
        return image
    keep = int(LONGEST_ASPECT * short)
    if image.width > image.height:
        left = (image.width - keep) // 2
        return image.crop((left, 0, left + keep, image.height))
    top = (image.height - keep) // 2
    return image.crop((0, top, image.width, top + keep))
