"""What is wrong, doubtful or good to know about labelled examples, in plain sentences, before anything trains."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from core.config import Limits
from core.data.labelled import Labelled, counts
from core.data.texts import clean_label
from core.errors import PlaygroundError
from core.finetuning.split import content_key

STOP, WARN, NOTE = "stop", "warn", "note"
MIN_PER_CLASS = 4  # two to learn from, one to choose the epoch by, one held out
FEW_PER_CLASS = 15
MAX_CLASSES = 100
IMBALANCE = 4.0
LONG_TEXT = 1200  # characters; about what 256 tokens hold


@dataclass(frozen=True)
class Finding:
    """One sentence; ``stop`` bars training, ``warn`` expects a poor result, ``note`` is good to know."""

    level: str
    sentence: str


def check(data: Labelled, limits: Limits | None = None) -> tuple[Finding, ...]:
    """Everything worth saying about ``data``, the worst first."""
    limits = limits or Limits.from_env()
    found = [*_amounts(data, limits), *_balance(data), *_content(data)]
    return tuple(sorted(found, key=lambda finding: (STOP, WARN, NOTE).index(finding.level)))


def stop_if_unfit(data: Labelled, limits: Limits | None = None) -> None:
    """Raise the first finding that bars training as a `PlaygroundError`."""
    for finding in check(data, limits):
        if finding.level == STOP:
            raise PlaygroundError(finding.sentence)


def _amounts(data: Labelled, limits: Limits) -> list[Finding]:
    things = "pictures" if data.kind == "image" else "texts"
    limit = limits.finetune_images if data.kind == "image" else limits.finetune_texts
    if not len(data):
        return [Finding(STOP, f"There are no labelled {things}; add some.")]
    if len(data.labels) < 2:
        return [Finding(STOP, f"It needs two classes to learn a difference; found only {quoted(data.labels[0])}.")]
    found = []
    if len(data.labels) > MAX_CLASSES:
        said = f"There are {len(data.labels):,} different labels and the limit is {MAX_CLASSES};"
        return [Finding(STOP, f"{said} check that the label column holds classes, not texts or numbers.")]
    sizes = counts(data)
    if short := [i for i in np.argsort(sizes) if sizes[i] < MIN_PER_CLASS]:
        names = ", ".join(f"{quoted(data.labels[i])} ({sizes[i]})" for i in short[:5]) + (
            " …" if len(short) > 5 else ""
        )
        said = f"Each class needs at least {MIN_PER_CLASS} {things};"
        found.append(Finding(STOP, f"{said} add some to {names} or leave it out."))
    elif sizes.min() < FEW_PER_CLASS:
        i = int(sizes.argmin())
        said = f"{quoted(data.labels[i])} has only {sizes[i]} {things}:"
        found.append(Finding(WARN, f"{said} with fewer than {FEW_PER_CLASS} a class the figures say little."))
    if limit and len(data) > limit:
        said = f"There are {len(data):,} {things} and the limit on this server is {limit:,};"
        found.append(Finding(STOP, f"{said} upload a random part of them."))
    return found


def _balance(data: Labelled) -> list[Finding]:
    sizes = counts(data)
    if len(sizes) < 2 or not sizes.min() or sizes.max() < IMBALANCE * sizes.min():
        return []
    most, least = int(sizes.argmax()), int(sizes.argmin())
    share = sizes[most] / sizes.sum()
    return [
        Finding(
            WARN,
            f"{quoted(data.labels[most])} has {sizes[most] / sizes[least]:.0f} times as many examples as"
            f" {quoted(data.labels[least])}: always answering {quoted(data.labels[most])} would be right {share:.0%} of"
            " the time, so look at macro-F1 too.",
        )
    ]


def _content(data: Labelled) -> list[Finding]:
    found = []
    seen: dict[str, set[int]] = defaultdict(set)
    times: Counter[str] = Counter()
    for example, target in zip(data.examples, data.targets, strict=True):
        key = content_key(example)
        seen[key].add(target)
        times[key] += 1
    if clash := sum(len(targets) > 1 for targets in seen.values()):
        said = "1 example appears" if clash == 1 else f"{clash:,} examples appear"
        found.append(Finding(WARN, f"{said} under two labels; nobody can get both right."))
    if extra := sum(n - 1 for n in times.values()):
        said = "1 example is a copy" if extra == 1 else f"{extra:,} examples are copies"
        found.append(Finding(NOTE, f"{said} of another; copies stay on one side of the split."))
    folded = Counter(label.casefold() for label in data.labels)
    if twins := [label for label in data.labels if folded[label.casefold()] > 1]:
        found.append(
            Finding(
                WARN, f"Labels that differ only in case are different classes: {', '.join(map(quoted, twins[:4]))}."
            )
        )
    long = sum(isinstance(example, str) and len(example) > LONG_TEXT for example in data.examples)
    if long:
        said = "1 text is" if long == 1 else f"{long:,} texts are"
        found.append(Finding(NOTE, f"{said} long; only the first 256 tokens (about 190 words) are read."))
    return found


def quoted(label: str) -> str:
    """A label as it stands in a sentence."""
    return f"“{clean_label(label)}”"
