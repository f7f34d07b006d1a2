"""Choosing a text model: zero-shot with labels of the visitor's choice, or a classifier of their own."""

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import streamlit as st

from core.data.texts import clean_label
from core.errors import PlaygroundError
from core.models import ModelCard
from ui import resources

if TYPE_CHECKING:
    from core.models.text_classifier import TextClassifier
    from core.models.text_encoder import TextEncoder

LABELS = "complaint, praise, question, news, advertising"
_MOST = 12
ENCODING = "text-encoding"


@dataclass(frozen=True)
class Ranked:
    """Labels, likeliest first, with their probabilities and class indices; ``seconds`` it took."""

    labels: tuple[str, ...]
    probs: tuple[float, ...]
    targets: tuple[int, ...]
    seconds: float


def picked_model(key: str = "text_model") -> ModelCard:
    """A picker over the visitor's own text classifiers, the sentence encoders and the catalog's classifiers.

    Raises:
        Unavailable: the chosen model cannot be had on this machine now.
    """
    own = resources.own_cards("text-classification")
    catalog = [card for card in resources.cards("text-classification") if card not in own]
    return resources.model("", key, cards_shown=(*own, *resources.cards(ENCODING), *catalog))


def classifier(card: ModelCard) -> "TextClassifier":
    """The classifier of ``card``; for a sentence encoder the labels are asked for.

    Raises:
        PlaygroundError: fewer than two labels.
    """
    if card.task != ENCODING:
        return resources.text_classifier(card)
    typed = st.text_input(
        "Labels, separated by commas", LABELS, key="labels", bind="query-params", help="Any words: nothing is trained."
    )
    labels = tuple(dict.fromkeys(filter(None, (clean_label(word) for word in typed.split(",")))))
    if not 2 <= len(labels) <= _MOST:
        raise PlaygroundError(f"Write 2 to {_MOST} different labels, separated by commas; there are {len(labels)}.")
    return _zero_shot(card, labels)


@dataclass(frozen=True)
class Near:
    """A sentence and how near its meaning is, as a cosine."""

    text: str
    cosine: float


def nearest(encoder: "TextEncoder", text: str, lines: tuple[str, ...], top: int = 6) -> list[Near]:
    """The ``top`` of ``lines`` whose meaning is nearest to ``text``, nearest first."""
    cosines = [float(c) for c in encoder.similarity([text], lines)[0]]
    return sorted((Near(line, c) for line, c in zip(lines, cosines, strict=True)), key=lambda n: -n.cosine)[:top]


def ranked(model: "TextClassifier", text: str) -> Ranked:
    """``model``'s answer to ``text``."""
    start = perf_counter()
    probs = [float(p) for p in model.predict([text])[0]]
    order = sorted(range(len(probs)), key=lambda i: -probs[i])
    return Ranked(
        tuple(model.labels[i] for i in order), tuple(probs[i] for i in order), tuple(order), perf_counter() - start
    )


def untrained(card: ModelCard, labels: tuple[str, ...], text: str) -> Ranked:
    """What the sentence encoder of ``card`` answers to ``text`` from the names of the labels alone."""
    return ranked(_zero_shot(card, tuple(labels)), text)


@st.cache_resource(max_entries=16, show_spinner=False)
def _zero_shot(card: ModelCard, labels: tuple[str, ...]) -> "TextClassifier":
    from core.models.text_classifier import zero_shot

    return zero_shot(resources.text_encoder(card), labels)
