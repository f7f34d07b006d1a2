"""A probe on 400 film snippets against HF Trainer's full fine-tune, padded to 128 tokens or per batch."""

import statistics
from typing import Any

import torch
import transformers

from benchmarks.finetuning import EPOCHS, Rows, accuracy, probe, snippets, trainer
from benchmarks.lines import Line, at_least
from core.data.labelled import LabelledTexts
from core.models import MODELS_BY_SLUG, hub

BASE = "all-minilm-l6-v2"
SEEDS = (42, 43, 44, 45)


def measure() -> list[Line]:
    """One run of each reference (minutes) between four probes; one torch thread, the same 600 other texts."""
    torch.set_num_threads(1)
    hub.quiet()
    train, test = snippets(400, 600)
    warm = snippets(24, 8, seed=1)
    probe(BASE, *warm)  # imports
    reference(warm[0], warm[1], padded=False, epochs=0.1)
    lines = []
    for name, padded, goal in (("", True, 20), ("-dynamic", False, 7)):
        # Before and after the reference's minutes, since the machine may slow down or recover meanwhile.
        ours = [probe(BASE, train, test, SEEDS[0]), probe(BASE, train, test, SEEDS[1])]
        seconds, full_accuracy = reference(train, test, padded=padded)
        ours += [probe(BASE, train, test, SEEDS[2]), probe(BASE, train, test, SEEDS[3])]
        mean = statistics.mean(a for _, a in ours)
        note = f"400 snippets, {EPOCHS} epochs; accuracy on 600 others {mean:.3f} (probe, {len(SEEDS)} seeds)"
        note += f", {full_accuracy:.3f} (Trainer)"
        lines.append(
            at_least("finetune-text-probe" + name, statistics.median(s for s, _ in ours), seconds, "s", goal, note)
        )
    return lines


def reference(
    train: LabelledTexts, test: LabelledTexts, *, padded: bool, epochs: float = EPOCHS
) -> tuple[float, float]:
    """Seconds and accuracy of the Trainer script that a user would write."""
    folder = hub.locate(MODELS_BY_SLUG[BASE])

    def load() -> tuple[Any, Rows, Any]:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2)
        return model, _rows(tokenizer, train, padded=padded), None if padded else tokenizer

    seconds, trained = trainer(load, epochs)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    trained.data_collator = transformers.DataCollatorWithPadding(tokenizer)
    logits = trained.predict(_rows(tokenizer, test, padded=False)).predictions
    return seconds, accuracy(torch.from_numpy(logits), test)


def _rows(tokenizer: Any, data: LabelledTexts, *, padded: bool) -> Rows:
    padding = "max_length" if padded else False
    read = tokenizer(list(data.examples), truncation=True, max_length=128, padding=padding)
    return Rows([{**{k: v[i] for k, v in read.items()}, "labels": t} for i, t in enumerate(data.targets)])
