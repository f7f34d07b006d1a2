"""What a run reached on examples that it never learned from, with the doubt that belongs to it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core import checkpoint

REPORT = "report.json"


@dataclass(frozen=True)
class Answer:
    """One held-out example: its row in the data, its name, its class, the likeliest class and what that was given.

    Attributes:
        target: its class; where it may have several, the rarest of them.
        targets, predicted_set: all its classes, and all that it was given; one each where an example has one class.
    """

    index: int
    name: str
    target: int
    predicted: int
    prob: float
    prob_of_target: float
    targets: tuple[int, ...] = ()
    predicted_set: tuple[int, ...] = ()

    @property
    def right(self) -> bool:
        """Whether exactly its classes were given."""
        return self.targets == self.predicted_set


@dataclass(frozen=True)
class ClassRow:
    """How one class fared: the share of its predictions that are right (precision), of its examples found (recall).

    ``tp``, ``fp``, ``fn``, ``tn``: examples of it that were given it; others that were; those missed; the rest.
    """

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0


@dataclass(frozen=True)
class Control:
    """What something simpler reaches on the same held-out examples, and what the model gains over it.

    Attributes:
        name: ``majority``, ``untuned`` or ``scratch``.
        accuracy, low, high, macro_f1: as in `Report`.
        says: what it is, one sentence.
        gain_low, gain_high: the 95 % bootstrap interval of the model's accuracy minus this one's, example by example.
    """

    name: str
    title: str
    accuracy: float
    low: float
    high: float
    macro_f1: float
    says: str
    gain_low: float
    gain_high: float


@dataclass(frozen=True)
class Report:
    """Everything that a page and a model card tell about a run.

    Attributes:
        kind: ``image`` or ``text``.
        problem: ``single_label``, or ``multi_label`` where an example may have several classes.
        base: slug of the model that it started from; with its ``base_title``, ``base_hub_id``, ``base_licence``.
        weights: ``pretrained``, or ``random`` where nothing of them was used.
        settings: the strategy's settings by name.
        counts: examples by part: ``train``, ``val``, ``test``.
        class_counts: examples per class, all parts; one with two classes counts in both.
        is_test: the figures come from a part that chose nothing; else from the validation part, and flatter.
        how: how examples were used and what was trained, in sentences.
        accuracy, low, high: on the held-out part, with its Wilson 95 % interval; where an example may have several
            classes, the share of examples whose whole set is right.
        macro_f1, f1_low, f1_high: the mean of the classes' F1, with its bootstrap 95 % interval.
        micro_f1: F1 over all answers about all classes.
        controls: what simpler models reach on the same examples.
        majority_label, majority_accuracy: the most frequent class of the others, and how often it alone would be right.
        confusion: ``(K, K)`` counts, row the class, column the prediction; empty in ``multi_label``, where each
            `ClassRow` has its own counts.
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
    # Reports of earlier versions lack what follows.
    problem: str = "single_label"
    weights: str = "pretrained"
    base_hub_id: str = ""
    base_licence: str = ""
    f1_low: float | None = None
    f1_high: float | None = None
    micro_f1: float | None = None
    controls: tuple[Control, ...] = ()

    @property
    def multi_label(self) -> bool:
        """Whether an example may have several classes."""
        return self.problem == "multi_label"

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
        fields["answers"] = tuple(_answer(answer) for answer in fields["answers"])
        fields["controls"] = tuple(Control(**control) for control in fields.get("controls", ()))
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


def _answer(fields: dict[str, Any]) -> Answer:
    """An answer from a file; earlier versions knew one class per example only."""
    return Answer(
        **{
            **fields,
            "targets": tuple(fields.get("targets", (fields["target"],))),
            "predicted_set": tuple(fields.get("predicted_set", (fields["predicted"],))),
        }
    )
