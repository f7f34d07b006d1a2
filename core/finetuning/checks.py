"""What is wrong or odd about a visitor's examples, each finding one plain sentence, before anything is trained."""

from collections import Counter
from dataclasses import dataclass

from core.config import Limits
from core.data.labelled import Labelled, LabelledImages, counts, decode
from core.data.near import near_groups
from core.finetuning.split import ENOUGH_FOR_A_TEST, content_key, near_stay_together

STOP, WARN, NOTE = "stop", "warn", "note"
FEWEST_PER_CLASS = 4
FEW_PER_CLASS = 10
MOST_CLASSES = 100
IMBALANCE = 4.0
_NAMED = 3  # classes that get a sentence of their own
LONG_TEXT = 1000  # characters, about 250 tokens: the most that the encoders read
ONE_COLOUR = 2  # a picture whose lightest and darkest grey (0-255) differ by less has nothing on it


@dataclass(frozen=True)
class Finding:
    """One sentence; ``level`` is ``stop`` (training would make no sense), ``warn`` or ``note``.

    ``remedy`` names the setting of a strategy that helps if it is switched on, or is empty.
    """

    level: str
    sentence: str
    remedy: str = ""


def check(data: Labelled, limits: Limits | None = None) -> tuple[Finding, ...]:
    """Everything worth telling about ``data``, gravest first."""
    limits = limits or Limits.from_env()
    found = [*_amount(data, limits), *_blanks(data), *_classes(data), *_duplicates(data), *_lengths(data)]
    return tuple(sorted(found, key=lambda finding: (STOP, WARN, NOTE).index(finding.level)))


