"""Which inputs changed their reasons most: every held-out example through the model before and after fine-tuning."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.labelled import Labelled, LabelledTexts
from core.errors import PlaygroundError
from core.finetuning import spool
from core.finetuning.report import Report
from core.models import ModelCard
from core.models.catalog import IMAGE_CLASSIFICATION
from core.studies.done_rows import DoneRows

if TYPE_CHECKING:
    from core.attribution import Method
    from core.jobs import Task

CHANGED = "core.studies.changed_reasons:run"
"""What `core.jobs.submit` runs; see `run`."""

TUNED = "tuned-"  # before the name of each file of the fine-tuned model; that of its base may be there too
REPORT, DONE, TABLE = "tuned-report.json", "changed.jsonl", "changed.csv"
_SHOWN = 12  # rows in a progress record


@dataclass(frozen=True)
class Changed:
    """One example before and after.

    Attributes:
        row: in the data.
        target: the class whose credit is compared: the example's own.
        before, after: the classes that were answered.
        prob_before, prob_after: of ``target``.
        agreement: the rank correlation of the two maps; None where one is flat.
    """

    row: int
    name: str
    target: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    prob_before: float
    prob_after: float
    agreement: float | None

    @property
    def flipped(self) -> bool:
        """Whether the answer changed."""
        return self.before != self.after

    @property
    def change(self) -> float | None:
        """How much the reasons changed: 0 not at all, 1 as if unrelated, 2 turned around."""
        return None if self.agreement is None else 1 - self.agreement


def most_changed(
    before: Any,
    after: Any,
    data: Labelled,
    rows: Sequence[int],
    method: "Method",
    *,
    stopping: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Iterator[Changed]:
    """Compare the reasons for each of ``rows``, in their order; give the whole to `ranked`.

    Stop ends it between two passes of a network, without the example that was begun.
    """
    from core.attribution.watch import Stopped
    from core.studies.before_after import compare

    for row in rows:
        example = data.examples[row] if isinstance(data, LabelledTexts) else data.image(row)
        try:
            found = compare(before, after, example, method, data.targets[row], stopping=stopping, **options)
        except Stopped:
            return
        if stopping():  # the last map may be a rough one
            return
        yield Changed(
            row=row,
            name=data.names[row],
            target=data.targets[row],
            before=found.before.given,
            after=found.after.given,
            prob_before=found.before.probs[data.targets[row]],
            prob_after=found.after.probs[data.targets[row]],
            agreement=found.agreement,
        )


def ranked(changes: Sequence[Changed]) -> tuple[Changed, ...]:
    """The most changed reasons first; those that cannot be compared last."""
    return tuple(sorted(changes, key=lambda one: (one.change is None, -(one.change or 0.0), one.row)))


def summary(changes: Sequence[Changed]) -> str:
    """What the whole says, in a sentence."""
    flipped = sum(one.flipped for one in changes)
    known = sorted(one.change for one in changes if one.change is not None)
    if not known:
        return f"{flipped} of {len(changes)} answers changed; no two maps could be compared."
    middle = known[len(known) // 2]
    return (
        f"{flipped} of {len(changes)} answers changed. The reasons of half of the examples changed by {middle:.2f} or "
        "more (0: the same order of places, 1: unrelated, 2: turned around)."
    )


def files(card: ModelCard, report: Report, job_folder: Path) -> dict[str, bytes | Path]:
    """What the job needs of a fine-tuning job's folder: its examples, its report and its model."""
    inputs = {file.name: file for file in sorted((job_folder / "inputs").iterdir()) if file.is_file()}
    return {**inputs, **spool.base_files(card, TUNED), REPORT: report.to_json().encode()}


def run(task: "Task") -> Iterator[dict[str, Any]]:
    """Rank all held-out examples by how much their reasons changed.

    ``task.params``: ``method`` (name), ``settings`` (the method's, by name); ``task.inputs``: what `files` gave.
    Writes ``result/changed.jsonl`` as it goes and ``result/changed.csv`` at the end, also after Stop; see `read`.
    """
    from core.attribution import METHODS_BY_NAME

    yield {"phase": "reading", "fraction": 0.0}
    if (name := task.params["method"]) not in METHODS_BY_NAME:
        raise PlaygroundError(f"There is no method {name[:40]!r}; choose one from the list.")
    data = spool.read(task.inputs)
    report = Report.from_json((task.inputs / REPORT).read_text(encoding="utf-8"))
    done = DoneRows(task.result / DONE)
    known = {row["row"] for row in done.rows}
    rows = [answer.index for answer in report.answers]
    left = [row for row in rows if row not in known]
    if left:
        before, after = _models(task, data, report)
        settings: Mapping[str, Any] = task.params.get("settings", {})
        found = most_changed(before, after, data, left, METHODS_BY_NAME[name], stopping=task.stopping, **settings)
        for one in found:
            done.add(asdict(one))
            changes = read(task.folder)
            yield {
                "phase": "comparing",
                "fraction": len(changes) / len(rows),
                "done": len(changes),
                "total": len(rows),
                "flipped": sum(c.flipped for c in changes),
                "most": [asdict(c) | {"change": c.change} for c in ranked(changes)[:_SHOWN]],
            }
    (task.result / TABLE).write_bytes(table(read(task.folder), report.labels))


def read(job_folder: Path) -> tuple[Changed, ...]:
    """What the job has found so far, the most changed first."""
    rows = []
    for line in (job_folder / "result" / DONE).read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        rows.append(Changed(**fields | {side: tuple(fields[side]) for side in ("before", "after")}))
    return ranked(rows)


def table(changes: Sequence[Changed], labels: Sequence[str]) -> bytes:
    """``changes`` as CSV."""
    import pandas as pd

    from core.data.tables import safe_csv

    return safe_csv(
        pd.DataFrame(
            {
                "name": [one.name for one in changes],
                "class": [labels[one.target] for one in changes],
                "answer before": [_named(one.before, labels) for one in changes],
                "answer after": [_named(one.after, labels) for one in changes],
                "probability before": [round(one.prob_before, 4) for one in changes],
                "probability after": [round(one.prob_after, 4) for one in changes],
                "changed": [one.flipped for one in changes],
                "rank correlation": [None if one.agreement is None else round(one.agreement, 4) for one in changes],
            }
        )
    )


def _named(given: Sequence[int], labels: Sequence[str]) -> str:
    return ", ".join(labels[k] for k in given)


def _models(task: "Task", data: Labelled, report: Report) -> tuple[Any, Any]:
    from core.models.image_classifier import ImageClassifier
    from core.models.text_classifier import TextClassifier
    from core.studies.untuned import base_of, untuned

    card = spool.read_base(task.inputs, task.checkpoint / "tuned", TUNED)
    if card is None:
        raise PlaygroundError("The fine-tuned model did not come along; start from one of your runs.")
    base = spool.read_base(task.inputs, task.checkpoint / "base") or base_of(report)
    load = ImageClassifier.load if card.task == IMAGE_CLASSIFICATION else TextClassifier.load
    return untuned(base, data, report), load(card)
