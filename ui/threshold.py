"""The least probability for an answer: below it the model says "unknown"; kept on the model's card."""

from pathlib import Path

import streamlit as st

from core import jobs
from core.errors import PlaygroundError
from core.finetuning import threshold
from core.finetuning.report import Report
from core.models import own
from core.plots import coverage
from ui import figures
from ui.words import percent

_TROUBLE = "transfer.unknown.trouble"


def show(job: "jobs.Job", report: Report) -> None:
    """The slider with what it costs on the held-out examples.

    Raises:
        PlaygroundError: the model is gone, or could not be changed.
    """
    folder = job.folder / "result" / "model"
    held = own.read_card(folder).unknown_below
    if trouble := st.session_state.pop(_TROUBLE, None):
        raise PlaygroundError(trouble)
    key = f"transfer.unknown.{job.id}"
    choice, curve = st.columns([1, 1.4], gap="medium")
    with choice:
        percents = st.slider(
            "Answer “unknown” below",
            0,
            98,
            round(100 * held),
            2,
            format="%d %%",
            key=key,
            on_change=_keep,
            args=(folder, key),
            help="A classifier must choose among its classes even where none fits. This lets it decline.",
        )
        now = threshold.coverage(report.answers, percents / 100)
        right = "none of them" if now.accuracy is None else f"{percent(now.accuracy)} of those right"
        st.write(f"Of {now.total} held-out examples {now.answered} get an answer, {right}.")
        st.caption("Kept with the model: Vision, Language and the script that you take home use it.")
    with curve:
        said = f"Answered {percent(now.share)}, {right}"
        figures.show(coverage.coverage(threshold.curve(report.answers), percents / 100), "transfer.coverage", said)


def _keep(folder: Path, key: str) -> None:
    try:
        own.set_threshold(folder, st.session_state[key] / 100)
    except PlaygroundError as error:
        st.session_state[_TROUBLE] = str(error)
