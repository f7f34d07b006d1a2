"""Probe: the network stays as it came, and a new last layer learns from features that are computed once."""

import time
from collections.abc import Generator
from typing import Any

import torch
from torch import Tensor

from core.finetuning.features import features
from core.finetuning.head import Head, fit_head
from core.finetuning.run import Outcome, Progress, Run, Training
from core.finetuning.strategies.settings import ProbeSettings


def train(run: Run) -> Training:
    """Features, then the layer; seconds. The network's own weights end as they began."""
    probed = yield from probe(run, run.settings, refit=True)
    if probed is None:
        return None
    head, all_features, seconds = probed
    set_head(run, head)
    probs = head.logits(all_features[list(run.split.held_out)]).softmax(1).numpy()
    epochs = len(head.history)
    says = (
        f"A linear layer on {run.backbone.width} features learned for {epochs} epochs; the validation loss was lowest "
        f"after {head.best_epoch}, and the layer that was kept learned from both parts for as many."
    )
    return Outcome(probs, head.history, head.best_epoch, trained_parameters(run), run.stopping(), says, seconds)


def probe(
    run: Run, settings: ProbeSettings, *, refit: bool
) -> Generator[Progress, None, tuple[Head, Tensor, dict[str, float]] | None]:
    """A trained head, everybody's features ``(N, D)`` and seconds by phase; None where Stop came first."""
    started = time.perf_counter()
    looking = features(run.backbone, run.stopping)
    all_features = yield from _named("features", looking)
    if all_features is None:
        return None
    looked = time.perf_counter()
    targets = torch.tensor(run.data.targets)
    train, val = ((all_features[list(rows)], targets[list(rows)]) for rows in (run.split.train, run.split.val))
    fitting = fit_head(train, val, len(run.data.labels), settings, run.stopping, refit=refit)
    head = yield from _named("head", _with_history(fitting, settings.num_train_epochs))
    return head, all_features, {"features": looked - started, "head": time.perf_counter() - looked}


def set_head(run: Run, head: Head) -> None:
    """Give the network the trained last layer."""
    with torch.no_grad():
        run.backbone.head.weight.copy_(head.weight)
        run.backbone.head.bias.copy_(head.bias)


def trained_parameters(run: Run) -> int:
    """Numbers in the last layer."""
    return sum(parameter.numel() for parameter in run.backbone.head.parameters())


def _named(phase: str, records: Generator[Progress, None, Any]) -> Generator[Progress, None, Any]:
    """The same records with their phase."""
    while True:
        try:
            record = next(records)
        except StopIteration as end:
            return end.value
        yield {"phase": phase, **record}


def _with_history(epochs: Generator[Progress, None, Head], most: int) -> Generator[Progress, None, Head]:
    """Epoch records with the fraction done and all records so far."""
    history: list[Progress] = []
    while True:
        try:
            record = next(epochs)
        except StopIteration as end:
            return end.value
        history.append(record)
        yield {**record, "fraction": record["epoch"] / most, "history": list(history)}
