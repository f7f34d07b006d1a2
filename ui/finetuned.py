"""What a fine-tuned model gets wrong: the confusion matrix, the examples behind its cells, the classes in a table."""

import streamlit as st

from core import jobs
from core.data.labelled import Labelled
from core.errors import PlaygroundError
from core.finetuning import spool
from core.finetuning.report import Report
from core.plots import finetuning as plots
from ui import figures, frame, labelled
from ui.words import percent


def mistakes(job: "jobs.Job", report: Report) -> None:
    """The confusion matrix and the examples behind its cells."""
    matrix, examples = st.columns([1, 1.3], gap="medium")
    with matrix:
        figures.show(plots.confusion(report), "transfer.confusion", plots.describe(report))
    with examples:
        if not report.mistakes():
            st.write(f"All {report.held_out} held-out examples are right.")
            return
        pairs = confused(report)
        names = [f"{report.labels[t]} taken for {report.labels[p]} ({len(report.cell(t, p))})" for t, p in pairs]
        surest = "The surest mistakes"
        picked = st.selectbox("Show", [surest, *names], key="transfer.cell")
        at = names.index(picked) if picked in names else None
        shown = report.mistakes() if at is None else report.cell(*pairs[at])[:12]
        captions = tuple(
            (one.index, f"{report.labels[one.target]}, answered {report.labels[one.predicted]} ({percent(one.prob)})")
            for one in shown
        )
        with frame.plain_errors():
            labelled.gallery(examples_of(job), captions, "transfer.gallery")


def confused(report: Report) -> list[tuple[int, int]]:
    """The cells off the diagonal that hold something, fullest first."""
    size = range(len(report.labels))
    cells = [(t, p) for t in size for p in size if t != p and report.confusion[t][p]]
    return sorted(cells, key=lambda cell: -report.confusion[cell[0]][cell[1]])[:30]


def examples_of(job: "jobs.Job") -> Labelled:
    """The examples that the run learned from."""
    try:
        return spool.read(job.folder / "inputs")
    except (OSError, ValueError, KeyError):
        raise PlaygroundError("The examples of this run have been removed; only its figures remain.") from None


def class_table(report: Report) -> list[dict[str, str | int]]:
    """The classes as rows of a table."""
    return [
        {
            "Class": row.label,
            "Examples": report.class_counts[k],
            "Held out": row.support,
            "Precision": "none predicted" if row.precision is None else percent(row.precision),
            "Recall": "none held out" if row.recall is None else percent(row.recall),
        }
        for k, row in enumerate(report.per_class)
    ]
