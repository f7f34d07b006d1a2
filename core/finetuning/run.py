"""What a strategy is given and what it gives back; names only, no network."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.labelled import Labelled
from core.finetuning.split import Split

if TYPE_CHECKING:
    import numpy as np

    from core.finetuning.backbone import Backbone
    from core.finetuning.objective import Objective

Progress = dict[str, Any]
"""A record for the page: ``phase``, ``fraction`` and what the phase knows: ``epoch``, ``train_loss``, ``history`` …"""

PRETRAINED, RANDOM = "pretrained", "random"
"""What a network begins with: what it has learned, or the same network that has learned nothing."""

PHASES = {
    "reading": "Reading your examples",
    "features": "Looking at each example once",
    "head": "Training the new layer",
    "blocks": "Training the network",
    "saving": "Measuring and saving",
    "control": "Training the same network from scratch, to compare",
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

    @cached_property
    def objective(self) -> "Objective":
        """What is made small."""
        from core.finetuning.objective import Objective

        return Objective(self.data, self.split.train, class_weights=self.settings.class_weights)


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
        adapter: the folder of the adapter, where the strategy made one.
    """

    probs: "np.ndarray"
    history: list[Progress]
    best_epoch: int
    trained_parameters: int
    stopped: bool
    says: str
    seconds: dict[str, float] = field(default_factory=dict)
    adapter: Path | None = None


Training = Generator[Progress, None, Outcome | None]
"""Yields progress; returns None where Stop came before anything was learned."""
