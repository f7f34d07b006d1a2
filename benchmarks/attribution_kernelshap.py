"""KernelSHAP of one picture, 49 squares, 100 samples: ours against Captum with its own defaults."""

from collections.abc import Iterator
from typing import Any

import torch
from captum._utils.models import Model
from captum.attr import KernelShap
from sklearn.linear_model import LinearRegression
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

    def captums(regression: Model | None = None) -> Tensor:
        method = KernelShap(forward)
        method.perturb_func = replay
        if regression:
            method.interpretable_model = regression
        made = method.attribute(pixels, target=target, feature_mask=places[None, None], n_samples=SAMPLES)
        assert isinstance(made, Tensor)
        return (made[:, 0] / sizes).detach()

    def ours() -> Tensor:
        options = {"n_samples": SAMPLES, "regions": "grid", "count": REGIONS, "baseline": "grey", "seed": SEED}
        return explain(classifier, METHODS_BY_NAME["KernelSHAP"], pixels, target, **options).maps

    note = f"EfficientNet-lite0, {REGIONS} regions, {SAMPLES} samples, one thread"
    return compared("attribution-kernelshap", ours, captums, 2, note, exact=lambda: captums(_InDouble()))


class _InDouble(Model):
    """Captum's regression in double precision: in single, weights of a million cost it three digits."""

    def fit(self, train_data: Any, **kwargs: Any) -> dict[str, float]:  # pyright: ignore[reportIncompatibleMethodOverride]
        rows = [tuple(tensor.double() for tensor in row) for row in train_data]
        x, y, weights = (torch.cat(column).numpy() for column in zip(*rows, strict=True))
        self.line = LinearRegression().fit(x, y.ravel(), sample_weight=weights.ravel())
        return {}

    def representation(self) -> Tensor:
        return torch.tensor(self.line.coef_).float()[None]

    def __call__(self, x: Any) -> Tensor:
        return torch.tensor(self.line.predict(x.numpy()))
