"""An adapter that marks names, dates and amounts: ``python -m recipes.details``, after ``mails`` and ``definitions``.

It learns from sentences made of templates alone, and is judged on templates with names of their own, and on real mails.
With a number (``python -m recipes.details 0``) what is in ``core/models/weights`` is only judged again. From which
probability on a part is marked (`unknown_below` in the catalog) was chosen on the ``dev`` half of the marked mails.
"""

import hashlib
import re
import sys
import time
from collections.abc import Sequence

import numpy as np

from core import config, params
from core.data.marked import Mark, MarkedTexts
from core.device import share_machine
from core.finetuning.run import Outcome
from core.finetuning.split import Split
from core.finetuning.strategies import lora
from core.finetuning.strategies.beginning import begin_empty
from core.finetuning.strategies.settings import TextLoraSettings
from core.finetuning.tagging import TaggingRun, TokenBackbone
from core.models import MODELS_BY_SLUG, shipped
from core.models.shipped import Facts, Figure
from core.models.token_classifier import TokenClassifier
from recipes import details_sentences as made
from recipes import shipping
from recipes.adapting import BASE, halve

NAME = "details"
TRAIN, VAL, TEST = 5000, 250, 1000  # sentences
SETTINGS = {"num_train_epochs": 2, "max_seq_length": 128, "learning_rate": 1e-3, "lora_r": 8, "batch_size": 16}
PACKAGES = ("torch", "transformers", "peft")
DRAWS = 2000  # of the bootstrap

Counts = tuple[int, int, int]
"""Of one text: marks found and right, found, and there."""
READ_BEFORE = (
    "Its templates were written after the mails had been read and marked, so that other mails may be marked worse."
)


def learn(data: MarkedTexts, split: Split) -> tuple[TokenClassifier, int]:
    """Train on ``data`` with the playground's engine; the classifier, and seconds it took. The adapter is written."""
    start = time.perf_counter()
    key = hashlib.sha256(repr((data, split, SETTINGS)).encode()).hexdigest()[:12]  # others begin anew
    folder = config.home() / "recipes" / NAME / key
    settings = params.make(TextLoraSettings, SETTINGS)
    backbone = TokenBackbone(MODELS_BY_SLUG[BASE], data, settings.max_seq_length)
    run = TaggingRun(data, split, settings, backbone, folder / "checkpoint", lambda: False)
    outcome = _last(lora.train(run, begin_empty), start)
    assert outcome.adapter is not None
    halve(outcome.adapter, shipped.FOLDER / NAME)
    return TokenClassifier(MODELS_BY_SLUG[BASE], backbone.model, backbone.tokenizer), round(time.perf_counter() - start)


def counted(classifier: TokenClassifier, data: MarkedTexts, kind: str = "") -> list[Counts]:
    """What ``classifier`` finds in each of ``data``; a mark is right if its first and last character and kind are."""
    found = classifier.read_all(data.examples)
    return [
        _counts([Mark(s.start, s.end, s.label) for s in reading.spans], marks, kind)
        for reading, marks in zip(found, data.marks, strict=True)
    ]


def f1(counts: Sequence[Counts] | np.ndarray) -> tuple[float, float, float]:
    """F1, precision and recall over all texts together; 0 where there is nothing to divide by."""
    right, found, there = (float(total) for total in np.asarray(counts).sum(0))
    precision, recall = right / max(found, 1.0), right / max(there, 1.0)
    return 2 * right / max(found + there, 1.0), precision, recall


def interval(counts: Sequence[Counts]) -> tuple[float, float]:
    """Where F1 lies in 95 % of `DRAWS` samples of as many texts, drawn with replacement."""
    dice, every = np.random.default_rng(0), np.asarray(counts)
    draws = [f1(every[dice.integers(len(every), size=len(every))])[0] for _ in range(DRAWS)]
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)


def judged(classifier: TokenClassifier, what: str, data: MarkedTexts) -> list[Figure]:
    """F1 over all kinds with precision and recall in words, then of each kind."""
    figures = []
    for kind in ("", *made.KINDS):
        counts = counted(classifier, data, kind)
        value, precision, recall = f1(counts)
        pairs = zip(data.examples, data.marks, strict=True)
        guessed, _, _ = f1([_counts(_guess(text), marks, kind) for text, marks in pairs])
        there = int(np.asarray(counts)[:, 2].sum())
        measure = f"F1 of {there} {kind or 'mark'}s (precision {precision:.2f}, recall {recall:.2f})"
        figures.append(shipping.figure(what, value, interval(counts), guessed, len(data), measure))
        print(f"{what}: {measure}: {value:.3f}, {figures[-1].low:.3f} to {figures[-1].high:.3f}", flush=True)
    return figures


def main(train: bool) -> None:
    """Train and judge."""
    share_machine()
    learned, chosen_by = made.sentences("train", TRAIN, 0), made.sentences("train", VAL, 1)
    both = made.together(learned, chosen_by)
    val = tuple(range(TRAIN, TRAIN + VAL))
    seconds = shipped.facts(NAME).seconds if not train else 0
    if train:
        classifier, seconds = learn(both, Split(tuple(range(TRAIN)), val, ()))
    else:
        classifier = TokenClassifier.load(MODELS_BY_SLUG[NAME])
    judged(classifier, "dev half of the mails", made.check_set("dev"))
    figures = judged(classifier, "sentences with templates and names it never saw", made.sentences("test", TEST, 2))[:1]
    figures += judged(classifier, "sentences of real mails marked by hand", made.check_set("test"))
    facts = Facts(
        recipe="python -m recipes.details",
        data=f"{TRAIN:,} texts from {len(made.templates('train'))} templates of our own, and words of WordNet 3.1",
        labels=both.labels,
        max_seq_length=int(SETTINGS["max_seq_length"]),
        seconds=seconds,
        machine=shipping.machine(PACKAGES),
        figures=tuple(figures),
        notes=(READ_BEFORE,),
    )
    shipping.write_facts(NAME, facts)


def _guess(text: str) -> list[Mark]:
    """Each capitalised word is a name, each year a date, each other number an amount: what the model must beat."""
    found = [Mark(m.start(), m.end(), "name") for m in re.finditer(r"\b[A-Z][a-z]+\b", text)]
    for m in re.finditer(r"[$\d][\d.,%]*", text):
        is_year = re.fullmatch(r"(19|20)\d\d", m[0])
        found.append(Mark(m.start(), m.end(), "date" if is_year else "amount"))
    return found


def _counts(found: Sequence[Mark], there: Sequence[Mark], kind: str) -> Counts:
    own, right = ({mark for mark in marks if kind in ("", mark.label)} for marks in (found, there))
    return len(own & right), len(own), len(right)


def _last(records: lora.Training, start: float) -> Outcome:
    """The outcome of a run; every epoch is printed."""
    epoch = -1
    while True:
        try:
            record = next(records)
        except StopIteration as end:
            return end.value
        history = record.get("history") or [{}]
        if history[-1].get("epoch", -1) != epoch:
            epoch = history[-1]["epoch"]
            print(f"{time.perf_counter() - start:.0f} s {history[-1]}", flush=True)


if __name__ == "__main__":
    main(train=len(sys.argv) == 1)
