"""What is explained on the page: its question, how its maps are drawn, told, listed and walked along."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st
from PIL import Image

from core.attribution import Kind
from core.attribution.describe import describe_picture, describe_words
from core.attribution.long_text import Chunk
from core.attribution.metrics import deletion, text_deletion
from core.attribution.metrics.base import Curve, Erased
from core.attribution.metrics.scrubbing import picture_at, words_at
from core.attribution.regions import GRID, ranked_regions
from core.attribution.result import Explained
from core.models import ModelCard
from core.plots import coloured_words
from ui.explaining import Question
from ui.look import Look

if TYPE_CHECKING:
    from ui.explaining import Curves


@dataclass(frozen=True)
class Judged:
    """A result with its settings and, unless the visitor stopped before, its curves."""

    explained: Explained
    options: Mapping[str, Any]
    curves: "Curves"


@dataclass(frozen=True)
class Subject(ABC):
    """One input, one model, one class.

    Attributes:
        title: what the input is called.
        example: the picture, upright and whole, or the text.
        answers: the likeliest classes with their probabilities.
        look: how maps are drawn.
        plan: the settings of the curves.
        control: which control the curves are compared with.
    """

    question: Question
    title: str
    example: Image.Image | str
    answers: tuple[tuple[str, float], ...]
    look: Look
    plan: dict[str, Any]
    control: str

    kind: Kind = "image"
    caveat: str = ""
    seen: Image.Image | None = None  # the picture as the model sees it

    @property
    def card(self) -> ModelCard:
        """The model."""
        return self.question.classifier.card

    @abstractmethod
    def draw(self, one: Explained, scale: float | None = None) -> None:
        """Show a map; ``scale`` is the value in full colour, None takes the map's own."""

    @abstractmethod
    def describe(self, one: Explained) -> str:
        """A map in two sentences."""

    @abstractmethod
    def parts(self, one: Explained) -> list[dict[str, Any]]:
        """A map as rows of a table, strongest first."""

    @abstractmethod
    def at(self, one: Explained, kind: Erased, curve: Curve, step: int) -> None:
        """Show the input at a step of a curve."""


@dataclass(frozen=True)
class PictureSubject(Subject):
    """A picture; ``seen`` is given."""

    kind: Kind = "image"
    caveat: str = deletion.CAVEAT

    def draw(self, one: Explained, scale: float | None = None) -> None:
        assert self.seen is not None
        st.image(self.look.picture(self.seen, one, scale).image, width="stretch", alt=self.describe(one))

    def describe(self, one: Explained) -> str:
        return describe_picture(one.method, one.values, self.question.label)

    def parts(self, one: Explained) -> list[dict[str, Any]]:
        """The 49 regions, most evidence for the class first.

        Values that add up to a change in the logit are summed over a region, others averaged over its pixels.
        """
        unit, divisor = ("logits", 1.0) if one.gap else ("mean", one.values.size / GRID**2)
        return [
            {
                "where": r.place,
                "row": r.row,
                "column": r.column,
                unit: round(r.value / divisor, 4),
                "share": round(r.share, 4),
            }
            for r in ranked_regions(one.values)
        ]

    def at(self, one: Explained, kind: Erased, curve: Curve, step: int) -> None:
        asked, classifier = self.question, self.question.classifier
        shown = picture_at(classifier, asked.inputs, one.values, deletion.Plan(**self.plan), kind, step)
        st.image(classifier.denormalise(shown), width="stretch", alt=f"{self.title}, step {step} of the {kind}")


@dataclass(frozen=True)
class TextSubject(Subject):
    """A text, or the ``current`` one of the ``pieces`` of a longer one."""

    kind: Kind = "text"
    caveat: str = text_deletion.CAVEAT
    pieces: tuple[Chunk, ...] = ()
    current: int = 0

    def draw(self, one: Explained, scale: float | None = None) -> None:
        st.html(self.look.words(one, scale))

    def describe(self, one: Explained) -> str:
        return describe_words(one.method, one.words, self.question.label)

    def parts(self, one: Explained) -> list[dict[str, Any]]:
        """The words, most evidence for the label first."""
        ranked = sorted(one.words, key=lambda word: -word.value)
        return [{"word": word.text, "logits": round(word.value, 4), "tokens": word.tokens} for word in ranked]

    def at(self, one: Explained, kind: Erased, curve: Curve, step: int) -> None:
        hidden = words_at(one.values.tolist(), curve.fractions[step], kind)
        shown = zip(one.words, hidden, strict=True)
        st.html(coloured_words.coloured_words([("▁" * len(w.text), 0.0) if h else (w.text, w.value) for w, h in shown]))
