"""Before and after fine-tuning: one input through both models, and which of all inputs changed their reasons most."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from PIL import Image

from core import jobs
from core.attribution import METHODS_BY_NAME
from core.data.labelled import Labelled, LabelledTexts, label_words
from core.errors import PlaygroundError
from core.finetuning.report import Report, read_report
from core.studies.before_after import Comparison, compare
from core.studies.untuned import started_from, untuned
from ui import changed, comparison, mistakes, visitor
from ui.explaining import frozen
from ui.kept import of_this_session
from ui.stoppable import Stoppable
from ui.subject import Subject

INPUT = "before.input"
THIS = -1  # the page's own input; others are rows of the run's examples


@dataclass(frozen=True)
class Run:
    """A finished run of the visitor's: its job, what it reported, and its examples."""

    job: jobs.Job
    report: Report
    data: Labelled

    def example(self, row: int) -> Image.Image | str:
        """One of its examples."""
        return self.data.examples[row] if isinstance(self.data, LabelledTexts) else self.data.image(row)


def show(subject: Subject, chosen: Mapping[str, Mapping[str, Any]]) -> None:
    """The comparison, the marked region, and the ranking of the whole held-out part."""
    if subject.card.folder is None:
        st.write("This compares a model of your own with what it was before you trained it.")
        st.page_link("pages/transfer_learning.py", label="Fine-tune one", icon=":material/model_training:")
        return
    run = _run(subject)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = _input(subject, run)
        target = _target(subject, run, row)
        name = st.selectbox("By", list(chosen), key="before.method", width=240)
    example = subject.example if row == THIS else run.example(row)
    if (found := _compared(subject, run, example, name, chosen[name], target)) is not None:
        comparison.draw(subject, found, example)
    changed.show(run.job, run.report, run.data, subject.card, name, chosen[name], opens=INPUT)


def _run(subject: Subject) -> Run:
    """The run that made the subject's model.

    Raises:
        PlaygroundError: only the model is left of it.
    """
    owner = visitor.known_owner()
    mine = jobs.list_jobs(owner) if owner else []
    job = next((job for job in mine if job.folder / "result" / "model" == subject.card.folder), None)
    report = None if job is None else read_report(job.folder)
    if job is None or report is None:
        raise PlaygroundError("This model came without its examples, so there is no before to compare with.")
    return Run(job, report, mistakes.examples_of(job))


def _input(subject: Subject, run: Run) -> int:
    """The page's input or a held-out example, by its row."""
    rows = [answer.index for answer in run.report.answers]
    if st.session_state.get(INPUT) not in (THIS, *rows):
        st.session_state[INPUT] = rows[0] if rows else THIS

    def words(row: int) -> str:
        if row == THIS:
            return f"{subject.title}, as above"
        return f"{label_words(run.data, row)}: {run.data.names[row]}"

    return st.selectbox("Input", [THIS, *rows], format_func=words, key=INPUT, width=300)


def _target(subject: Subject, run: Run, row: int) -> int:
    """The class whose credit is compared: an example's own, unless the visitor asks for another."""
    first = subject.question.target if row == THIS else run.data.targets[row]
    labels = run.report.labels
    return st.selectbox(
        "Class",
        range(len(labels)),
        index=min(first, len(labels) - 1),
        format_func=labels.__getitem__,
        key=f"before.class.{row}.{first}",
        width=200,
    )


@st.cache_resource(max_entries=2, show_spinner="Putting the model before training together…", hash_funcs={Run: id})
def _before(key: str, _run: Run) -> Any:
    return untuned(started_from(_run.job.folder, _run.report), _run.data, _run.report)


def _compared(
    subject: Subject, run: Run, example: Image.Image | str, name: str, options: Mapping[str, Any], target: int
) -> Comparison | None:
    """Both explanations, kept or made now; None once the visitor has stopped them."""
    what = example if isinstance(example, str) else example.tobytes()
    key = ("before", run.job.id, name, frozen(options), target, frozen(what))
    line = Stoppable(key, "before")
    if (held := of_this_session().get(key)) is not None:
        return held
    if line.stopped:
        return None
    method, after = METHODS_BY_NAME[name], subject.question.classifier
    line.tell("Before", 0.0)
    before = _before(run.job.id, run)
    sides = iter(("Before", "After"))
    state = {"side": next(sides), "last": 0.0}

    def told(fraction: float, _: object) -> None:
        if fraction < state["last"]:
            state["side"] = "After"
        state["last"] = fraction
        line.tell(f"{name}, {state['side'].lower()}", fraction / 2 + 0.5 * (state["side"] == "After"))

    found = compare(before, after, example, method, target, report=told, **options)
    line.done()
    return of_this_session().put(key, found)
