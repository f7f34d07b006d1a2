"""Loaded models, shared by all visitors and bounded in number; each carries its own lock (see core.models)."""

from typing import TYPE_CHECKING

import streamlit as st

from core import jobs
from core.errors import Unavailable
from core.finetuning import shelf
from core.models import MODELS, ModelCard, cards_for, hub
from ui import model_card, visitor
from ui.words import literal

if TYPE_CHECKING:
    from core.models.image_classifier import ImageClassifier
    from core.models.object_detector import ObjectDetector
    from core.models.painter import Painter
    from core.models.segmenter import Segmenter
    from core.models.text_classifier import TextClassifier
    from core.models.text_encoder import TextEncoder
    from core.models.text_generator import TextGenerator
    from core.models.token_classifier import TokenClassifier


@st.cache_resource(max_entries=4, show_spinner="Loading the network…")
def image_classifier(card: ModelCard) -> "ImageClassifier":
    """The picture model of ``card``, loaded once for everybody."""
    from core.models.image_classifier import ImageClassifier

    return ImageClassifier.load(card)


@st.cache_resource(max_entries=2, show_spinner="Loading the detector…")
def object_detector(card: ModelCard) -> "ObjectDetector":
    """The detector of ``card``, loaded once for everybody."""
    from core.models.object_detector import ObjectDetector

    return ObjectDetector.load(card)


@st.cache_resource(max_entries=3, show_spinner="Loading the segmenter…")
def segmenter(card: ModelCard) -> "Segmenter":
    """The segmenter of ``card``, loaded once for everybody."""
    from core.models.segmenter import Segmenter

    return Segmenter.load(card)


@st.cache_resource(max_entries=2, show_spinner="Loading the encoder…")
def text_encoder(card: ModelCard) -> "TextEncoder":
    """The sentence encoder of ``card``, loaded once for everybody."""
    from core.models.text_encoder import TextEncoder

    return TextEncoder.load(card)


@st.cache_resource(max_entries=3, show_spinner="Loading the classifier…")
def text_classifier(card: ModelCard) -> "TextClassifier":
    """The text classifier of ``card``, loaded once for everybody."""
    from core.models.text_classifier import TextClassifier

    return TextClassifier.load(card)


@st.cache_resource(max_entries=2, show_spinner="Loading the network…")
def token_classifier(card: ModelCard) -> "TokenClassifier":
    """The model of ``card`` that marks parts of a text, loaded once for everybody."""
    from core.models.token_classifier import TokenClassifier

    return TokenClassifier.load(card)


@st.cache_resource(max_entries=1, show_spinner="Loading the language model…")
def text_generator(card: ModelCard) -> "TextGenerator":
    """The language model of ``card``; one at a time, since it is the largest."""
    from core.models.text_generator import TextGenerator

    return TextGenerator.load(card)


@st.cache_resource(max_entries=1, show_spinner="Loading the painter…")
def painter(card: ModelCard) -> "Painter":
    """The text-to-image model of ``card``; it shares the sentence encoder with the other pages."""
    from core.models import MODELS_BY_SLUG
    from core.models.painter import READER, Painter

    reader = text_encoder(MODELS_BY_SLUG[READER])
    return Painter.load(card, reader.model, reader.tokenizer)


def cards(task: str) -> tuple[ModelCard, ...]:
    """What a visitor may pick for ``task``: the models they fine-tuned, newest first, then the catalog."""
    return (*own_cards(task), *cards_for(task))


def own_cards(task: str) -> tuple[ModelCard, ...]:
    """The finished models of this visitor's jobs that serve ``task``."""
    if not (owner := visitor.known_owner()):
        return ()
    finished = [job.folder for job in jobs.list_jobs(owner) if not job.active]
    return tuple(card for card in shelf.own_cards(finished) if card.task == task)


def model(task: str, key: str, *, cards_shown: tuple[ModelCard, ...] | None = None) -> ModelCard:
    """A picker over ``cards(task)``; its slug is the query parameter ``key``.

    Raises:
        Unavailable: the chosen model cannot be had on this machine now.
    """
    offered = {card.slug: card for card in cards_shown or cards(task)}
    slug = st.selectbox("Model", list(offered), format_func=lambda s: _title(offered[s]), key=key, bind="query-params")
    card = offered[slug]
    st.caption(literal(card.about))
    if card.shipped:
        model_card.show(card)
    if not hub.here(card) and not hub.online():
        raise Unavailable(hub.missing(card))
    return card


def in_link(card: ModelCard) -> str:
    """How a link names ``card``: a bound picker writes what it shows, not the slug."""
    return _title(card)


def _title(card: ModelCard) -> str:
    if hub.origin(card) == "yours":
        return f"{card.title} (yours)"
    return card.title if hub.here(card) else f"{card.title} (from the Hub)"


@st.cache_data(ttl=60, max_entries=1, show_spinner=False)
def catalog_table() -> list[dict[str, str | int]]:
    """The catalog as rows for a table: what it is for, where it comes from, how large it is."""
    where = {"package": "here, as a package", "cache": "here, in the cache", "Hub": "from the Hub"}
    return [
        {
            "Model": card.title,
            "For": card.task.replace("-", " "),
            "Where": where[hub.origin(card)],
            "MB": card.megabytes,
            "Licence": card.licence,
            "Revision": card.revision or card.revision_source,
        }
        for card in MODELS
    ]
