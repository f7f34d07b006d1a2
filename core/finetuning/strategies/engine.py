"""The one loop of all strategies that change the network: epochs of batches, a checkpoint after each, the best kept.

It runs on `accelerate`: alone, or with a share of every batch in each process that ``torchrun`` started, in which case
gradients are those of the whole batch.
"""

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from core.device import device, is_good_at_bf16
from core.errors import PlaygroundError
from core.finetuning import ranks
from core.finetuning.run import Outcome, Progress, Run, Training
from core.finetuning.strategies.answering import answer
from core.finetuning.strategies.learning import Learning, freeze
from core.finetuning.strategies.resume import State, load, save
from core.finetuning.strategies.schedule import factor, waited
from core.finetuning.strategies.settings import GradientSettings

BEGIN_SHARE = 0.25  # of the progress bar, for what comes before the first epoch
MAX_NORM = 1.0  # gradients longer than this are shortened, as Trainer does

Loss = Callable[[Callable[..., Any], list[int], list[int], int], tuple[Tensor, Tensor]]
"""``loss(forward, rows, batch, seed)``: what this process's ``rows`` of a batch contribute, and their logits."""


@dataclass(frozen=True)
class Plan:
    """What a strategy asks of the loop.

    Attributes:
        learning: what changes.
        begin: makes the state before the first epoch, or None where Stop came first.
        loss: of a batch; `plain_loss` but for contrastive learning.
        batches: of an epoch, by its seed.
        refresh: what must follow the network's change before it answers; returns the training rows' logits if it
            knows them.
        says: how it went, one sentence.
        whole: the loss compares a batch's examples, so that they must go through the network together.
    """

    learning: Learning
    begin: Callable[[], Generator[Progress, None, State | None]]
    loss: Loss
    batches: Callable[[int], list[list[int]]]
    says: Callable[[State], str]
    refresh: Callable[[], Tensor | None] = lambda: None
    whole: bool = False


