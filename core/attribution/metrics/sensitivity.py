"""Max-sensitivity (Yeh 2019): how much a map changes when the input changes by next to nothing."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from core.attribution.base import Classifier, Method
from core.attribution.explain import explain

CAVEAT = "A map that never changes, whatever the picture, would score best."
RADIUS = 0.02  # of the normalised pixels, as Captum has it
DRAWS = 3


def max_sensitivity(
    classifier: Classifier,
    method: Method,
    pixels: Tensor,
    target: int,
    options: Mapping[str, Any],
    *,
    draws: int = DRAWS,
    radius: float = RADIUS,
    seed: int = 0,
    stopping: Callable[[], bool] | None = None,
) -> float:
    """The largest ``|map(x + noise) - map(x)| / |map(x)|`` over ``draws`` of uniform noise within ``radius``.

    Costs ``draws + 1`` maps of ``pixels (1, 3, H, W)``.
    """

    def made(these: Tensor) -> Tensor:
        return explain(classifier, method, these, target, stopping=stopping, **options).maps

    generator = torch.Generator().manual_seed(seed)
    still, largest = made(pixels), 0.0
    for _ in range(draws):
        noise = (2 * torch.rand(pixels.shape, generator=generator) - 1).to(pixels) * radius
        largest = max(largest, float((made(pixels + noise) - still).norm()))
    size = float(still.norm())
    return largest / size if size else 0.0
