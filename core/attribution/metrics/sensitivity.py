"""Max-sensitivity (Yeh 2019): how much a map changes when the input changes by next to nothing."""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from core.attribution.base import Classifier, Encoding, Method
from core.attribution.explain import explain
from core.attribution.metrics.randomisation import quick

CAVEAT = "A map that never changes, whatever the input, would score best."
RADIUS = 0.02  # of the normalised pixels, as Captum has it; of the embeddings' spread for words
DRAWS = 3


def max_sensitivity(
    classifier: Classifier,
    method: Method,
    inputs: Tensor | Encoding,
    target: int,
    options: Mapping[str, Any],
    *,
    draws: int = DRAWS,
    radius: float = RADIUS,
    stopping: Callable[[], bool] | None = None,
) -> Iterator[float]:
    """The largest ``|map(x + noise) - map(x)| / |map(x)|`` so far, after each of ``draws`` of uniform noise.

    Costs ``draws + 1`` maps. Pixels ``(1, 3, H, W)`` get the noise themselves. Words cannot change a little, so the
    vectors that stand for them do, in a copy of the network.
    """

    def made(classifier: Classifier, inputs: Tensor | Encoding) -> Tensor:
        return explain(classifier, method, inputs, target, stopping=stopping, **quick(method, options)).maps

    generator = torch.Generator().manual_seed(0)

    def noise(like: Tensor, size: float) -> Tensor:
        return ((2 * torch.rand(like.shape, generator=generator) - 1) * size).to(like)

    still, largest = made(classifier, inputs), 0.0
    size = float(still.norm())
    for _ in range(draws):
        if isinstance(inputs, Tensor):
            moved = made(classifier, inputs + noise(inputs, radius))
        else:
            with classifier.lock:
                model = copy.deepcopy(classifier.model)
            other = classifier.over(model)  # pyright: ignore[reportAttributeAccessIssue]
            words = other.embedding_layer.weight
            with torch.no_grad():
                words.add_(noise(words, radius * float(words.std())))
            moved = made(other, inputs)
        largest = max(largest, float((moved - still).norm()))
        yield largest / size if size else 0.0
