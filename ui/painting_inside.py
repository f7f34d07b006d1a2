"""Looking into how words become a picture: the same noise with other guidance, fewer words, other words."""

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.models import ModelCard
from ui.painted import WIDTH, Film, drawn, enlarged
from ui.words import literal, percent

if TYPE_CHECKING:
    from core.models.painter import Painter, Painting

GUIDANCES = (0.0, 1.0, 3.0, 6.0)
BETWEEN, NARROW = 6, 112
OTHER, LONGEST = "house", 120


def show(painter: "Painter", card: ModelCard, caption: str, painting: "Painting") -> None:
    """Other guidance, single words left out, the way to other words; all from one noise."""
    st.subheader("Same noise, other guidance", anchor=False)
    with st.container(horizontal=True):
        for value in GUIDANCES:
            film = drawn(painter, card, (caption,), replace(painting, guidance_scale=value), f"guided.{value:g}")
            _one(film, f"guidance {value:g}")
    words = caption.split()[:5]
    if len(words) > 1:
        st.subheader("Same noise, one word left out", anchor=False)
        with st.container(horizontal=True):
            for at, word in enumerate(words):
                rest = " ".join(words[:at] + words[at + 1 :])
                _one(drawn(painter, card, (rest,), painting, f"without.{at}"), f"without “{word}”")
    _way(painter, card, caption, painting)


def _way(painter: "Painter", card: ModelCard, caption: str, painting: "Painting") -> None:
    """From these words to others: what the network makes of what lies between."""
    st.subheader("Same noise, on the way to other words", anchor=False)
    other = st.text_input("Other words", OTHER, key="caption.to", max_chars=LONGEST)
    if not other.strip():
        return
    film = drawn(painter, card, (caption, other.strip()), painting, "between", between=BETWEEN)
    if film:
        with st.container(horizontal=True):
            for at, image in enumerate(film[-1].guess):
                share = at / (BETWEEN - 1)
                with st.container(width=NARROW):
                    words = percent(share) if 0 < share < 1 else literal((caption, other)[round(share)])
                    st.image(enlarged(image), width=NARROW, alt=f"{share:.0%} of the way to {other}")
                    st.caption(words)


def _one(film: Film, words: str) -> None:
    if film:
        with st.container(width=WIDTH):
            st.image(enlarged(film[-1].guess[0]), width=WIDTH, alt=f"The picture with {words}")
            st.caption(literal(words))
