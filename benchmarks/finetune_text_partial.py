"""A probe and then the last block on 400 film snippets against HF Trainer's full fine-tune, padded or per batch."""

import statistics

import torch

from benchmarks.finetune_text_probe import BASE, REFERENCE_SEEDS, reference
from benchmarks.finetuning import EPOCHS, interval, snippets, tuned
from benchmarks.lines import Line, at_least
from core.models import hub

SEEDS = (42, 43, 44)


def measure() -> list[Line]:
    """Each of our runs beside one of the reference; one torch thread, the same 600 other texts."""
    torch.set_num_threads(1)
    hub.quiet()
    train, test = snippets(400, 600)
    warm = snippets(24, 8, seed=1)
    tuned("partial", BASE, *warm, num_train_epochs=1)  # imports
    reference(warm[0], warm[1], padded=False, epochs=0.1)
    ours, theirs = [], []
    for seed, other in zip(SEEDS, REFERENCE_SEEDS, strict=True):
        ours.append(tuned("partial", BASE, train, test, seed)[:2])
        theirs.append(reference(train, test, padded=False, seed=other))
    padded, _ = reference(train, test, padded=True)
    seconds, dynamic = (statistics.median(s for s, _ in runs) for runs in (ours, theirs))
    right, full = [a for _, a in ours], [a for _, a in theirs]
    note = (
        f"400 snippets, Trainer {EPOCHS} epochs; accuracy on 600 others {interval(right)} (partial, {len(ours)} "
        f"seeds), {interval(full)} (Trainer, {len(theirs)} seeds)"
    )
    reached = statistics.mean(right) + 2 * (_error(right) ** 2 + _error(full) ** 2) ** 0.5 >= statistics.mean(full)
    equal = Line(
        "finetune-text-partial-accuracy", statistics.mean(right), statistics.mean(full), "",
        statistics.mean(right) - statistics.mean(full), "not below, within the interval", reached,
    )  # fmt: skip
    return [
        at_least("finetune-text-partial", seconds, padded, "s", 7, note),
        at_least("finetune-text-partial-dynamic", seconds, dynamic, "s", 2.5, note),
        equal,
    ]


def _error(values: list[float]) -> float:
    return statistics.stdev(values) / len(values) ** 0.5
