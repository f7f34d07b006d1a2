"""Probe: the network stays as it came, and a new last layer learns from features that are computed once."""

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.finetuning.depth import best_depth
from core.finetuning.features import features
from core.finetuning.head import Head, fit_head
from core.finetuning.run import Outcome, Progress, Run, Training
from core.finetuning.strategies.settings import ProbeControls


@dataclass(frozen=True)
class Probed:
    """A trained head, everybody's features ``(N, D)`` as it reads them, the blocks below it, seconds by phase.

    ``looking`` is what an example took, in seconds, where any was new.
    """

    head: Head
    features: Tensor
    depth: int
    seconds: dict[str, float]


def train(run: Run) -> Training:
    """Features, then the layer; seconds. The network's own weights end as they began."""
    probed = yield from probe(run, run.settings, refit=True, any_depth=True)
    if probed is None:
        return None
    whole, head = run.backbone.depths[-1], probed.head
    run.backbone.cut(probed.depth)
    set_head(run, head)
    held_out = list(run.split.held_out)
    probs = run.objective.probs(head.logits(probed.features[held_out])).numpy()
    val = list(run.split.val)
    yield {
        "phase": "head",
        "fraction": 1.0,
        "history": head.history,
        "wrong": run.objective.wrong(head.logits(probed.features[val]), val),
    }
    epochs = len(head.history)
    says = (
        f"A linear layer on {run.backbone.width} features learned for {epochs} epochs; the validation loss was lowest "
        f"after {head.best_epoch}, and the layer that was kept learned from both parts for as many."
    )
    if probed.depth != whole:
        says += f" The features of layer {probed.depth} of {whole} told the classes apart best."
    return Outcome(probs, head.history, head.best_epoch, trained_parameters(run), run.stopping(), says, probed.seconds)


def probe(
    run: Run, settings: ProbeControls, *, refit: bool, any_depth: bool
) -> Generator[Progress, None, Probed | None]:
    """A trained head on the best depth, or on the whole network; None where Stop came first."""
    started = time.perf_counter()
    speeds: list[float] = []
    looking = features(run.backbone, run.stopping)
    every = yield from _named("features", _noting(looking, speeds))
    if every is None:
        return None
    looked = time.perf_counter()
    chosen_by = [*run.split.train, *run.split.val]
    depth = best_depth(run.backbone, every, run.objective, chosen_by) if any_depth else run.backbone.depths[-1]
    own = run.backbone.at_depth(every, depth)
    targets = run.objective.targets
    train, val = ((own[list(rows)], targets[list(rows)]) for rows in (run.split.train, run.split.val))
    fitting = fit_head(
        train, val, len(run.data.labels), settings, run.stopping, refit=refit, weights=run.objective.weights
    )
    head = yield from _named("head", _with_history(fitting, settings.num_train_epochs))
    seconds = {"features": looked - started, "head": time.perf_counter() - looked}
    if speeds:
        seconds["looking"] = 1 / speeds[-1]
    return Probed(head, own, depth, seconds)


def set_head(run: Run, head: Head) -> None:
    """Give the network the trained last layer."""
    with torch.no_grad():
        run.backbone.head.weight.copy_(head.weight)
        run.backbone.head.bias.copy_(head.bias)


def trained_parameters(run: Run) -> int:
    """Numbers in the last layer."""
    return sum(parameter.numel() for parameter in run.backbone.head.parameters())


def _noting(records: Generator[Progress, None, Any], speeds: list[float]) -> Generator[Progress, None, Any]:
    """The same records, their examples per second put into ``speeds``."""
    while True:
        try:
            record = next(records)
        except StopIteration as end:
            return end.value
        speeds.append(record["examples_per_second"])
        yield record


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
