"""What a run reached on examples that it never learned from, with the doubt that belongs to it."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import checkpoint
from core.data.labelled import Labelled
from core.finetuning.split import Split

Z95 = 1.959964
REPORT = "report.json"


@dataclass(frozen=True)
class Answer:
    """One held-out example: its row in the data, its name, its class, the predicted class and what that was given."""

    index: int
    name: str
    target: int
    predicted: int
    prob: float
    prob_of_target: float

    @property
    def right(self) -> bool:
        """Whether the prediction is the class."""
        return self.target == self.predicted


@dataclass(frozen=True)
class ClassRow:
    """How one class fared: the share of its predictions that are right (precision), of its examples found (recall)."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class Report:
    """Everything that a page and a model card tell about a run.

    Attributes:
        kind: ``image`` or ``text``.
        base: slug of the model that it started from; ``base_title`` its name.
        settings: the strategy's settings by name.
        counts: examples by part: ``train``, ``val``, ``test``.
        class_counts: examples per class, all parts.
        is_test: the figures come from a part that chose nothing; else from the validation part, and flatter.
        how: how examples were used and what was trained, in sentences.
        accuracy, low, high: on the held-out part, with its Wilson 95 % interval.
        macro_f1: the mean of the classes' F1.
        majority_label, majority_accuracy: the most frequent class of the others, and how often it alone would be right.
        confusion: ``(K, K)`` counts, row the class, column the prediction.
        answers: every held-out example.
        history: records per epoch.
        seconds: by phase, and ``total``.
        stopped: Stop was pressed before the end.
    """

    kind: str
    title: str
    labels: tuple[str, ...]
    base: str
    base_title: str
    strategy: str
    strategy_title: str
    settings: dict[str, Any]
    seed: int
    counts: dict[str, int]
    class_counts: tuple[int, ...]
    is_test: bool
    how: str
    accuracy: float
    low: float
    high: float
    macro_f1: float
    majority_label: str
    majority_accuracy: float
    confusion: tuple[tuple[int, ...], ...]
    per_class: tuple[ClassRow, ...]
    answers: tuple[Answer, ...]
    history: tuple[dict[str, Any], ...]
    best_epoch: int
    trained_parameters: int
    total_parameters: int
    seconds: dict[str, float]
    stopped: bool

    @property
    def held_out(self) -> int:
        """How many examples the figures come from."""
        return len(self.answers)

    @property
    def right(self) -> int:
        """How many of them were right."""
        return sum(answer.right for answer in self.answers)

    def mistakes(self, most: int = 12) -> tuple[Answer, ...]:
        """Wrong answers, the surest first."""
        wrong = [answer for answer in self.answers if not answer.right]
        return tuple(sorted(wrong, key=lambda answer: -answer.prob)[:most])

    def cell(self, target: int, predicted: int) -> tuple[Answer, ...]:
        """The examples behind one cell of the confusion matrix."""
        return tuple(a for a in self.answers if (a.target, a.predicted) == (target, predicted))

    @property
    def verdict(self) -> str:
        """The figures in a sentence."""
        part = "held-out" if self.is_test else "validation"
        found = (
            f"{self.right} of {self.held_out} {part} examples are right: {self.accuracy:.1%} "
            f"(95 % interval {self.low:.1%} to {self.high:.1%}); always answering {self.majority_label!r} "
            f"would get {self.majority_accuracy:.1%}."
        )
        if self.low <= self.majority_accuracy:
            return f"{found} The interval does not exclude that nothing was learned."
        return found

    def to_json(self) -> str:
        """As text for a file."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """What `to_json` wrote."""
        fields = json.loads(text)
        fields["answers"] = tuple(Answer(**answer) for answer in fields["answers"])
        fields["per_class"] = tuple(ClassRow(**row) for row in fields["per_class"])
        fields["confusion"] = tuple(tuple(row) for row in fields["confusion"])
        for name in ("labels", "class_counts", "history"):
            fields[name] = tuple(fields[name])
        return cls(**fields)


def read_report(job_folder: Path) -> Report | None:
    """The report in a job's folder, or None while there is none."""
    return checkpoint.load(job_folder / "result" / REPORT, lambda path: Report.from_json(path.read_text()))


def save_report(job_folder: Path, report: Report) -> None:
    """Put ``report`` where `read_report` finds it."""

    def write(path: Path) -> None:
        path.write_text(report.to_json())

    checkpoint.save(job_folder / "result" / REPORT, write)


def figures(data: Labelled, split: Split, probs: np.ndarray) -> dict[str, Any]:
    """The measured fields of a `Report` from ``probs (H, K)`` of the split's held-out rows."""
    rows = split.held_out
    predicted = probs.argmax(1).tolist()
    answers = tuple(
        Answer(
            index=row,
            name=data.names[row] if row < len(data.names) else "",
            target=data.targets[row],
            predicted=guess,
            prob=float(probs[i, guess]),
            prob_of_target=float(probs[i, data.targets[row]]),
        )
        for i, (row, guess) in enumerate(zip(rows, predicted, strict=True))
    )
    confusion = np.zeros((len(data.labels), len(data.labels)), dtype=int)
    for one in answers:
        confusion[one.target, one.predicted] += 1
    right = int(np.trace(confusion))
    low, high = wilson(right, len(rows))
    per_class = class_rows(data.labels, confusion)
    others = Counter(data.targets[row] for row in set(range(len(data))) - set(rows))
    majority = max(sorted(others), key=lambda k: others[k])
    counts = Counter(data.targets)
    f1s = [row.f1 for row in per_class if row.f1 is not None]
    return {
        "answers": answers,
        "confusion": tuple(tuple(row) for row in confusion.tolist()),
        "accuracy": right / len(rows),
        "low": low,
        "high": high,
        "per_class": per_class,
        "macro_f1": sum(f1s) / len(f1s),
        "majority_label": data.labels[majority],
        "majority_accuracy": sum(a.target == majority for a in answers) / len(rows),
        "class_counts": tuple(counts[k] for k in range(len(data.labels))),
        "counts": {"train": len(split.train), "val": len(split.val), "test": len(split.test)},
        "is_test": bool(split.test),
    }


def wilson(right: int, total: int, z: float = Z95) -> tuple[float, float]:
    """The interval of a share (Wilson 1927); unlike the textbook's ± it holds for few examples and near 0 and 1."""
    share = right / total
    middle = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    # Rounding must not put the share itself outside.
    return min(max((middle - half) / scale, 0.0), share), max(min((middle + half) / scale, 1.0), share)


def class_rows(labels: Sequence[str], confusion: np.ndarray) -> tuple[ClassRow, ...]:
    """Precision, recall and F1 per class; None where nothing was predicted as it, or none of it was held out."""
    rows = []
    for k, label in enumerate(labels):
        hits, predicted, support = int(confusion[k, k]), int(confusion[:, k].sum()), int(confusion[k].sum())
        rows.append(
            ClassRow(
                label,
                precision=hits / predicted if predicted else None,
                recall=hits / support if support else None,
                f1=2 * hits / (predicted + support) if predicted + support else None,
                support=support,
            )
        )
    return tuple(rows)
