"""The panel of a background job: where it stands, time left, Stop; it follows the job, not the session."""

import time
from collections.abc import Callable, Mapping

import streamlit as st

from core import jobs
from core.errors import NotFound, PlaygroundError
from ui import visitor
from ui.words import count, literal

_WORDS = {
    "queued": "Waiting",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Stopped",
    "interrupted": "Interrupted",
}


def watched() -> "jobs.Job | None":
    """The job that this visitor watches, from the link or the session; None where there is none of theirs."""
    job_id = visitor.job()
    if not job_id:
        return None
    try:
        return jobs.get(job_id, visitor.owner())
    except NotFound:
        visitor.watch(None)
        return None


def panel(job: "jobs.Job", draw: Callable[["jobs.Job"], None], phases: Mapping[str, str] | None = None) -> None:
    """Follow ``job`` until it ends: progress, Stop, and ``draw(job)`` for the live figures.

    ``phases`` says how the phases in the job's progress are called on the page.

    The timer runs only while the job does; when it ends the whole page runs once more, to show the result.
    """

    def poll() -> None:
        now = jobs.get(job.id, job.owner)
        _headline(now, phases or {})
        draw(now)
        if job.active and not now.active:
            st.rerun()

    st.fragment(poll, run_every=0.5 if job.active else None)()


def _headline(job: "jobs.Job", phases: Mapping[str, str]) -> None:
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    bar.progress(min(max(job.fraction, 0.0), 1.0), text=_standing(job, phases))
    if job.active:
        stop.button("Stop", icon=":material/stop_circle:", key="job.stop", on_click=_stop, args=(job,), width="stretch")
    elif job.restartable:
        stop.button("Restart", key="job.restart", on_click=_restart, args=(job,), width="stretch")
    if job.error:
        st.error(literal(job.error), icon=":material/error:")


def _standing(job: "jobs.Job", phases: Mapping[str, str]) -> str:
    """Where the job stands, in words: state, phase, time left."""
    words = [_WORDS[job.state]]
    if job.state == "queued":
        words.append(f"{count(job.ahead, 'job')} ahead of you" if job.ahead else "you are next")
    if job.active and (phase := job.progress.get("phase")):
        words.append(literal(phases.get(phase, str(phase))))
    if job.state == "running" and (left := time_left(job.progress, time.time())) is not None:
        words.append(f"about {left:.0f} s left")
    return " · ".join(words)


def time_left(progress: dict, now: float) -> float | None:
    """Seconds until the end if it goes on at the pace so far; None while that cannot be told."""
    fraction, started = progress.get("fraction", 0.0), progress.get("started")
    if not started or fraction < 0.05:
        return None
    return (now - started) * (1 - fraction) / fraction


def _stop(job: "jobs.Job") -> None:
    jobs.stop(job.id, job.owner)


def _restart(job: "jobs.Job") -> None:
    try:
        jobs.restart(job.id, job.owner)
    except PlaygroundError as error:
        st.session_state["job.trouble"] = str(error)
