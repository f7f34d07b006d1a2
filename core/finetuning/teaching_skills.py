"""What a lesson must know of a kind of network: how its last layer widens, what it is told, how well it does."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data.scenes import Scene
from core.device import device, is_good_at_bf16

SIDE = 96  # pixels of the scenes of a lesson
Measured = dict[str, float]


@dataclass(frozen=True)
class Skill:
    """Finding things by masks or by boxes.

    Attributes:
        auto_class: the class of `transformers` that loads such a network.
        first: how many of its labels come before the first thing.
        widen: gives a network the labels, one more than it has.
        loss_of: of a network on scenes; differentiable.
        measured: how well a network does on batches of scenes: overlap (intersection over union, 0 … 1) of the ``new``
            thing, the last label, and the mean of the ``old`` ones.
    """

    auto_class: str
    first: int
    widen: Callable[[Any, tuple[str, ...]], None]
    loss_of: Callable[[Any, list[Scene]], Tensor]
    measured: Callable[[Any, Iterable[list[Scene]]], Measured]


def pixels_of(some: list[Scene]) -> Tensor:
    """``(N, 3, SIDE, SIDE)`` in -1 … 1, as the networks' processors make them."""
    pixels = torch.from_numpy(np.stack([one.pixels for one in some])).permute(0, 3, 1, 2)
    return (pixels.float() / 127.5 - 1).contiguous().to(device())


def mixed() -> torch.autocast:
    """Matrix products in bfloat16 where the processor is good at it."""
    return torch.autocast(device().type, torch.bfloat16, enabled=is_good_at_bf16())


def named(model: Any, labels: tuple[str, ...]) -> None:
    """Put ``labels`` into the configuration of ``model`` and let all its weights learn."""
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {name: at for at, name in enumerate(labels)}
    model.requires_grad_(True).eval()
