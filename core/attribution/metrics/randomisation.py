"""Randomise the network layer by layer, from the answer down, and see whether the map notices (Adebayo 2018).

A map that stays the same when the weights that made the answer are gone shows the picture, not the model. The first
stage tells most: what is left of the network still sees the picture, but knows nothing of the classes. Later stages
turn every method's map into noise, whether it listens to the answer or not.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.attribution.base import Classifier, Encoding, Method
from core.attribution.explain import explain
from core.attribution.metrics.agreement import coarsened, rank_correlation

CAVEAT = "A map that hardly changes shows edges of the input; one that changes need not be right."
STAGES, DRAWS = 4, 2
FLAGGED = 0.7


@dataclass(frozen=True)
class Stage:
    """The map after a share of the layers, from the answer down, was randomised.

    Attributes:
        share: of the layers with weights.
        similarity: Spearman correlation of the strengths with those of the true network's map.
        draw: which throw of the dice.
    """

    share: float
    similarity: float
    draw: int = 0


def cascade(
    classifier: Classifier,
    method: Method,
    inputs: Tensor | Encoding,
    target: int,
    options: Mapping[str, Any],
    *,
    stages: int = STAGES,
    draws: int = DRAWS,
    stopping: Callable[[], bool] | None = None,
) -> Iterator[Stage]:
    """``stages * draws`` stages, one after another; each costs as much as the map, on a copy of the network.

    Args:
        classifier: must offer ``over(model)``: the same classifier with another network of its kind.
    """

    def strengths(model: nn.Module) -> np.ndarray:
        other = classifier.over(model)  # pyright: ignore[reportAttributeAccessIssue]
        made = explain(other, method, inputs, target, stopping=stopping, **quick(method, options))
        return coarsened(made.maps[0].abs().cpu().numpy())

    def copied() -> nn.Module:
        with classifier.lock:
            return copy.deepcopy(classifier.model)

    true = strengths(copied())
    for draw in range(draws):
        model = copied()
        layers = layers_from_the_answer(model)
        generator = torch.Generator().manual_seed(draw)
        count = min(stages, len(layers))
        for stage, some in enumerate(np.array_split(np.arange(len(layers)), count), start=1):
            for index in some:
                shuffle(layers[index], generator)
            yield Stage(stage / count, rank_correlation(true, strengths(model)), draw)


def quick(method: Method, options: Mapping[str, Any]) -> dict[str, Any]:
    """``options`` without raising the steps until the sum fits: on a broken network it may never."""
    return {**options, **({"more": False} if any(param.name == "more" for param in method.params) else {})}


def similarity_by_share(stages: Sequence[Stage]) -> dict[float, float]:
    """The mean over draws for each share, in rising order."""
    shares = sorted({stage.share for stage in stages})
    return {share: float(np.mean([s.similarity for s in stages if s.share == share])) for share in shares}


def flagged(stages: Sequence[Stage]) -> bool:
    """Whether the map stayed much the same once the layers nearest the answer were random."""
    return bool(stages) and next(iter(similarity_by_share(stages).values())) >= FLAGGED


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
