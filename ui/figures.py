"""Showing a figure: the same quiet mode bar and a text for screen readers everywhere."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_CONFIG = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "svg"},
}


def show(figure: "Figure", key: str, alt: str) -> None:
    """Draw ``figure``; ``alt`` says in words what it shows, ``key`` keeps its zoom over reruns."""
    st.plotly_chart(figure, key=key, config=_CONFIG, alt=alt)


def clickable(figure: "Figure", key: str, alt: str, on_click: Callable[[Any], None]) -> None:
    """As `show`; a click on a point calls ``on_click`` with its ``customdata`` before the page runs again."""

    def picked() -> None:
        points = st.session_state[key].get("selection", {}).get("points", [])
        if points and (found := points[0].get("customdata")) is not None:
            on_click(found)

    st.plotly_chart(figure, key=key, config=_CONFIG, alt=alt, on_select=picked, selection_mode="points")
