"""Epoch 0 of the strategies that change the network: mostly a probe, on its share of the progress bar."""

from collections.abc import Generator
from typing import Any

from core.finetuning.run import Progress, Run
from core.finetuning.strategies.answering import answer
from core.finetuning.strategies.engine import BEGIN_SHARE
from core.finetuning.strategies.learning import Learning
from core.finetuning.strategies.probe import Probed, probe, set_head
from core.finetuning.strategies.resume import State
from core.finetuning.strategies.settings import ProbeControls


def begin(run: Run, *, any_depth: bool) -> Generator[Progress, None, Probed | None]:
    """The probe from which the network sets out; its head never saw the validation part, which has epochs to judge."""
    return (yield from _scaled(probe(run, ProbeControls(), refit=False, any_depth=any_depth)))


def begun(run: Run, probed: Probed, learning: Learning) -> State:
    """The state after the probe, as epoch 0: what the network must improve on."""
    set_head(run, probed.head)
    record: Progress = {"epoch": 0}
    for part, rows in (("train", run.split.train), ("val", run.split.val)):
        record |= run.objective.scores(part, probed.head.logits(probed.features[list(rows)]), rows)
    probs = run.objective.probs(probed.head.logits(probed.features[list(run.split.held_out)]))
    return State(0, 0, learning.snapshot(), probs, 0, record["val_loss"], [record], dict(probed.seconds))


def begin_here(run: Run, learning: Learning) -> Generator[Progress, None, State | None]:
    """Both, for a strategy that uses the whole network."""
    probed = yield from begin(run, any_depth=False)
    return None if probed is None else begun(run, probed, learning)


def begin_empty(run: Run, learning: Learning) -> Generator[Progress, None, State | None]:
    """The network with its empty last layer as epoch 0, where no probe can come first."""
    yield {"phase": "features", "fraction": 0.0}
    found = {rows: answer(run, rows) for rows in (run.split.val, run.split.held_out)}
    val, held_out = found[run.split.val], found[run.split.held_out]
    if val is None or held_out is None:
        return None
    record: Progress = {"epoch": 0} | run.objective.scores("val", val, run.split.val)
    return State(0, 0, learning.snapshot(), run.objective.probs(held_out), 0, record["val_loss"], [record], {})


def says(what: str, state: State) -> str:
    """How it went, in a sentence; ``what`` learned."""
    if state.epoch == 0:
        return f"It was stopped before {what} had learned for a whole epoch, so the probe was kept."
    epochs = f"{state.epoch} epochs" if state.epoch > 1 else "one epoch"
    if state.best_epoch == 0:
        return f"After a probe {what} learned for {epochs} without beating it, so the probe was kept."
    return f"After a probe {what} learned for {epochs}; epoch {state.best_epoch} had the lowest validation loss."


def _scaled(records: Any) -> Any:
    """The probe's records on the first part of the progress bar."""
    shares = {"features": (0.0, 0.95), "head": (0.95, 0.05)}
    while True:
        try:
            record = next(records)
        except StopIteration as end:
            return end.value
        before, share = shares[record["phase"]]
        yield {**record, "fraction": BEGIN_SHARE * (before + share * record["fraction"])}
