"""Transfer learning: labelled examples in, a fine-tuned model out, with an honest report and a zip to take home."""

import streamlit as st

from core import jobs
from core import params as core_params
from core.data.labelled import Labelled
from core.errors import PlaygroundError
from core.finetuning import JOB, STRATEGIES, STRATEGIES_BY_NAME, export, shelf, spool
from core.finetuning import job as finetuning_job
from core.finetuning.report import Report, read_report
from core.finetuning.run import PHASES
from core.models import cards_for
from core.plots import finetuning as plots
from ui import figures, frame, labelled, living, params, resources, source, visitor
from ui import jobs as job_panel
from ui.labelled import Chosen
from ui.words import literal, percent

TASKS = {"image": ("image-classification", "base"), "text": ("text-encoding", "text_base")}
WORDS = {**PHASES, "done": "Finished"}


def main() -> None:
    """The page: the run on top, the examples under it, what to do in the sidebar."""
    frame.begin(__file__)
    run_place = st.container()
    job = current_job()
    chosen = None
    with st.expander("Examples", expanded=job is None, key="examples"), frame.plain_errors():
        chosen = labelled.choose()
        fit = labelled.show(chosen) if chosen else False
    with st.sidebar:
        controls(chosen, fit=bool(chosen) and fit, job=job)
    with run_place:
        if job is not None:
            show_run(job)
        else:
            st.caption("These are the examples. Press Fine-tune: the network learns their classes while you watch.")
    frame.account()


def current_job() -> "jobs.Job | None":
    """The run that the link or the session names, else the visitor's newest one."""
    watched = job_panel.watched()
    if watched is not None and watched.entry == JOB:
        return watched
    if not (owner := visitor.known_owner()):
        return None
    return next((job for job in jobs.list_jobs(owner) if job.entry == JOB), None)


def controls(chosen: Chosen | None, *, fit: bool, job: "jobs.Job | None") -> None:
    """Model, strategy, settings and the button."""
    kind = chosen.data.kind if chosen else "image"
    task, key = TASKS[kind]
    with frame.plain_errors():
        card = resources.model(task, key, cards_shown=cards_for(task))
        name = st.radio(
            "What learns",
            [strategy.name for strategy in STRATEGIES],
            format_func=lambda n: STRATEGIES_BY_NAME[n].title,
            captions=[strategy.trains for strategy in STRATEGIES],
            key="strategy",
            bind="query-params",
        )
        strategy = STRATEGIES_BY_NAME[name]
        settings_key = f"{strategy.name}.{kind}"
        settings = params.form(core_params.params_of(strategy.settings[kind]), settings_key)
        busy = job is not None and job.active
        pressed = st.button(
            "Fine-tune",
            type="primary",
            icon=":material/model_training:",
            width="stretch",
            disabled=not fit or busy,
            help="Your run is still going: stop it first." if busy else None,
            key="finetune",
        )
        if pressed and chosen:
            request = {"base": card.slug, "strategy": strategy.name, "settings": settings, "title": chosen.title}
            visitor.watch(jobs.submit(JOB, request, visitor.owner(), spool.spool(chosen.data)))
            st.rerun()
    st.caption("Runs in the background on this server. The page may be closed or reloaded meanwhile.")


def show_run(job: "jobs.Job") -> None:
    """The job while it runs, its report when it has ended."""
    st.subheader(literal(str(job.params.get("title", "Your run"))), anchor=False)
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
            mistakes(job, report)
    if says.open:
        with says:
            st.write(literal(plots.describe(report)))
            st.write(literal(report.how))
    if classes.open:
        with classes:
            st.dataframe(class_table(report), hide_index=True)
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
    slug = shelf.slug_of(job.folder)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Take home",
            lambda: export.export(job.folder / "result"),
            f"{export.file_name(report.title)}.zip",
            "application/zip",
            icon=":material/download:",
            help="Weights, configuration, model card and a script that predicts; loads anywhere.",
        )
        if report.kind == "image":
            page, label, query = "pages/vision.py", "Try it on Vision", {"model": slug}
            why = query
        else:
            page, label, query = "pages/nlp.py", "Try it on Language", {"text_model": slug}
            why = {"kind": "Text", **query}
        st.page_link(page, label=label, icon=":material/play_arrow:", query_params=query)
        st.page_link("pages/explainability.py", label="Explain it", icon=":material/visibility:", query_params=why)
    st.caption("Download it to keep it: this server removes runs after a while.")


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


main()
