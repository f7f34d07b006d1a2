"""What a strategy is given and what it gives back; names only, no network."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.labelled import Labelled
from core.finetuning.split import Split

if TYPE_CHECKING:
    import numpy as np

    from core.finetuning.backbones import Backbone

Progress = dict[str, Any]
"""A record for the page: ``phase``, ``fraction`` and what the phase knows: ``epoch``, ``train_loss``, ``history`` …"""

PHASES = {
    "reading": "Reading your examples",
    "features": "Looking at each example once",
    "head": "Training the new layer",
    "blocks": "Training the last blocks",
    "saving": "Measuring and saving",
}
"""Phase → what a page calls it, in the order in which they come."""


@dataclass(frozen=True)
class Run:
    """One fine-tuning run.

    Attributes:
        data: the examples; rows elsewhere are indices into it.
        split: which rows are for what.
        settings: the strategy's own settings object.
        backbone: the network that will be trained, its new last layer still empty.
        checkpoint: where the strategy keeps what it needs to resume.
        stopping: whether the visitor pressed Stop.
    """

    data: Labelled
    split: Split
    settings: Any
    backbone: "Backbone"
    checkpoint: Path
    stopping: Callable[[], bool]


@dataclass(frozen=True)
class Outcome:
    """What a strategy reached; the trained weights are in the run's backbone.

    Attributes:
        probs: ``(H, K)`` for the split's ``held_out`` rows, in their order.
        history: one record per epoch: ``epoch``, ``train_loss``, ``val_loss``, ``train_accuracy``, ``val_accuracy``.
        best_epoch: the epoch whose weights were kept.
        trained_parameters: how many numbers were learned.
        stopped: the visitor pressed Stop before the end.
        seconds: by phase.
        says: how it was trained, one sentence.
    """

    probs: "np.ndarray"
    history: list[Progress]
    best_epoch: int
    trained_parameters: int
    stopped: bool
    says: str
    seconds: dict[str, float] = field(default_factory=dict)


Training = Generator[Progress, None, Outcome | None]
"""Yields progress; returns None where Stop came before anything was learned."""
