"""Transfer learning: labelled examples in, a fine-tuned model out, with an honest report and a zip to take home."""

from typing import Any

import streamlit as st

from core import jobs
from core.finetuning import JOB, STRATEGIES, STRATEGIES_BY_NAME, shelf, spool, takehome
from core.finetuning import job as finetuning_job
from core.finetuning.report import Report, read_report
from core.finetuning.run import PHASES
from core.models import cards_for
from core.params import params_of
from core.plots import finetuning as plots
from ui import figures, finetuned, frame, labelled, living, params, resources, source, visitor
from ui import jobs as job_panel
from ui.labelled import Chosen
from ui.words import literal, percent

TASKS = {"image": ("image-classification", "base"), "text": ("text-encoding", "text_base")}
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
            request = controls(chosen.data.kind if chosen else "image")
        with start_place:
            start(request, chosen, fit=fit, job=job)
    if job is not None:
        with run_place:
            show_run(job)
    job_panel.runs(JOB, job)
    frame.account()


def current_job() -> "jobs.Job | None":
    """The run that the link or the session names, else the visitor's newest one."""
    watched = job_panel.watched()
    if watched is not None and watched.entry == JOB:
        return watched
    if not (owner := visitor.known_owner()):
        return None
    return next((job for job in jobs.list_jobs(owner) if job.entry == JOB), None)


def controls(kind: str) -> dict[str, Any]:
    """Model, strategy and settings: what a job's parameters hold beside the title."""
    task, key = TASKS[kind]
    card = resources.model(task, key, cards_shown=cards_for(task))
    name = st.radio(
        "What learns",
        [strategy.name for strategy in STRATEGIES],
        format_func=lambda n: STRATEGIES_BY_NAME[n].title,
        captions=[strategy.trains for strategy in STRATEGIES],
        key="strategy",
        bind="query-params",
    )
    settings = params.form(params_of(STRATEGIES_BY_NAME[name].settings[kind]), f"{name}.{kind}")
    return {"base": card.slug, "strategy": name, "settings": settings}


def start(request: dict[str, Any], chosen: Chosen | None, *, fit: bool, job: "jobs.Job | None") -> None:
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
        title = own_title(f"{chosen.title}, {request['strategy']}", owner)
        job_id = jobs.submit(JOB, {**request, "title": title}, owner, spool.spool(chosen.data))
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
        job_panel.panel(job, draw_live, WORDS)
        return
    report = read_report(job.folder)
    if report is None:
        job_panel.panel(job, lambda _: None, WORDS)
        if not job.error:
            st.caption("It was stopped before anything was learned, so there is no model.")
        return
    show_report(job, report)


def draw_live(job: "jobs.Job") -> None:
    """Curves and figures while it learns."""
    history = job.progress.get("history") or []
    speed = job.progress.get("examples_per_second")
    if speed:
        st.caption(f"{speed:,.0f} examples per second")
    if not history:
        st.skeleton(height=240)
        return
    loss, right = st.columns(2, gap="medium")
    last = history[-1]
    with loss:
        living.show(plots.loss_curves(history), "transfer.loss", f"Validation loss {last['val_loss']:.2f}")
    with right:
        said = f"Validation accuracy {last['val_accuracy']:.0%}"
        living.show(plots.accuracy_curves(history), "transfer.accuracy", said)


def show_report(job: "jobs.Job", report: Report) -> None:
    """What the model learned and what it did not."""
    if report.stopped:
        st.caption(":material/info: Stopped early; the best state so far was kept.")
    accuracy, interval, majority, f1 = st.columns(4)
    accuracy.metric("Right", percent(report.accuracy), help=f"Of {report.held_out} examples it never learned from.")
    interval.metric("95 % interval", f"{100 * report.low:.0f} to {100 * report.high:.0f} %")
    majority.metric("Majority class", percent(report.majority_accuracy), help="Always answering the commonest class.")
    f1.metric("Macro-F1", f"{report.macro_f1:.2f}", help="The mean of the classes' F1: rare classes count as much.")
    figures.show(plots.accuracy(report), "transfer.interval", report.verdict)
    links(job, report)
    wrong, says, classes, curves, code = st.tabs(
        ["Mistakes", "What this says", "Classes", "How it learned", "The code that ran"],
        key="transfer.tabs",
        on_change="rerun",
    )
    if wrong.open:
        with wrong:
            finetuned.mistakes(job, report)
    if says.open:
        with says:
            st.write(literal(plots.describe(report)))
            st.write(literal(report.how))
    if classes.open:
        with classes:
            st.dataframe(finetuned.class_table(report), hide_index=True)
    if curves.open:
        with curves:
            loss, right = st.columns(2, gap="medium")
            with loss:
                figure = plots.loss_curves(report.history, best_epoch=report.best_epoch)
                figures.show(figure, "transfer.final.loss", f"Kept epoch {report.best_epoch}")
            with right:
                figure = plots.accuracy_curves(report.history, best_epoch=report.best_epoch)
                figures.show(figure, "transfer.final.accuracy", f"Kept epoch {report.best_epoch}")
            learned = f"{report.trained_parameters:,} of {report.total_parameters:,} weights learned"
            st.caption(f"{learned} in {report.seconds['total']:.0f} s, seed {report.seed}.")
    if code.open:
        with code:
            source.show(finetuning_job.run)


def links(job: "jobs.Job", report: Report) -> None:
    """Where the new model can be used now, and the zip."""
    own = shelf.own_cards([job.folder])
    name = resources.in_link(own[0]) if own else ""
    on_pictures = report.kind == "image"
    query = {"model": name} if on_pictures else {"text_model": name}
    why = {"kind": "Picture" if on_pictures else "Text", **query}
    page, label = ("pages/vision.py", "Vision") if on_pictures else ("pages/nlp.py", "Language")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Take home",
            lambda: takehome.model_zip(job.folder / "result"),
            f"{takehome.file_name(report.title)}.zip",
            "application/zip",
            icon=":material/download:",
            help="Weights, configuration, model card and a script that predicts; loads anywhere.",
        )
        st.page_link(page, label=f"Try it on {label}", icon=":material/play_arrow:", query_params=query)
        st.page_link("pages/explainability.py", label="Explain it", icon=":material/visibility:", query_params=why)
    st.caption("Download it to keep it: this server removes runs after a while.")


main()
