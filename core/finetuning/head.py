"""A linear layer on features, trained on all of them at once; it stops where the validation loss is lowest."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.finetuning.objective import loss_of, right_of
from core.finetuning.run import Progress
from core.finetuning.strategies.settings import ProbeControls

_FLAT = 1e-6  # a feature that hardly varies is not blown up


@dataclass(frozen=True)
class Head:
    """A trained last layer for plain (not standardised) features.

    Attributes:
        weight, bias: ``(K, D)`` and ``(K,)``.
        history: one record per epoch.
        best_epoch: the epoch of the lowest validation loss.
    """

    weight: Tensor
    bias: Tensor
    history: list[Progress]
    best_epoch: int

    def logits(self, features: Tensor) -> Tensor:
        """``(N, K)`` of ``features (N, D)``."""
        return features @ self.weight.T + self.bias


def fit_head(
    train: tuple[Tensor, Tensor],
    val: tuple[Tensor, Tensor],
    classes: int,
    settings: ProbeControls,
    stopping: Callable[[], bool] = lambda: False,
    *,
    refit: bool,
    weights: Tensor | None = None,
) -> Generator[Progress, None, Head]:
    """Learn on ``train`` and choose the epoch by ``val``; then learn anew for as many epochs, which takes milliseconds.

    Args:
        train, val: features ``(N, D)`` and targets ``(N,)``, or ``(N, K)`` where an example may have several classes.
        classes: K.
        refit: learn anew on both parts, so that the examples that chose a number also teach; else on ``train`` alone,
            so that ``val`` can go on choosing.
        weights: ``(K,)``, how much each class counts.
    """
    history: list[Progress] = []
    best_epoch, best_loss = 0, float("inf")
    for epoch, layer, scale in _epochs(*train, classes, settings, weights):
        record = {"epoch": epoch, **_scores("train", layer, scale, train, weights)}
        record |= _scores("val", layer, scale, val, weights)
        history.append(record)
        if record["val_loss"] < best_loss - 1e-5:
            best_epoch, best_loss = epoch, record["val_loss"]
        yield record
        if epoch - best_epoch >= settings.early_stopping_patience or stopping():
            break
    final = (torch.cat([train[0], val[0]]), torch.cat([train[1], val[1]])) if refit else train
    for epoch, layer, (mean, std) in _epochs(*final, classes, settings, weights):
        if epoch == best_epoch:
            weight = layer.weight.detach() / std
            return Head(weight, layer.bias.detach() - weight @ mean, history, best_epoch)
    raise AssertionError("the best epoch is one of the epochs")


def _epochs(features: Tensor, targets: Tensor, classes: int, settings: ProbeControls, weights: Tensor | None):
    """After each full-batch step: its number, the layer, and the mean and deviation that standardise features."""
    mean, std = features.mean(0), features.std(0, correction=0)
    std = torch.where(std > _FLAT, std, torch.ones_like(std))
    standardised = (features - mean) / std
    layer = nn.Linear(features.shape[1], classes)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.Adam(layer.parameters(), lr=settings.learning_rate, fused=True)
    for epoch in range(1, settings.num_train_epochs + 1):
        optimizer.zero_grad()
        # The pull stands in the loss: decoupled from it (AdamW), a few hundred small steps would hardly feel it.
        pull = settings.weight_decay / 2 * layer.weight.square().sum()
        (loss_of(layer(standardised), targets, weights) + pull).backward()
        optimizer.step()
        yield epoch, layer, (mean, std)


def _scores(
    part: str, layer: nn.Linear, scale: tuple[Tensor, Tensor], rows: tuple[Tensor, Tensor], weights: Tensor | None
) -> Progress:
    features, targets = rows
    with torch.no_grad():
        logits = layer((features - scale[0]) / scale[1])
    right = float(right_of(logits, targets).float().mean())
    return {f"{part}_loss": float(loss_of(logits, targets, weights)), f"{part}_accuracy": right}