def fit(run: Run, plan: Plan) -> Training:
    """Epochs over the training part with a checkpoint after each; the best by validation loss stays.

    A run that was killed goes on after its last whole epoch and ends with the same weights as one that was not: every
    epoch's order and dropout depend on the seed and the epoch's number alone.
    """
    settings: GradientSettings = run.settings
    learning = plan.learning
    optimizer = torch.optim.AdamW(
        learning.parameters.values(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    state = load(run.checkpoint, learning, optimizer)
    if state is None:
        state = yield from plan.begin()
        if state is None:
            return None
        yield {"phase": "blocks", "fraction": BEGIN_SHARE, **state.history[-1], "history": state.history}
        _keep(run, learning, optimizer, state)
    stepper = Stepper(run, plan, optimizer)
    while not finished(state, settings) and not ranks.agreed(run.stopping()):
        if not (yield from stepper.epoch(state)):
            break
        _keep(run, learning, optimizer, state)
    learning.restore(state.best)
    freeze(run.backbone)
    stopped = run.stopping() and not finished(state, settings)
    return Outcome(
        state.probs.numpy(), state.history, state.best_epoch, learning.count, stopped, plan.says(state), state.seconds
    )


def finished(state: State, settings: GradientSettings) -> bool:
    """Whether all epochs are behind it, or enough without an improvement."""
    if state.epoch >= settings.num_train_epochs:
        return True
    return waited(state.history, settings.early_stopping_threshold) >= settings.early_stopping_patience


def plain_loss(run: Run) -> Loss:
    """The run's objective on the network's logits."""

    def loss(forward: Callable[..., Any], rows: list[int], batch: list[int], seed: int) -> tuple[Tensor, Tensor]:
        logits = forward(**run.backbone.training_inputs(rows or batch[:1], seed)).logits.float()
        return run.objective.share(logits, rows, batch), logits[: len(rows)]

    return loss


def plain_batches(run: Run) -> Callable[[int], list[list[int]]]:
    """The training part, shuffled."""
    return lambda seed: run.backbone.training_batches(run.split.train, run.settings.batch_size, seed)


class Stepper:
    """The loop over batches, and what it needs from one epoch to the next."""

    def __init__(self, run: Run, plan: Plan, optimizer: torch.optim.Optimizer) -> None:
        self.run, self.plan, self.optimizer = run, plan, optimizer
        self.accelerator = Accelerator(cpu=device().type == "cpu")
        # Alone this is the network itself; among others it exchanges gradients.
        self.forward = self.accelerator.prepare_model(run.backbone.model)
        self.low_precision = run.backbone.low_precision and is_good_at_bf16()
        self.told: Progress = {}  # what the last validation found, for every record until the next one

    def epoch(self, state: State) -> Generator[Progress, None, bool]:
        """One epoch and its validation; True if it was whole, False if Stop cut it short."""
        run, settings = self.run, self.run.settings
        epoch, started = state.epoch + 1, time.perf_counter()
        seed = settings.seed * 1_000 + epoch
        torch.manual_seed(seed * ranks.world() + ranks.rank())
        batches = self.plan.batches(seed)
        total = settings.num_train_epochs * len(batches)
        self.plan.learning.train_mode()
        loss_sum, right, seen = 0.0, 0, 0
        for batch in batches:
            if ranks.agreed(run.stopping()):
                return False
            rows = ranks.share(batch)
            share = factor(settings.lr_scheduler_type, state.step, total, settings.warmup_ratio)
            loss, logits = self.step(rows, batch, seed, share)
            state.step += 1
            seen += len(batch)
            loss_sum += sum(ranks.gathered(loss)) * len(batch)
            right += sum(ranks.gathered(run.objective.right(logits, rows) if rows else 0))
            yield {
                "phase": "blocks",
                "fraction": BEGIN_SHARE + (1 - BEGIN_SHARE) * state.step / total,
                "epoch": epoch,
                "train_loss": loss_sum / seen,
                "train_accuracy": right / seen,
                "examples_per_second": seen / (time.perf_counter() - started),
                "history": state.history,
                **self.told,
            }
        record = {"epoch": epoch, "train_loss": loss_sum / seen, "train_accuracy": right / seen}
        wrong = self.judge(state, record)
        if wrong is None:
            return False
        state.seconds["blocks"] = state.seconds.get("blocks", 0.0) + time.perf_counter() - started
        fraction = BEGIN_SHARE + (1 - BEGIN_SHARE) * state.step / total
        self.told = {"wrong": wrong}
        yield {**record, "phase": "blocks", "history": state.history, "fraction": fraction, **self.told}
        return True

    def step(self, rows: list[int], batch: list[int], seed: int, share: float) -> tuple[float, Tensor]:
        """One change of the weights at ``share`` of the learning rate; the loss of ``rows`` and their logits."""
        value, found = 0.0, []
        # Processes that exchange gradients must do so equally often.
        together = self.plan.whole or ranks.world() > 1
        for part in [rows] if together else self.run.backbone.passes(rows):
            with torch.autocast(device().type, torch.bfloat16, enabled=self.low_precision):
                loss, logits = self.plan.loss(self.forward, part, batch, seed)
            value += float(loss.detach())
            if not math.isfinite(value):
                raise PlaygroundError("The loss grew beyond all numbers: choose a lower learning rate.")
            # Gradients are averaged over processes, and the shares of a batch must add up.
            self.accelerator.backward(loss * ranks.world())
            found.append(logits.detach())
        self.accelerator.clip_grad_norm_(self.plan.learning.parameters.values(), MAX_NORM)
        for group in self.optimizer.param_groups:
            group["lr"] = self.run.settings.learning_rate * share
        self.optimizer.step()
        self.optimizer.zero_grad()
        return value, torch.cat(found)

    def judge(self, state: State, record: Progress) -> list[list[float]] | None:
        """Add ``record`` with its validation to ``state`` and return what is answered wrong; None if Stop came first.

        The held-out answers are made along with the best weights, so that Stop has nothing left to compute. They choose
        nothing: only the validation loss does.
        """
        run = self.run
        train = self.plan.refresh()
        if train is not None:
            record |= run.objective.scores("train", train, run.split.train)
        val = answer(run, run.split.val)
        if val is None:
            return None
        record |= run.objective.scores("val", val, run.split.val)
        if record["val_loss"] < state.best_loss:
            held_out = val if run.split.held_out == run.split.val else answer(run, run.split.held_out)
            if held_out is None:
                return None
            state.probs = run.objective.probs(held_out)
            state.best_epoch, state.best_loss = record["epoch"], record["val_loss"]
            state.best = self.plan.learning.snapshot()
        state.epoch = record["epoch"]
        state.history = [*state.history, record]
        return run.objective.wrong(val, run.split.val)


def _keep(run: Run, learning: Learning, optimizer: torch.optim.Optimizer, state: State) -> None:
    if ranks.is_first():
        save(run.checkpoint, learning, optimizer, state)
