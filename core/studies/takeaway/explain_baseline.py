"""The baseline

The picture that means "nothing is here", normalised like any other.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.studies.takeaway.explain_picture import mean, pixels, std
from core.studies.takeaway.explain_settings import BASELINE, SEED


def normalised(colours: Tensor) -> Tensor:
    """Colours (1, 3, H, W) in [0, 1] as the model sees them."""
    return (colours - mean) / std


def blurred(pixels: Tensor) -> Tensor:
    """A Gaussian blur of a sixteenth of the side, edges repeated."""
    sigma = min(pixels.shape[-2:]) / 16
    radius = max(1, round(3 * sigma))
    weights = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).repeat(3, 1)  # one a channel
    padded = F.pad(pixels, (radius,) * 4, mode="replicate")
    rows = F.conv2d(padded, weights.view(3, 1, -1, 1), groups=3)
    return F.conv2d(rows, weights.view(3, 1, 1, -1), groups=3)


baseline = {
    "grey": lambda: torch.zeros_like(pixels),
    "black": lambda: normalised(torch.zeros_like(pixels)),
    "white": lambda: normalised(torch.ones_like(pixels)),
    "blur": lambda: blurred(pixels),
    "noise": lambda: normalised(torch.rand(pixels.shape, generator=torch.Generator().manual_seed(SEED))),
}[BASELINE]()
