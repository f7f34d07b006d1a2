"""What a fine-tuned model learned and what it did not: figures first, then what they come from."""

import streamlit as st

from core import jobs
from core.finetuning import job as finetuning_job
from core.finetuning.report import Report
from core.plots import confusion, standing
from core.plots import finetuning as plots
from ui import figures, frame, mistakes, source, threshold
from ui.words import duration, literal, percent

_TABS = ["Mistakes", "What this says", "Classes", "Unknown", "How it learned", "The code that ran"]


def show(job: "jobs.Job", report: Report) -> None:
    """The whole report but its links."""
    if report.stopped:
        st.caption(":material/info: Stopped early; the best state so far was kept.")
    with st.container(horizontal=True, key="transfer.figures"):
        whole = " Right means that exactly its classes were given." if report.multi_label else ""
        _metric("Right", percent(report.accuracy), f"Of {report.held_out} examples it never learned from.{whole}")
        _metric("95 % interval", f"{100 * report.low:.0f}–{100 * report.high:.0f} %", "Wilson's, for so few examples.")
        _metric("Macro-F1", f"{report.macro_f1:.2f}", "The mean of the classes' F1: rare classes count as much.")
        _metric("Majority class", percent(report.majority_accuracy), "Always answering the commonest class.")
    figures.show(standing.standing(report), "transfer.interval", f"{report.verdict} {standing.says(report)}")


def tabs(job: "jobs.Job", report: Report) -> None:
    """What the figures come from, each opened when it is asked for."""
    opened = st.tabs(_TABS, key="transfer.tabs", on_change="rerun")
    parts = (
        lambda: mistakes.show(job, report),
        lambda: _says(report),
        lambda: st.dataframe(class_table(report), hide_index=True),
        lambda: threshold.show(job, report),
        lambda: _learning(report),
        lambda: source.show(finetuning_job.run),
    )
    for tab, draw in zip(opened, parts, strict=True):
        if tab.open:
            with tab, frame.plain_errors():
                draw()


def class_table(report: Report) -> list[dict[str, str | int]]:
    """The classes as rows of a table."""
    return [
        {
            "Class": row.label,
            "Examples": report.class_counts[k],
            "Held out": row.support,
            "Precision": "none predicted" if row.precision is None else percent(row.precision),
            "Recall": "none held out" if row.recall is None else percent(row.recall),
            "F1": "" if row.f1 is None else f"{row.f1:.2f}",
        }
        for k, row in enumerate(report.per_class)
    ]


def _metric(name: str, value: str, about: str) -> None:
    st.metric(name, value, help=about, width=150)


def _says(report: Report) -> None:
    st.write(literal(confusion.describe(report)))
    for control in report.controls:
        gain = f"{100 * control.gain_low:+.0f} to {100 * control.gain_high:+.0f}"
        proof = "" if control.gain_low > 0 else " That does not exclude that there is no gain."
        st.write(
            f"**{literal(control.title)}** gets {percent(control.accuracy)}. {literal(control.says)} This model's gain "
            f"over it is {gain} points (95 % interval, example by example).{proof}"
        )
    st.write(literal(report.how))


def _learning(report: Report) -> None:
    loss, right = st.columns(2, gap="medium")
    with loss:
        figure = plots.loss_curves(report.history, best_epoch=report.best_epoch)
        figures.show(figure, "transfer.final.loss", f"Kept epoch {report.best_epoch}")
    with right:
        figure = plots.accuracy_curves(report.history, best_epoch=report.best_epoch)
        figures.show(figure, "transfer.final.accuracy", f"Kept epoch {report.best_epoch}")
    learned = f"{report.trained_parameters:,} of {report.total_parameters:,} weights learned"
    begun = "random weights" if report.weights == "random" else literal(report.base_title)
    st.caption(f"From {begun}: {learned} in {duration(report.seconds['total'])}, seed {report.seed}.")
