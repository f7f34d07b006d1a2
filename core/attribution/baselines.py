"""The "nothing here" picture against which a picture is explained or erased."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from core.params import Choice

_TITLES = {
    "black": "Black",
    "grey": "Grey (the mean)",
    "white": "White",
    "blur": "The same, blurred",
    "noise": "Noise",
}
NAMES = tuple(_TITLES)
BLUR_SHARE = 1 / 16  # of the picture's side, as the blur's standard deviation: edges go, broad colours stay


def choice(default: str, options: Sequence[str] = NAMES, help: str = "") -> Choice:
    """The control for picking a baseline."""
    titles = tuple(_TITLES.get(option, option.capitalize()) for option in options)
    return Choice("baseline", "Baseline", tuple(options), default, help=help, titles=titles)


def baseline_of(pixels: Tensor, name: str, mean: Sequence[float], std: Sequence[float], seed: int = 0) -> Tensor:
    """The baseline called ``name`` for normalised ``pixels (B, 3, H, W)``, of the same shape.

    ``grey`` is the mean that pixels were normalised by, so zero; ``noise`` is uniform over colours, drawn from
    ``seed``.
    """
    if name == "grey":
        return torch.zeros_like(pixels)
    if name == "blur":
        return blurred(pixels, BLUR_SHARE * min(pixels.shape[-2:]))
    if name == "noise":
        colours = torch.rand(pixels.shape, generator=torch.Generator().manual_seed(seed)).to(pixels)
    else:
        colours = torch.full_like(pixels, {"black": 0.0, "white": 1.0}[name])
    return (colours - _column(mean, pixels)) / _column(std, pixels)


def blurred(pixels: Tensor, sigma: float) -> Tensor:
    """A Gaussian blur of ``pixels (B, C, H, W)`` with standard deviation ``sigma`` in pixels, edges repeated."""
    radius = max(1, round(3 * sigma))
    offsets = torch.arange(-radius, radius + 1, device=pixels.device, dtype=pixels.dtype)
    weights = torch.exp(-0.5 * (offsets / max(sigma, 1e-6)) ** 2)
    weights = weights / weights.sum()
    channels = pixels.shape[1]
    padded = F.pad(pixels, (radius, radius, radius, radius), mode="replicate")
    rows = F.conv2d(padded, weights.view(1, 1, -1, 1).repeat(channels, 1, 1, 1), groups=channels)
    return F.conv2d(rows, weights.view(1, 1, 1, -1).repeat(channels, 1, 1, 1), groups=channels)


def _column(numbers: Sequence[float], like: Tensor) -> Tensor:
    return torch.as_tensor(numbers, dtype=like.dtype, device=like.device).view(1, -1, 1, 1)
