"""Showing a figure: the same quiet mode bar and a text for screen readers everywhere."""

from typing import TYPE_CHECKING

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
