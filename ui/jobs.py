"""The panel of a background job: where it stands, time left, Stop, Restart; it follows the job, not the session."""

import html
import time
from collections.abc import Callable, Mapping

import streamlit as st

from core import jobs
from core.errors import NotFound, PlaygroundError
from ui import visitor
from ui.words import count, duration, literal

_WORDS = {
    "queued": "Waiting",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Stopped",
    "interrupted": "Interrupted",
}
_TROUBLE = "job.trouble"
# Screen readers say it when it changes; the bar beside it shows it to everybody else.
_ALOUD = '<div role="status" aria-live="polite" style="position:absolute;width:1px;height:1px;overflow:hidden">{}</div>'


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

    The timer runs only while the job does; when it ends, or begins again, the whole page runs once more.
    """

    def poll() -> None:
        try:
            now = jobs.get(job.id, job.owner)
        except NotFound:  # removed, in another tab perhaps
            visitor.watch(None)
            st.rerun()
        _headline(now, phases or {})
        draw(now)
        if job.active != now.active:
            st.rerun()

    st.fragment(poll, run_every=0.5 if job.active else None)()


def without_model(job: "jobs.Job") -> str:
    """What to say of a job that was stopped and left no result."""
    if job.resumable:
        return "It was stopped before it could put a model together: Restart continues from what it had learned."
    return "It was stopped before anything was learned, so there is no model."


def runs(entry: str, shown: "jobs.Job | None") -> None:
    """The visitor's jobs of ``entry``, newest first, each to be opened or removed; nothing where there are none."""
    owner = visitor.known_owner()
    mine = [job for job in jobs.list_jobs(owner) if job.entry == entry] if owner else []
    if trouble := st.session_state.pop(_TROUBLE, None):
        st.error(literal(trouble), icon=":material/error:")
    if not mine:
        return
    with st.expander(f"Your runs ({len(mine)})", key="runs"):
        for job in mine:
            _run(job, open_now=shown is not None and job.id == shown.id)


def _run(job: "jobs.Job", *, open_now: bool) -> None:
    title = str(job.params.get("title", "")) or "Run"
    with st.container(horizontal=True, vertical_alignment="center", key=f"run.{job.id}"):
        ago = duration(time.time() - job.created)
        st.markdown(f"{literal(title)}  \n:small[{_standing(job, {})} · begun {ago} ago]", width="stretch")
        st.button(
            "Open", key=f"run.open.{job.id}", help=f"Open {title}", disabled=open_now, on_click=_open, args=(job,)
        )
        st.button(
            "Remove",
            key=f"run.remove.{job.id}",
            help="Stop it first." if job.active else f"Remove {title} with its model and examples",
            disabled=job.active,
            on_click=_remove,
            args=(job,),
        )


def _headline(job: "jobs.Job", phases: Mapping[str, str]) -> None:
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(job.fraction, text=_standing(job, phases) + _left(job))
    if job.active:
        button.button(
            "Stop",
            icon=":material/stop_circle:",
            key="job.stop",
            on_click=_stop,
            args=(job,),
            disabled=job.stopping,
            help="Ends it and keeps the best so far.",
            width="stretch",
        )
    elif job.restartable:
        button.button(
            "Restart",
            icon=":material/replay:",
            key="job.restart",
            on_click=_restart,
            args=(job,),
            help="Continues from what was saved." if job.resumable else "Begins again; nothing had been saved.",
            width="stretch",
        )
    st.html(_ALOUD.format(html.escape(_standing(job, phases))))
    if job.state == "running" and job.attempts > 1 and not job.stopping:
        st.caption(":material/info: It was interrupted and has gone on from what was saved.")
    if job.error:
        broken = job.state in ("failed", "interrupted")
        (st.error if broken else st.info)(literal(job.error), icon=f":material/{'error' if broken else 'info'}:")
    if trouble := st.session_state.pop(_TROUBLE, None):
        st.error(literal(trouble), icon=":material/error:")


def _standing(job: "jobs.Job", phases: Mapping[str, str]) -> str:
    """Where the job stands, in words: state, place in the queue, phase."""
    words = ["Stopping, the best so far is kept" if job.active and job.stopping else _WORDS[job.state]]
    if job.state == "queued":
        words.append(f"{count(job.ahead, 'job')} ahead of you" if job.ahead else "you are next")
    elif job.active and (phase := job.progress.get("phase")):
        words.append(literal(phases.get(phase, str(phase))))
    return " · ".join(words)


def _left(job: "jobs.Job") -> str:
    if job.state != "running" or job.stopping or (left := time_left(job.progress, time.time())) is None:
        return ""
    return f" · about {duration(left)} left"


def time_left(progress: dict, now: float) -> float | None:
    """Seconds until the end if it goes on at the pace so far; None while that cannot be told."""
    fraction, started = progress.get("fraction", 0.0), progress.get("started")
    if not started or fraction < 0.05:
        return None
    return (now - started) * (1 - fraction) / fraction


def _stop(job: "jobs.Job") -> None:
    _try(jobs.stop, job)


def _restart(job: "jobs.Job") -> None:
    _try(jobs.restart, job)


def _open(job: "jobs.Job") -> None:
    visitor.watch(job.id)


def _remove(job: "jobs.Job") -> None:
    _try(jobs.remove, job)
    if visitor.job() == job.id:
        visitor.watch(None)


def _try(act: Callable[[str, str], None], job: "jobs.Job") -> None:
    """Do it, or have the next drawing say why not."""
    try:
        act(job.id, job.owner)
    except PlaygroundError as error:
        st.session_state[_TROUBLE] = str(error)
