"""What a fine-tuned model gets wrong: the confusion matrix, and the examples behind the cell that is clicked."""

from collections.abc import Sequence

import streamlit as st

from core import jobs
from core.data.labelled import Labelled
from core.errors import PlaygroundError
from core.finetuning import spool
from core.finetuning.report import Answer, Report
from core.plots import confusion
from ui import figures, frame, gallery
from ui.words import percent

_SUREST = "The surest mistakes"
_CELL = "transfer.cell"
_MOST = 12
_INK = {"light": "#000000", "dark": "#E8EAF0"}  # the theme's colours of text
_CELLS = 40  # offered in the list; all can be clicked


def show(job: "jobs.Job", report: Report) -> None:
    """The matrix, or bars where an example may have several classes, and the examples behind them."""
    groups = _groups(report)
    matrix, examples = st.columns([1, 1.2], gap="medium")
    with matrix:
        said = confusion.describe(report)
        if report.multi_label:
            figures.show(confusion.class_bars(report), "transfer.classes", said)
        else:
            ink = _INK[st.context.theme.type or "light"]
            figures.clickable(
                confusion.confusion(report, ink=ink), "transfer.confusion", said, lambda cell: _open(report, cell)
            )
            st.caption("Click a cell to see the examples in it.")
    with examples:
        if not report.mistakes():
            st.write(f"All {report.held_out} held-out examples are right.")
        if st.session_state.get(_CELL) not in groups:
            st.session_state.pop(_CELL, None)
        picked = st.selectbox("Show", list(groups), key=_CELL)
        shown = groups.get(picked or _SUREST, ())[:_MOST]
        if not shown:
            return
        with frame.plain_errors():
            data = examples_of(job)
            captions = [(one.index, _caption(report, data, one)) for one in shown]
            gallery.show(data, captions, "transfer.gallery", picked or _SUREST)


def examples_of(job: "jobs.Job") -> Labelled:
    """The examples that the run learned from."""
    try:
        return _read(job)
    except (OSError, ValueError, KeyError):
        raise PlaygroundError("The examples of this run have been removed; only its figures remain.") from None


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={jobs.Job: lambda job: job.id})
def _read(job: "jobs.Job") -> Labelled:
    return spool.read(job.folder / "inputs")


def _groups(report: Report) -> dict[str, Sequence[Answer]]:
    """What can be looked at, by the words of the list: mistakes by class or by cell, then what was right."""
    groups: dict[str, Sequence[Answer]] = {_SUREST: report.mistakes(_MOST)}
    if report.multi_label:
        for k, label in enumerate(report.labels):
            missed = [a for a in report.answers if k in a.targets and k not in a.predicted_set]
            wrongly = [a for a in report.answers if k not in a.targets and k in a.predicted_set]
            groups |= {f"{label}: missed ({len(missed)})": missed, f"{label}: wrongly given ({len(wrongly)})": wrongly}
        return {name: answers for name, answers in groups.items() if answers or name == _SUREST}
    for target, predicted in _cells(report)[:_CELLS]:
        groups[_cell_words(report, target, predicted)] = report.cell(target, predicted)
    return groups


def _cells(report: Report) -> list[tuple[int, int]]:
    """The cells that hold something: mistakes first, fullest first."""
    size = range(len(report.labels))
    cells = [(t, p) for t in size for p in size if report.confusion[t][p]]
    return sorted(cells, key=lambda cell: (cell[0] == cell[1], -report.confusion[cell[0]][cell[1]]))


def _cell_words(report: Report, target: int, predicted: int) -> str:
    label, count = report.labels[target], report.confusion[target][predicted]
    if target == predicted:
        return f"{label}, right ({count})"
    return f"{label} taken for {report.labels[predicted]} ({count})"


def _open(report: Report, cell: Sequence[int]) -> None:
    """Choose what was clicked in the list beside the matrix."""
    target, predicted = int(cell[0]), int(cell[1])
    if 0 <= target < len(report.labels) and 0 <= predicted < len(report.labels):
        words = _cell_words(report, target, predicted)
        st.session_state[_CELL] = words if words in _groups(report) else _SUREST


def _caption(report: Report, data: Labelled, one: Answer) -> str:
    if report.multi_label:
        given = ", ".join(report.labels[k] for k in one.predicted_set) or "nothing"
        return gallery.answer_words(data, one.index, given, one.prob)
    if one.right:
        return f"{report.labels[one.target]} ({percent(one.prob)})"
    return gallery.answer_words(data, one.index, report.labels[one.predicted], one.prob)
