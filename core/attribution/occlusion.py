"""Occlusion: cover the picture window by window and see how far the logit falls."""

import math

import torch
from torch import Tensor

from core.attribution.base import Attribution, Forward, Method, spread
from core.attribution.baselines import choice
from core.attribution.watch import Watched
from core.params import IntRange

PICTURES_AT_ONCE = 2  # more do not fit the processor's cache, and take longer each


def occlusion(
    forward: Forward, inputs: Tensor, target: int, *, baseline: Tensor, window: int = 32, stride: int = 16
) -> Tensor:
    """How far the logit falls when a window is covered, averaged over the windows that cover a pixel (Zeiler 2013).

    Equal to ``captum.attr.Occlusion`` with windows over all channels; without gradients and in batches.

    Args:
        inputs: ``(B, C, H, W)``; ``baseline`` of the same shape is what covers it.
        window, stride: in pixels; the last window of a row or column may be cut by the edge.

    Returns:
        ``(B, 1, H, W)`` in logits: positive where covering hurts the class.
    """
    boxes = windows(inputs.shape[-2], inputs.shape[-1], window, stride)
    falls = torch.stack([_falls(forward, x, x0, target, boxes) for x, x0 in zip(inputs, baseline, strict=True)])
    total = inputs.new_zeros(len(inputs), 1, *inputs.shape[-2:])
    cover = torch.zeros_like(total)
    for index, (rows, columns) in enumerate(boxes):
        total[:, :, rows, columns] += falls[:, index].view(-1, 1, 1, 1)
        cover[:, :, rows, columns] += 1
    return total / cover


def windows(height: int, width: int, window: int, stride: int) -> list[tuple[slice, slice]]:
    """Rows and columns of each window, left to right and top to bottom, so that every pixel is covered."""

    def starts(side: int) -> range:
        return range(0, (max(math.ceil((side - window) / stride), 0) + 1) * stride, stride)

    return [
        (slice(top, min(top + window, height)), slice(left, min(left + window, width)))
        for top in starts(height)
        for left in starts(width)
    ]


def _falls(forward: Forward, picture: Tensor, cover: Tensor, target: int, boxes: list[tuple[slice, slice]]) -> Tensor:
    """``(len(boxes),)``: the logit of ``picture (C, H, W)`` minus the logit with each box covered."""
    logits = []
    with torch.inference_mode():
        whole = forward(picture[None])[0, target]
        for first in range(0, len(boxes), PICTURES_AT_ONCE):
            some = boxes[first : first + PICTURES_AT_ONCE]
            batch = picture.repeat(len(some), 1, 1, 1).contiguous(memory_format=torch.channels_last)
            for row, (rows, columns) in zip(batch, some, strict=True):
                row[:, rows, columns] = cover[:, rows, columns]
            logits.append(forward(batch)[:, target])
        falls = whole - torch.cat(logits)
    return falls.clone()


def _attribute(
    classifier: Watched, pixels: Tensor, target: int, *, window: int, stride: int, baseline: str
) -> Attribution:
    cover = classifier.baseline(pixels, baseline)
    count = len(windows(pixels.shape[-2], pixels.shape[-1], window, min(stride, window)))
    classifier.watch.expect(len(pixels) * (count + 1))
    # A stride beyond the window would leave gaps that nobody looked at.
    maps = occlusion(classifier.logits, pixels, target, baseline=cover, window=window, stride=min(stride, window))
    return Attribution(spread(maps), target, baseline=cover)


METHOD = Method(
    name="Occlusion",
    kind="image",
    family="perturbation",
    attribute=_attribute,
    signed=True,
    params=(
        IntRange("window", "Window, pixels", 8, 96, 48, help="The side of the square that covers the picture.", step=8),
        IntRange(
            "stride", "Stride, pixels", 8, 64, 24, help="How far the square moves; smaller: finer, slower.", step=8
        ),
        choice("grey", help="What covers the picture."),
    ),
    reference="https://arxiv.org/abs/1311.2901",
    summary="Covers the picture square by square and shows how far the logit falls where it is covered.",
    preview={"window": 64, "stride": 64},
)