def stops(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those that forbid training."""
    return tuple(finding for finding in findings if finding.level == STOP)


def _amount(data: Labelled, limits: Limits) -> list[Finding]:
    is_images = isinstance(data, LabelledImages)
    most = limits.finetune_images if is_images else limits.finetune_texts
    what = "pictures" if is_images else "texts"
    if not len(data):
        return [Finding(STOP, f"There are no {what} to learn from: add at least {FEWEST_PER_CLASS} per class.")]
    if most and len(data) > most:
        return [Finding(STOP, f"There are {len(data):,} {what}, {most:,} are the most on this server: use fewer.")]
    return []


def _blanks(data: Labelled) -> list[Finding]:
    found = []
    if any(not label.strip() for label in data.labels):
        count = sum(not data.labels[target].strip() for target in data.targets)
        found.append(Finding(STOP, f"{_examples(count)} without a class: give each a label or leave it out."))
    blank = [i for i, example in enumerate(data.examples) if _is_blank(example)]
    if blank:
        what = "pictures are" if isinstance(data, LabelledImages) else "texts are"
        what = what if len(blank) > 1 else what.replace("s are", " is")
        name = _name(data, blank[0])
        found.append(Finding(STOP, f"{len(blank)} {what} blank, the first is {name}: leave out what shows nothing."))
    return found


def _classes(data: Labelled) -> list[Finding]:
    sizes = dict(enumerate(counts(data).tolist()))
    if len(data) and sum(count > 0 for count in sizes.values()) < 2:
        only = data.labels[data.targets[0]]
        return [Finding(STOP, f"All examples are of one class, {only[:60]!r}: add examples of another class.")]
    found = []
    if len(sizes) > MOST_CLASSES:
        found.append(
            Finding(
                STOP,
                f"There are {len(sizes)} classes, more than {MOST_CLASSES}: choose the column that names the class.",
            )
        )
        return found
    small = sorted((count, k) for k, count in sizes.items() if count < FEWEST_PER_CLASS)
    for count, k in small[:_NAMED]:
        words = f"Class {data.labels[k][:60]!r} has {count} of the {FEWEST_PER_CLASS} examples that it needs"
        found.append(Finding(STOP, f"{words}: add {FEWEST_PER_CLASS - count} more or leave the class out."))
    if len(small) > _NAMED:
        more = len(small) - _NAMED
        found.append(Finding(STOP, f"{more} more {'classes have' if more > 1 else 'class has'} too few examples."))
    few = [data.labels[k] for k, count in sizes.items() if FEWEST_PER_CLASS <= count < FEW_PER_CLASS]
    if few:
        named = ", ".join(repr(label[:40]) for label in few[:5]) + (" and others" if len(few) > 5 else "")
        found.append(
            Finding(WARN, f"Fewer than {FEW_PER_CLASS} examples in {named}: the figures will be rough, more help most.")
        )
    if len(data) and not found and len(data) < ENOUGH_FOR_A_TEST:
        found.append(
            Finding(WARN, f"With {len(data)} examples there is no separate test part, so figures look too good.")
        )
    least, most = min(sizes.values(), default=0), max(sizes.values(), default=0)
    if least and most / least >= IMBALANCE:
        rare, large = (data.labels[next(k for k, c in sizes.items() if c == n)] for n in (least, most))
        found.append(
            Finding(
                WARN,
                f"Class {large[:40]!r} has {most / least:.0f} times as many examples as {rare[:40]!r}: "
                "weigh rare classes more, and compare the accuracy with the majority class.",
                remedy="class_weights",
            )
        )
    return found


def _duplicates(data: Labelled) -> list[Finding]:
    classes: dict[bytes, set[int]] = {}
    for example, target in zip(data.examples, data.targets, strict=True):
        classes.setdefault(content_key(example), set()).add(target)
    found = []
    if (contradictions := sum(len(targets) > 1 for targets in classes.values())) > 0:
        several = "examples appear" if contradictions > 1 else "example appears"
        found.append(Finding(WARN, f"{contradictions} {several} under two classes: nothing can get those right."))
    for k, rows in sorted(Counter(data.targets).items()):
        if rows >= FEWEST_PER_CLASS and sum(k in targets for targets in classes.values()) == 1:
            words = f"The {rows} examples of class {data.labels[k][:60]!r} are one and the same"
            found.append(Finding(STOP, f"{words}: add different ones, or nothing is left to judge by."))
    if (copies := len(data) - len(classes)) > 0:
        several = "examples repeat" if copies > 1 else "example repeats"
        found.append(Finding(NOTE, f"{copies} {several} another one; copies stay on one side of the split."))
    return found + _near_duplicates(data, len(classes))


def _near_duplicates(data: Labelled, different: int) -> list[Finding]:
    """Counts what is alike beyond the exact copies, of which ``different`` are left."""
    alike = different - len(set(near_groups(data)))
    if alike <= 0:
        return []
    several = "examples are" if alike > 1 else "example is"
    said = f"{alike} more {several} nearly the same as another one"
    if near_stay_together(data):
        return [Finding(NOTE, f"{said}; they stay on one side of the split too.")]
    how = "other angles and backgrounds" if isinstance(data, LabelledImages) else "other words"
    return [Finding(WARN, f"{said}, so some class shows little else and figures will look too good: add {how}.")]


def _lengths(data: Labelled) -> list[Finding]:
    if isinstance(data, LabelledImages):
        return []
    long = sum(len(text) > LONG_TEXT for text in data.examples)
    if not long:
        return []
    return [Finding(NOTE, f"{long} of the texts {'are' if long > 1 else 'is'} long; only the beginning is read.")]


def _is_blank(example: str | bytes) -> bool:
    if isinstance(example, str):
        return not example.strip()
    low, high = decode(example).convert("L").getextrema()
    return high - low < ONE_COLOUR  # pyright: ignore[reportOperatorIssue]


def _name(data: Labelled, index: int) -> str:
    name = data.names[index] if index < len(data.names) else ""
    return repr(name[:60]) if name else f"number {index + 1}"


def _examples(count: int) -> str:
    return f"{count} examples are" if count > 1 else "1 example is"
