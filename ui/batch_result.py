"""A run over a whole set: its progress and newest maps while it goes, its table, files and first maps afterwards."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core import jobs
from core.plots import coloured_words
from core.studies import batch_result
from core.studies.attribution_batch import CLASS, MAPS, TABLE
from core.studies.batch_result import Words
from ui import jobs as job_panel
from ui.words import count, literal, percent

PHASES = {"reading": "Reading the examples", "explaining": "Explaining", "packing": "Putting the files together"}
_MOST_MAPS = 12
_NEWEST = 6
_SIDE = 150  # pixels of a picture in the gallery
_HEIGHT = 320


def show(job: "jobs.Job") -> None:
    """The job as it stands."""
    what = "each example's own class" if job.params.get("explain") == CLASS else "the model's answers"
    network = job.params.get("network", "")
    st.markdown(f"**{literal(str(job.params.get('title', 'Your run')))}**")
    st.caption(f"{literal(str(network))} explains {what}.")
    if job.active:
        job_panel.panel(job, _live, PHASES)
        return
    table = batch_result.table(job.folder)
    if table is None or job.restartable or job.error:
        job_panel.panel(job, lambda _: None, PHASES)
    if table is None:
        if not job.error:
            st.caption("It was stopped before the first example was explained.")
        return
    _files(job, table)
    told = table.dropna(axis="columns", how="all")  # no gaps where the method promises no sum
    st.dataframe(told, hide_index=True, height=_HEIGHT, alt="One row per example: its answer and what speaks for it")
    _gallery(batch_result.maps(job.folder, _MOST_MAPS), table.to_dict("records"), len(table))


def _live(now: "jobs.Job") -> None:
    """How far it is, with the newest maps."""
    done = now.progress
    if "latest" not in done:
        return
    st.caption(f"{done['done']:,} of {done['total']:,} explained")
    rows: dict[int, Mapping[str, Any]] = dict(enumerate(done["latest"], start=done["done"] - len(done["latest"])))
    found = {row: one for row, one in batch_result.newest(now.folder, _NEWEST).items() if row in rows}
    if found:
        _maps(found, rows)
    else:
        st.dataframe(pd.DataFrame(done["latest"]), hide_index=True, alt="The newest examples")


def _files(job: "jobs.Job", table: pd.DataFrame) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, name, kind in (("Table, CSV", TABLE, "text/csv"), ("Maps, zip", MAPS, "application/zip")):
            file = job.folder / "result" / name
            if file.is_file():
                st.download_button(
                    label,
                    file.read_bytes,
                    name,
                    kind,
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"batch.file.{name}",
                )
        bad = len(table.dropna(subset=["problem"])) if "problem" in table.columns else 0
        st.caption(f"{count(len(table), 'example')}" + (f", {bad} could not be explained" if bad else ""))


def _gallery(found: dict[int, bytes | Words], rows: list[Any], total: int) -> None:
    if not found:
        return
    _maps(found, dict(enumerate(rows)))
    if total > len(found):
        st.caption(f"The first {len(found)} maps; the zip holds all, with their numbers.")


def _maps(found: dict[int, bytes | Words], rows: Mapping[int, Mapping[str, Any]]) -> None:
    """The maps side by side, each with what it explains."""
    with st.container(horizontal=True, gap="small"):
        for row, one in found.items():
            if isinstance(one, bytes):
                with st.container(width=_SIDE, gap="xsmall"):
                    st.image(one, width=_SIDE, alt=_alt(rows[row]))
                    st.caption(_caption(rows[row]))
    for row, one in found.items():
        if not isinstance(one, bytes):
            st.caption(_caption(rows[row]))
            st.html(coloured_words.coloured_words(one))


def _caption(row: Mapping[str, Any]) -> str:
    return literal(f"{row['explained']}, {percent(float(row['its probability']))}")


def _alt(row: Mapping[str, Any]) -> str:
    return f"{row['name']}: why {row['explained']}. Most for it: {row['most for']}"
