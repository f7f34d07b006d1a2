"""Partial fine-tune: a probe first, then the network's last blocks learn together with the new layer."""

import time
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.finetuning.run import Outcome, Progress, Run, Training
from core.finetuning.strategies.probe import probe, set_head
from core.finetuning.strategies.resume import State, load, save
from core.finetuning.strategies.settings import PartialSettings, ProbeSettings

PROBE_SHARE = 0.25  # of the progress bar
MAX_NORM = 1.0  # gradients longer than this are shortened, as Trainer does


def train(run: Run) -> Training:
    """Probe, then epochs over the training part with a checkpoint after each; the best epoch by validation loss stays.

    A run that was killed goes on after its last whole epoch and ends with the same weights as one that was not: every
    epoch's order and dropout depend on the seed and the epoch's number alone.
    """
    settings: PartialSettings = run.settings
    modules = [*run.backbone.last_blocks(settings.unfrozen_blocks), run.backbone.head]
    trained = _unfreeze(run, modules)
    optimizer = torch.optim.AdamW(
        trained.values(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    state = load(run.checkpoint, trained, optimizer)
    if state is None:
        state = yield from _begin(run, trained)
        if state is None:
            return None
        save(run.checkpoint, trained, optimizer, state)
    while not _finished(state, settings) and not run.stopping():
        whole = yield from _epoch(run, modules, trained, optimizer, state)
        if whole:
            save(run.checkpoint, trained, optimizer, state)
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(state.best[name])
    count = sum(parameter.numel() for parameter in trained.values())
    stopped = run.stopping() and not _finished(state, settings)
    return Outcome(
        state.probs.numpy(), state.history, state.best_epoch, count, stopped, _says(state, settings), state.seconds
    )


def answer(run: Run, rows: Sequence[int]) -> Tensor | None:
    """Logits ``(len(rows), K)`` of the network as it is now, in the order of ``rows``; None where Stop came first."""
    run.backbone.model.eval()
    place = {row: i for i, row in enumerate(rows)}
    logits = torch.empty(len(rows), len(run.data.labels))
    with torch.inference_mode():
        for batch, inputs in run.backbone.answer_batches(rows):
            if run.stopping():
                return None
            logits[[place[row] for row in batch]] = run.backbone.logits(inputs).float().cpu()
    return logits.clone()


def _unfreeze(run: Run, modules: Sequence[nn.Module]) -> dict[str, nn.Parameter]:
    """The parameters that learn, by name. Batch norms keep their statistics and scales: batches here are too small."""
    frozen = {id(p) for m in modules for norm in m.modules() if _is_batch_norm(norm) for p in norm.parameters()}
    learning = {id(p) for module in modules for p in module.parameters()} - frozen
    found = {name: p for name, p in run.backbone.model.named_parameters() if id(p) in learning}
    for parameter in found.values():
        parameter.requires_grad_(True)
    return found


def _is_batch_norm(module: nn.Module) -> bool:
    return isinstance(module, nn.BatchNorm2d)


def _begin(run: Run, trained: dict[str, nn.Parameter]) -> Any:
    """The state after the probe, as epoch 0: what the blocks must improve on."""
    # The head of this probe never sees the validation part, which still has all epochs to judge.
    probed = yield from _scaled(probe(run, ProbeSettings(), refit=False))
    if probed is None:
        return None
    head, features, seconds = probed
    set_head(run, head)
    targets = torch.tensor(run.data.targets)
    record: Progress = {"epoch": 0}
    for part, rows in (("train", list(run.split.train)), ("val", list(run.split.val))):
        record |= _scores(part, head.logits(features[rows]), targets[rows])
    best = {name: parameter.detach().clone() for name, parameter in trained.items()}
    probs = head.logits(features[list(run.split.held_out)]).softmax(1)
    return State(0, 0, best, probs, 0, record["val_loss"], [record], dict(seconds))


def _epoch(
    run: Run,
    modules: Sequence[nn.Module],
    trained: dict[str, nn.Parameter],
    optimizer: torch.optim.Optimizer,
    state: State,
) -> Any:
    """One epoch and its validation; True if it was whole, False if Stop cut it short."""
    settings: PartialSettings = run.settings
    epoch, started = state.epoch + 1, time.perf_counter()
    torch.manual_seed(settings.seed * 1_000 + epoch)
    batches = run.backbone.training_batches(run.split.train, settings.batch_size, settings.seed * 1_000 + epoch)
    total = settings.num_train_epochs * len(batches)
    _train_mode(run, modules)
    loss_sum, right, seen = 0.0, 0, 0
    for rows in batches:
        if run.stopping():
            return False
        targets = torch.tensor([run.data.targets[row] for row in rows])
        logits = run.backbone.logits(run.backbone.inputs(rows))
        loss = F.cross_entropy(logits, targets.to(logits.device))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained.values(), MAX_NORM)
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * _schedule(state.step, total, settings.warmup_ratio)
        optimizer.step()
        state.step += 1
        seen += len(rows)
        loss_sum += float(loss.detach()) * len(rows)
        right += int((logits.argmax(1).cpu() == targets).sum())
        yield {
            "phase": "blocks",
            "fraction": PROBE_SHARE + (1 - PROBE_SHARE) * state.step / total,
            "epoch": epoch,
            "train_loss": loss_sum / seen,
            "train_accuracy": right / seen,
            "examples_per_second": seen / (time.perf_counter() - started),
            "history": state.history,
        }
    # The held-out answers are made along with the best weights, so that Stop has nothing left to compute. They choose
    # nothing: only the validation loss does.
    val, held_out = answer(run, run.split.val), None
    if val is None:
        return False
    val_targets = torch.tensor([run.data.targets[row] for row in run.split.val])
    record = {"epoch": epoch, "train_loss": loss_sum / seen, "train_accuracy": right / seen}
    record |= _scores("val", val, val_targets)
    if record["val_loss"] < state.best_loss:
        held_out = val if run.split.held_out == run.split.val else answer(run, run.split.held_out)
        if held_out is None:
            return False
    _note(state, record, trained, held_out)
    state.seconds["blocks"] = state.seconds.get("blocks", 0.0) + time.perf_counter() - started
    yield {**record, "phase": "blocks", "history": state.history, "fraction": _done(state, total)}
    return True


def _note(state: State, record: Progress, trained: dict[str, nn.Parameter], held_out: Tensor | None) -> None:
    """An epoch's end: its record, and where ``held_out`` logits came with it, its weights as the best so far."""
    state.epoch = record["epoch"]
    state.history = [*state.history, record]
    if held_out is not None:
        state.probs = held_out.softmax(1)
        state.best_epoch, state.best_loss = record["epoch"], record["val_loss"]
        state.best = {name: parameter.detach().clone() for name, parameter in trained.items()}


def _done(state: State, total: int) -> float:
    return PROBE_SHARE + (1 - PROBE_SHARE) * state.step / total


def _finished(state: State, settings: PartialSettings) -> bool:
    waited = state.epoch - state.best_epoch
    return state.epoch >= settings.num_train_epochs or waited >= settings.early_stopping_patience


def _train_mode(run: Run, modules: Sequence[nn.Module]) -> None:
    """Dropout only where something learns; batch norms use the statistics that they came with."""
    run.backbone.model.eval()
    for module in modules:
        module.train()
        for inner in module.modules():
            if _is_batch_norm(inner):
                inner.eval()


def _schedule(step: int, total: int, warmup_ratio: float) -> float:
    """Linear rise, then linear fall to zero; 1 is the full learning rate."""
    warmup = round(warmup_ratio * total)
    if step < warmup:
        return (step + 1) / warmup
    return (total - step) / max(total - warmup, 1)


def _scores(part: str, logits: Tensor, targets: Tensor) -> Progress:
    accuracy = float((logits.argmax(1) == targets).float().mean())
    return {f"{part}_loss": float(F.cross_entropy(logits, targets)), f"{part}_accuracy": accuracy}


def _scaled(records: Any) -> Any:
    """The probe's records on the first part of the progress bar."""
    shares = {"features": (0.0, 0.95), "head": (0.95, 0.05)}
    while True:
        try:
            record = next(records)
        except StopIteration as end:
            return end.value
        before, share = shares[record["phase"]]
        yield {**record, "fraction": PROBE_SHARE * (before + share * record["fraction"])}


def _says(state: State, settings: PartialSettings) -> str:
    blocks = f"last {settings.unfrozen_blocks} blocks" if settings.unfrozen_blocks > 1 else "last block"
    if state.epoch == 0:
        return f"It was stopped before the {blocks} had learned for a whole epoch, so the probe was kept."
    if state.best_epoch == 0:
        return f"The {blocks} learned for {state.epoch} epochs without beating the probe, so the probe was kept."
    best = f"epoch {state.best_epoch} had the lowest validation loss"
    return f"After a probe the {blocks} learned for {state.epoch} epochs; {best}."
