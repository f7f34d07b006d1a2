"""Transfer learning: labelled examples in, a fine-tuned model out, with an honest report and a zip to take home."""

import streamlit as st

from core import jobs
from core.finetuning import JOB, spool
from core.finetuning.report import read_report
from core.finetuning.run import PHASES
from ui import bring_back, finetuned, frame, labelled, live_training, take_home, training_choices, visitor
from ui import jobs as job_panel
from ui.labelled import Chosen
from ui.training_choices import Request
from ui.words import literal

WORDS = {**PHASES, "done": "Finished"}


def main() -> None:
    """The run on top, then the button and the examples; model, strategy and settings in the sidebar."""
    frame.begin(__file__)
    jobs.warm(JOB)
    run_place = st.container()
    start_place = st.container(horizontal=True, vertical_alignment="center")
    job = current_job()
    chosen, fit = None, False
    with st.expander("Examples", expanded=job is None, key="examples"), frame.plain_errors():
        if chosen := labelled.choose():
            fit = labelled.show(chosen)
    with frame.plain_errors():
        with st.sidebar:
            request = training_choices.request(*((chosen.data.kind, chosen.data) if chosen else ("image", None)))
        with start_place:
            start(request, chosen, fit=fit, job=job)
    if job is not None:
        with run_place:
            show_run(job)
    job_panel.runs(JOB, job)
    bring_back.show(busy=job is not None and job.active)
    frame.account()


def current_job() -> "jobs.Job | None":
    """The run that the link or the session names, else the visitor's newest one."""
    watched = job_panel.watched()
    if watched is not None and watched.entry == JOB:
        return watched
    if not (owner := visitor.known_owner()):
        return None
    return next((job for job in jobs.list_jobs(owner) if job.entry == JOB), None)


def start(request: Request, chosen: Chosen | None, *, fit: bool, job: "jobs.Job | None") -> None:
    """The button that submits the job."""
    busy = job is not None and job.active
    pressed = st.button(
        "Fine-tune",
        type="primary",
        icon=":material/model_training:",
        disabled=not fit or busy,
        help="Your run is still going: stop it first." if busy else None,
        key="finetune",
    )
    st.caption(
        "The network learns the classes below while you watch; the page may be closed or reloaded meanwhile."
        if job is None
        else "Starts a new run on the examples below."
    )
    if pressed and chosen:
        owner = visitor.owner()
        files = {**spool.spool(chosen.data), **spool.base_files(request.card)}
        title = own_title(f"{chosen.title}, {request.params['strategy']}", owner)
        job_id = jobs.submit(JOB, {**request.params, "title": title}, owner, files)
        visitor.watch(job_id)
        st.rerun()


def own_title(title: str, owner: str) -> str:
    """``title`` with a number where the visitor has a run of that name, since pickers tell models apart by it."""
    taken = {job.params.get("title") for job in jobs.list_jobs(owner)}
    return next(name for n in range(1, len(taken) + 2) if (name := f"{title} {n}" if n > 1 else title) not in taken)


def show_run(job: "jobs.Job") -> None:
    """The job while it runs, its report when it has ended."""
    st.header(literal(str(job.params.get("title", "Your run"))), anchor=False)
    if job.active:
        job_panel.panel(job, live_training.draw, WORDS)
        return
    report = read_report(job.folder)
    if report is None:
        job_panel.panel(job, lambda _: None, WORDS)
        if not job.error:
            st.caption(job_panel.without_model(job))
        return
    finetuned.show(job, report)
    take_home.links(job, report)
    finetuned.tabs(job, report)


main()
