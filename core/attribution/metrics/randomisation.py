"""Randomise the network layer by layer, from the answer down, and see whether the map notices (Adebayo 2018).

A map that stays the same when the weights that made the answer are gone shows the picture, not the model.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.attribution.base import Classifier, Encoding, Method
from core.attribution.explain import explain
from core.attribution.metrics.agreement import coarsened, rank_correlation

CAVEAT = "A map that hardly changes shows edges of the input; one that changes need not be right."
STAGES = 4
FLAGGED = 0.5  # a map this like the original with all weights random explains no model


@dataclass(frozen=True)
class Stage:
    """The map after a share of the layers, from the answer down, was randomised.

    Attributes:
        share: of the layers with weights.
        similarity: Spearman correlation of the strengths with those of the true network's map.
    """

    share: float
    similarity: float


def cascade(
    classifier: Classifier,
    method: Method,
    inputs: Tensor | Encoding,
    target: int,
    options: Mapping[str, Any],
    *,
    stages: int = STAGES,
    seed: int = 0,
    stopping: Callable[[], bool] | None = None,
) -> Iterator[Stage]:
    """One `Stage` after another; each costs as much as the map, on a copy of the network.

    Args:
        classifier: must offer ``over(model)``: the same classifier with another network of its kind.
    """
    with classifier.lock:
        model = copy.deepcopy(classifier.model)
    other = classifier.over(model)  # pyright: ignore[reportAttributeAccessIssue]
    strength = _strength(explain(other, method, inputs, target, stopping=stopping, **options).maps)
    layers = layers_from_the_answer(model)
    generator = torch.Generator().manual_seed(seed)
    for stage, some in enumerate(np.array_split(np.arange(len(layers)), min(stages, len(layers))), start=1):
        for index in some:
            shuffle(layers[index], generator)
        other = classifier.over(model)  # pyright: ignore[reportAttributeAccessIssue]
        made = explain(other, method, inputs, target, stopping=stopping, **options)
        yield Stage(stage / stages, rank_correlation(strength, _strength(made.maps)))


def flagged(stages: list[Stage]) -> bool:
    """Whether the map survived the loss of every weight."""
    return bool(stages) and stages[-1].similarity > FLAGGED


def layers_from_the_answer(model: nn.Module) -> list[nn.Module]:
    """The modules that have weight matrices or kernels of their own, the last first; normalisations stay."""
    found = [m for m in model.modules() if any(p.dim() > 1 for p in m.parameters(recurse=False))]
    return found[::-1]


def shuffle(layer: nn.Module, generator: torch.Generator) -> None:
    """Put each weight of ``layer`` somewhere else in its tensor: what was learned is gone, the scale stays.

    Fresh random weights of another scale would drive deep networks with batch norm into saturation, where every map
    is noise for that reason alone.
    """
    with torch.no_grad():
        for parameter in layer.parameters(recurse=False):
            order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
            parameter.copy_(parameter.flatten()[order].view_as(parameter))


def _strength(maps: Tensor) -> np.ndarray:
    return coarsened(maps[0].abs().cpu().numpy())
