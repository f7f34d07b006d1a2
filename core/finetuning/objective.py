"""What is made small while learning, and what counts as right: one class per example, or several."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from core.data.labelled import Labelled, target_matrix
from core.finetuning.metrics import THRESHOLD
from core.finetuning.run import Progress

MOST_WRONG = 12  # mistakes that a record names
_HEAVIEST = 20.0  # no class weighs more than this


class Objective:
    """Cross-entropy over K classes, or binary cross-entropy per class where an example may have several.

    Attributes:
        targets: ``(N,)`` class indices, or ``(N, K)`` of 0 and 1.
        weights: ``(K,)`` by class, or None: all weigh the same.
    """

    def __init__(self, data: Labelled, train: Sequence[int], *, class_weights: bool) -> None:
        self.classes = len(data.labels)
        self.targets = torch.from_numpy(target_matrix(data)) if data.multi_label else torch.tensor(data.targets)
        self.weights = weights_of(self.targets[list(train)], self.classes) if class_weights else None

    def loss(self, logits: Tensor, rows: Sequence[int]) -> Tensor:
        """The mean loss of ``logits (B, K)`` for ``rows``."""
        return loss_of(logits, self._of(rows, logits), self.weights)

    def share(self, logits: Tensor, rows: Sequence[int], batch: Sequence[int]) -> Tensor:
        """What ``rows`` contribute to the mean loss of their ``batch``; the shares of all its rows add up to it."""
        if not rows:
            return logits.sum() * 0.0
        return self.loss(logits, rows) * (self._mass(rows) / self._mass(batch))

    def scores(self, part: str, logits: Tensor, rows: Sequence[int]) -> Progress:
        """``{part}_loss`` and ``{part}_accuracy``."""
        right = float(self.rights(logits, rows).float().mean())
        return {f"{part}_loss": float(self.loss(logits, rows)), f"{part}_accuracy": right}

    def right(self, logits: Tensor, rows: Sequence[int]) -> int:
        """How many of ``rows`` are answered right."""
        return int(self.rights(logits, rows).sum())

    def rights(self, logits: Tensor, rows: Sequence[int]) -> Tensor:
        """``(B,)`` of True where one of ``rows`` is answered right."""
        return right_of(logits, self._of(rows, logits))

    def wrong(self, logits: Tensor, rows: Sequence[int]) -> list[list[float]]:
        """``[row, predicted class, its probability]`` of the mistakes among ``rows``, the surest first."""
        mistakes = (~self.rights(logits, rows)).nonzero().flatten().tolist()
        sure, predicted = self.probs(logits).max(1)
        mistakes.sort(key=lambda i: -float(sure[i]))
        return [[rows[i], int(predicted[i]), round(float(sure[i]), 4)] for i in mistakes[:MOST_WRONG]]

    def probs(self, logits: Tensor) -> Tensor:
        """``(B, K)``: softmax, or each class by itself."""
        return logits.sigmoid() if self.targets.ndim == 2 else logits.softmax(1)

    def _of(self, rows: Sequence[int], like: Tensor) -> Tensor:
        return self.targets[list(rows)].to(like.device)

    def _mass(self, rows: Sequence[int]) -> float:
        """What the mean over ``rows`` is divided by."""
        if self.weights is None or self.targets.ndim == 2:
            return float(len(rows))
        return float(self.weights[self.targets[list(rows)]].sum())


def loss_of(logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean loss in nats; ``targets (B,)`` class indices or ``(B, K)`` of 0 and 1."""
    weights = weights.to(logits.device) if weights is not None else None
    if targets.ndim == 2:
        return F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weights)
    return F.cross_entropy(logits, targets, weight=weights)


def right_of(logits: Tensor, targets: Tensor) -> Tensor:
    """``(B,)`` of True where the answer is right: the class, or the whole set of classes."""
    if targets.ndim == 2:
        return ((logits.sigmoid() >= THRESHOLD) == targets.bool()).all(1)
    return logits.argmax(1) == targets


def weights_of(targets: Tensor, classes: int) -> Tensor:
    """``(K,)``: inverse to how often a class comes, on average 1 an example (scikit-learn's ``balanced``).

    Where an example may have several classes: how often one is absent for each time that it is there.
    """
    if targets.ndim == 2:
        there = targets.sum(0).clamp(min=1)
        return ((len(targets) - there) / there).clamp(1 / _HEAVIEST, _HEAVIEST)
    counts = torch.bincount(targets, minlength=classes)
    return len(targets) / (classes * counts.clamp(min=1).float())
