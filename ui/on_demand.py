"""Work that takes seconds and is done only where a visitor asks for it."""

from collections.abc import Hashable

import streamlit as st


def asked(title: str, wanted: Hashable, key: str, *, icon: str) -> bool:
    """Whether the visitor asked for exactly ``wanted``; until then there is a button called ``title``."""
    held = f"{key}.asked"
    if st.session_state.get(held) == wanted:
        return True
    st.button(title, icon=icon, key=key, on_click=st.session_state.__setitem__, args=(held, wanted))
    return False
