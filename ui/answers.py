"""How an answer is told: its headline, "unknown" where a fine-tuned model is not sure, and what its base would say."""

from collections.abc import Sequence

import streamlit as st
from PIL import Image

from core.models import ModelCard, own
from core.plots import bars
from ui import figures, frame, language, resources
from ui.words import literal, percent

_LIKELY = 0.5  # of a class where several can fit


def headline(card: ModelCard, labels: Sequence[str], probs: Sequence[float], *, multi_label: bool = False) -> None:
    """The answer as a heading; "Unknown" where even the likeliest class is below the model's threshold.

    Where an input may have several classes, all that are likelier than not are named.
    """
    if probs[0] < card.unknown_below:
        st.header("Unknown", anchor=False)
        least = percent(card.unknown_below)
        st.caption(f"{literal(labels[0])} is likeliest with {percent(probs[0])}; this model answers from {least} on.")
    elif multi_label:
        given = [literal(label) for label, prob in zip(labels, probs, strict=True) if prob >= _LIKELY]
        st.header(", ".join(given) or "None of its classes", anchor=False)
        st.caption("Each class is judged by itself, so several can fit, or none.")
    else:
        st.header(f"{literal(labels[0])}, {percent(probs[0])}", anchor=False)


def beside_base_of_pictures(card: ModelCard, image: Image.Image, top: int) -> None:
    """For a fine-tuned model: what it and the model that it started from answer to the same picture."""
    if (base := own.base_of(card)) is None or not _wanted(base):
        return
    with frame.plain_errors():
        sides = [(one, resources.image_classifier(one).predict(image, top=top)) for one in (card, base)]
        _side_by_side([(one, answer.labels, answer.probs) for one, answer in sides])
        st.caption(f"The base chooses among {len(resources.image_classifier(base).labels):,} classes of its own.")


def beside_base_of_texts(card: ModelCard, text: str) -> None:
    """For a fine-tuned model: what it and its base answer; the base compares the text with the names of the classes."""
    if (base := own.base_of(card)) is None or not _wanted(base):
        return
    with frame.plain_errors():
        tuned = resources.text_classifier(card)
        sides = [(card, language.ranked(tuned, text)), (base, language.untrained(base, tuned.labels, text))]
        _side_by_side([(one, answer.labels, answer.probs) for one, answer in sides])
        st.caption("The base never learned these classes: it only compares the text with their names.")


def _wanted(base: ModelCard) -> bool:
    return st.toggle(
        "Compare with its base",
        key="beside_base",
        bind="query-params",
        help=f"What {base.title} answers, the model that this one started from.",
    )


def _side_by_side(sides: Sequence[tuple[ModelCard, Sequence[str], Sequence[float]]]) -> None:
    for at, (column, (card, labels, probs)) in enumerate(zip(st.columns(2, gap="medium"), sides, strict=True)):
        with column:
            st.markdown(f"**{literal(card.title)}**")
            figures.show(bars.bars(labels, probs), f"answers.{at}", f"{card.title}: {bars.in_words(labels, probs)}")
