"""How every figure looks: one template and the colours that carry meaning.

Text, background and grid colours are left to the page, which knows whether it is light or dark.
"""

from typing import Any

import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

FOR = "#D9772B"  # evidence for, and "the model's own"
AGAINST = "#3B6FB6"  # evidence against
CONTROL = "#8A90A0"  # controls, baselines, the past
CATEGORIES = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
)  # Okabe and Ito 2008
SEQUENTIAL = "Viridis"
DIVERGING = ((0.0, AGAINST), (0.5, "#F2F2F2"), (1.0, FOR))
DIVERGING_DARK = ((0.0, AGAINST), (0.5, "#20242E"), (1.0, FOR))

GRID = "rgba(138,144,160,0.25)"  # readable on white and on near-black

_AXIS = {
    "showline": False,
    "zeroline": False,
    "gridcolor": GRID,
    "gridwidth": 1,
    "ticks": "",
    "automargin": True,
}
TEMPLATE = go.layout.Template(
    layout=go.Layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis=_AXIS,
        yaxis=_AXIS,
        showlegend=False,
        colorway=CATEGORIES,
        hoverlabel={"align": "left"},
        uirevision="keep",
        transition={"duration": 0},
    )
)


def figure(*traces: BaseTraceType, height: int = 300, x: str = "", y: str = "", **layout: Any) -> go.Figure:
    """A figure in the house's look: ``x`` and ``y`` are axis titles with their unit, ``height`` in pixels."""
    # Given at once: the same through update_layout takes two to three times as long, and labs draw five times a second.
    made = go.Figure(data=list(traces), layout={"template": TEMPLATE, "height": height, **layout})
    if x:
        made.update_xaxes(title_text=x)
    if y:
        made.update_yaxes(title_text=y)
    return made


def rgba(colour: str, alpha: float) -> str:
    """``#RRGGBB`` with an opacity."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{alpha:g})"


def plain(text: str) -> str:
    """``text`` shown literally by plotly, which renders a small part of HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
