"""A probe on 400 film snippets against HF Trainer's full fine-tune, padded to 128 tokens or per batch."""

import statistics
from typing import Any

import torch
import transformers

from benchmarks.finetuning import EPOCHS, Rows, accuracy, interval, probe, snippets, trainer
from benchmarks.lines import Line, at_least
from core.data.labelled import LabelledTexts
from core.models import MODELS_BY_SLUG, hub

BASE = "all-minilm-l6-v2"
SEEDS = (42, 43, 44, 45)
REFERENCE_SEEDS = (42, 43, 44)
BEHIND = 0.025


def measure() -> list[Line]:
    """Each reference between four probes; one torch thread, the same 600 other texts, several seeds on both sides."""
    torch.set_num_threads(1)
    hub.quiet()
    train, test = snippets(400, 600)
    warm = snippets(24, 8, seed=1)
    probe(BASE, *warm)  # imports
    reference(warm[0], warm[1], padded=False, epochs=0.1)
    # What the quicker reference reaches stands for both: padding changes the time only.
    ours, theirs = [], []
    for seed, other in zip(SEEDS[:2], REFERENCE_SEEDS, strict=False):
        ours.append(probe(BASE, train, test, seed))
        theirs.append(reference(train, test, padded=False, seed=other))
    theirs += [reference(train, test, padded=False, seed=seed) for seed in REFERENCE_SEEDS[2:]]
    ours.append(probe(BASE, train, test, SEEDS[2]))
    padded, _ = reference(train, test, padded=True)
    ours.append(probe(BASE, train, test, SEEDS[3]))
    seconds = statistics.median(s for s, _ in ours)
    dynamic = statistics.median(s for s, _ in theirs)
    right, full = [a for _, a in ours], [a for _, a in theirs]
    note = (
        f"400 snippets, {EPOCHS} epochs; accuracy on 600 others {interval(right)} (probe, {len(ours)} seeds), "
        f"{interval(full)} (Trainer, {len(theirs)} seeds)"
    )
    behind = Line(
        "finetune-text-probe-accuracy", statistics.mean(right), statistics.mean(full), "",
        100 * (statistics.mean(full) - statistics.mean(right)), "≤ 2.5 points behind",
        statistics.mean(full) - statistics.mean(right) <= BEHIND,
    )  # fmt: skip
    return [
        at_least("finetune-text-probe", seconds, padded, "s", 20, note),
        at_least("finetune-text-probe-dynamic", seconds, dynamic, "s", 7, note),
        behind,
    ]


def reference(
    train: LabelledTexts, test: LabelledTexts, *, padded: bool, epochs: float = EPOCHS, seed: int = 42
) -> tuple[float, float]:
    """Seconds and accuracy of the Trainer script that a user would write."""
    folder = hub.locate(MODELS_BY_SLUG[BASE])

    def load() -> tuple[Any, Rows, Any]:
        torch.manual_seed(seed)  # also the new last layer's
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2)
        return model, rows(tokenizer, train, padded=padded), None if padded else tokenizer

    seconds, trained = trainer(load, epochs, seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    trained.data_collator = transformers.DataCollatorWithPadding(tokenizer)
    logits = trained.predict(rows(tokenizer, test, padded=False)).predictions
    return seconds, accuracy(torch.from_numpy(logits), test)


def rows(tokenizer: Any, data: LabelledTexts, *, padded: bool) -> Rows:
    """``data`` as Trainer reads it, padded to 128 tokens or not at all."""
    padding = "max_length" if padded else False
    read = tokenizer(list(data.examples), truncation=True, max_length=128, padding=padding)
    return Rows([{**{k: v[i] for k, v in read.items()}, "labels": t} for i, t in enumerate(data.targets)])
