"""What a model that only knows emoji says of itself when it is shown a photo, and who knows photos."""

import streamlit as st

from core.models import ModelCard, cards_for, hub
from ui.words import literal


def of_photo(card: ModelCard, known: int, key: str) -> None:
    """One sentence, and where another model of the task knows photos, the way to it; ``key`` is the picker's."""
    if not (card.shipped or card.folder):
        return
    other = next((row for row in cards_for(card.task) if row.on_hub), None)
    row = st.container(horizontal=True, vertical_alignment="center")
    said = f"It knows {known} emoji; photos are new to it, so expect nonsense here."
    if other is None:
        row.info(said, icon=":material/info:")
    elif hub.here(other) or hub.online():
        row.info(said, icon=":material/info:")
        row.button(f"Use {other.title}", on_click=_use, args=(key, other), help=literal(other.about))
    else:
        row.info(
            literal(
                f"{said} {other.title} knows photos; it comes from the Hub, which cannot be reached from here now."
            ),
            icon=":material/info:",
        )


def _use(key: str, card: ModelCard) -> None:
    st.session_state[key] = card.slug
