"""A run while it learns: curves, speed, and the examples that it gets wrong right now."""

import streamlit as st

from core import jobs
from core.errors import PlaygroundError
from core.plots import finetuning as plots
from ui import gallery, living, mistakes
from ui.words import count


def draw(job: "jobs.Job") -> None:
    """Everything below the progress bar; called twice a second, so it redraws in place."""
    progress = job.progress
    history = progress.get("history") or []
    if not history:
        st.caption(_speed(progress) or "The curves begin with the first pass over the examples.")
        st.skeleton(height=240)
        return
    last = history[-1]
    st.caption(" · ".join(filter(None, (f"epoch {last['epoch']}", _speed(progress)))))
    loss, right = st.columns(2, gap="medium")
    with loss:
        living.show(plots.loss_curves(history), "transfer.loss", f"Validation loss {last['val_loss']:.2f}")
    with right:
        said = f"Validation accuracy {last['val_accuracy']:.0%}"
        living.show(plots.accuracy_curves(history), "transfer.accuracy", said)
    _wrong_now(job)


def _speed(progress: dict) -> str:
    speed = progress.get("examples_per_second")
    return f"{speed:,.0f} examples per second" if speed else ""


def _wrong_now(job: "jobs.Job") -> None:
    wrong = job.progress.get("wrong")
    if wrong is None:
        return
    st.markdown(
        f"**Wrong right now** · {count(len(wrong), 'validation example')}{', surest first' if len(wrong) > 1 else ''}"
        if wrong
        else "**Wrong right now** · none of the validation examples"
    )
    try:
        data = mistakes.examples_of(job)
    except PlaygroundError:  # removed while it runs: the curves go on without them
        return
    told = [
        (row, gallery.answer_words(data, row, data.labels[guess], prob))
        for row, guess, prob in wrong
        if 0 <= row < len(data) and 0 <= guess < len(data.labels)
    ]
    gallery.show(data, told, "transfer.wrong", "Validation examples that are wrong right now")
