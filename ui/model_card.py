"""The card of a model that we trained: what it learned from, how good it is, what it cannot do."""

import streamlit as st

from core.models import ModelCard, shipped
from ui.words import duration, literal, percent


def show(card: ModelCard) -> None:
    """A button that opens it."""
    with st.popover("Model card", icon=":material/id_card:"):
        facts = shipped.facts(card.shipped)
        st.markdown(f"**{literal(card.title)}**")
        for figure in facts.figures:
            st.write(figure_in_words(figure))
        for note in facts.notes:
            st.write(literal(note))
        st.caption(literal(f"Learned from {facts.data}, in {duration(facts.seconds)} on {facts.machine}."))
        st.caption(literal(card.limits))
        st.caption(f"Made again by `{facts.recipe}`")


def figure_in_words(figure: shipped.Figure) -> str:
    """A measured share, its interval, and what guessing gets."""
    return (
        f"{percent(figure.value)} {figure.measure} on {figure.count:,} {figure.what} "
        f"(95 % interval {percent(figure.low)} to {percent(figure.high)}; guessing {percent(figure.chance)})."
    )
