"""KernelSHAP of one picture, 49 squares, 100 samples: ours against Captum with its own defaults."""

from collections.abc import Iterator
from typing import Any

import torch
from captum.attr import KernelShap
from torch import Tensor

from benchmarks.attribution import compared, plain, subject
from benchmarks.lines import Line
from core.attribution import METHODS_BY_NAME, explain
from core.attribution.coalitions import grid, seeded
from core.attribution.kernel_shap import coalitions
from core.device import use_threads

REGIONS, SAMPLES, SEED = 49, 100, 0


def measure() -> list[Line]:
    """Seconds of both on the same random sets, so that their answers can be compared."""
    use_threads(1)
    classifier, pixels, target = subject()
    _, forward = plain()
    places = grid(pixels, REGIONS)
    sets = coalitions(REGIONS, SAMPLES, seeded(SEED)).long()
    sizes = torch.bincount(places.flatten())[places]

    def replay(*_: Any, **__: Any) -> Iterator[Tensor]:
        yield from sets.split(1)

    def captums() -> Tensor:
        method = KernelShap(forward)
        method.perturb_func = replay
        made = method.attribute(pixels, target=target, feature_mask=places[None, None], n_samples=SAMPLES)
        assert isinstance(made, Tensor)
        return (made[:, 0] / sizes).detach()

    def ours() -> Tensor:
        options = {"n_samples": SAMPLES, "regions": "grid", "count": REGIONS, "baseline": "grey", "seed": SEED}
        return explain(classifier, METHODS_BY_NAME["KernelSHAP"], pixels, target, **options).maps

    note = f"EfficientNet-lite0, {REGIONS} regions, {SAMPLES} samples, one thread"
    return compared("attribution-kernelshap", ours, captums, 2, note)
