"""How maps are drawn: opacity, with or without sign, each on its own scale or all on one; numbers stay as they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
from PIL import Image

from core.attribution.result import Explained
from core.plots import coloured_words, heatmap

SMOOTH = 1.5  # pixels; for the eye only
_ONE_SCALE_HELP = (
    "The same colour then means the same number in every map. Only maps in the same unit can be compared by strength; "
    "a weak map may look empty."
)


@dataclass(frozen=True)
class Look:
    """The visitor's choices.

    Attributes:
        opacity: of the strongest colour over a picture, from 0 (the picture only) to 1.
        absolute: how much a place matters, without for and against.
        one_scale: the value drawn in full colour is the same in all maps that stand side by side.
    """

    opacity: float = 0.85
    absolute: bool = False
    one_scale: bool = False

    def picture(self, seen: Image.Image, one: Explained, scale: float | None = None) -> heatmap.Overlay:
        """A map over its picture; ``scale`` in the map's unit, None takes its own."""
        signed = one.method.signed and not self.absolute
        return heatmap.overlay(seen, one.values, signed=signed, opacity=self.opacity, scale=scale, smooth=SMOOTH)

    def words(self, one: Explained, scale: float | None = None) -> str:
        """A text with its words coloured, as safe HTML."""
        pairs = [(word.text, abs(word.value) if self.absolute else word.value) for word in one.words]
        return coloured_words.coloured_words(pairs, scale=scale)

    def common(self, maps: Sequence[Explained], strength: Callable[[Explained], float]) -> float | None:
        """The one scale of ``maps``; None where each has its own."""
        return max(map(strength, maps), default=None) if self.one_scale else None


def strongest(one: Explained) -> float:
    """The value that a map of its own draws in full colour."""
    if one.words:
        return max((abs(word.value) for word in one.words), default=0.0)
    return heatmap.drawn_scale(one.values, SMOOTH)


def knobs(kind: str) -> Look:
    """The controls, in an expander; opacity only where there is a picture below the map."""
    with st.expander("How maps are drawn", key="explain.look"):
        opacity = 0.85
        if kind == "image":
            opacity = st.slider("Opacity of the maps", 0.0, 1.0, 0.85, 0.05, key="opacity", bind="query-params")
        absolute = st.toggle(
            "Absolute", False, key="absolute", bind="query-params", help="How much a place matters, not for or against."
        )
        one = st.toggle("One scale for all maps", False, key="one_scale", bind="query-params", help=_ONE_SCALE_HELP)
    return Look(opacity, absolute, one)
