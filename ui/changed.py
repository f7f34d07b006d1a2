"""The whole held-out part, ranked by how much fine-tuning changed the reasons: a job, and what it has found."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core import jobs
from core.data.labelled import Labelled, LabelledImages
from core.errors import PlaygroundError
from core.finetuning.report import Report
from core.models import ModelCard
from core.plots import difference
from core.studies import changed_reasons
from core.studies.changed_reasons import CHANGED, Changed
from ui import figures, frame, strip, visitor
from ui import jobs as job_panel
from ui.inputs import thumbnail
from ui.words import count

PHASES = {"reading": "Reading the examples", "comparing": "Comparing reasons"}
_TROUBLE = "changed.trouble"
_MOST = 12


def show(
    job: "jobs.Job",
    report: Report,
    data: Labelled,
    card: ModelCard,
    name: str,
    options: Mapping[str, Any],
    *,
    opens: str,
) -> None:
    """The button, the job while it runs, and the ranking; a click puts a row into the state called ``opens``."""
    st.markdown("**Which reasons changed most?**")
    owner = visitor.owner()
    params = {"of": job.id, "method": name, "settings": dict(options), "title": f"Changed reasons, {name}"}
    same = ("of", "method", "settings")
    made = next(
        (
            one
            for one in jobs.list_jobs(owner)
            if one.entry == CHANGED and all(one.params.get(k) == params[k] for k in same)
        ),
        None,
    )
    if made is None:
        held_out = len(report.answers)
        st.button(
            f"Compare all {held_out} held-out examples",
            icon=":material/compare:",
            key="changed.start",
            on_click=_start,
            args=(params, owner, card, report, job),
        )
        with frame.plain_errors():
            if trouble := st.session_state.pop(_TROUBLE, None):
                raise PlaygroundError(trouble)
        return
    if made.active or made.restartable:
        job_panel.panel(made, lambda now: _live(now, data, opens) if made.active else None, PHASES)
    if not made.active and (changes := _found(made)):
        _ranking(changes, data, made, opens)


def _start(params: dict[str, Any], owner: str, card: ModelCard, report: Report, job: "jobs.Job") -> None:
    try:
        jobs.submit(CHANGED, params, owner, changed_reasons.files(card, report, job.folder))
    except PlaygroundError as error:
        st.session_state[_TROUBLE] = str(error)


def _found(made: "jobs.Job") -> tuple[Changed, ...]:
    if not (made.folder / "result" / changed_reasons.DONE).is_file():
        return ()
    return changed_reasons.read(made.folder)


def _live(now: "jobs.Job", data: Labelled, opens: str) -> None:
    done = now.progress
    if "most" not in done:
        return
    st.caption(f"{done['done']} of {done['total']} compared, {count(done['flipped'], 'answer')} changed")
    _most([(one["row"], one["change"]) for one in done["most"]], data, opens)


def _ranking(changes: Sequence[Changed], data: Labelled, made: "jobs.Job", opens: str) -> None:
    st.write(changed_reasons.summary(changes))
    left, right = st.columns([1, 1.3], gap="medium")
    with left:

        def open_(row: Any) -> None:
            if 0 <= int(row) < len(data):
                st.session_state[opens] = int(row)

        figures.clickable(
            difference.chances(changes, data.labels), "changed.chances", changed_reasons.summary(changes), open_
        )
        st.caption("Each mark is a held-out example; a cross changed its answer. Click one to open it above.")
    with right:
        _most([(one.row, one.change) for one in changes[:_MOST]], data, opens)
        file = made.folder / "result" / changed_reasons.TABLE
        if file.is_file():
            st.download_button(
                "All of them, CSV",
                file.read_bytes,
                changed_reasons.TABLE,
                "text/csv",
                icon=":material/download:",
                key="changed.csv",
            )


def _most(some: Sequence[tuple[int, float | None]], data: Labelled, opens: str) -> None:
    """The most changed, to be opened by a click."""
    rows = [row for row, _ in some]

    def pick(slug: str) -> None:
        st.session_state[opens] = int(slug)

    if isinstance(data, LabelledImages):
        items = [
            (str(row), f"{_words(change)} {data.names[row]}", thumbnail(data.examples[row])) for row, change in some
        ]
        strip.choose("The most changed", items, str(st.session_state.get(opens)), key="changed.strip", on_pick=pick)
        st.caption("The most changed first: 0 the same order of places, 1 unrelated, 2 turned around.")
        return

    def picked() -> None:
        if chosen := st.session_state["changed.texts"]["selection"]["rows"]:
            pick(str(rows[chosen[0]]))

    table = pd.DataFrame(
        {
            "Changed": [_words(change) for _, change in some],
            "Class": [data.labels[data.targets[row]] for row in rows],
            "Text": [data.examples[row][:200] for row in rows],
        }
    )
    st.dataframe(table, hide_index=True, key="changed.texts", on_select=picked, selection_mode="single-row", height=320)
    st.caption("Tick a row to open it above.")


def _words(change: float | None) -> str:
    return "flat" if change is None else f"{change:.2f}"
