"""A lesson in curves: the loss, and how well the new thing and the old ones are found."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.plots import theme

_LINES = (("new", "new thing", theme.FOR, "solid"), ("old", "old things", theme.CONTROL, "dot"))


def loss(history: Sequence[Mapping[str, float]], height: int = 220) -> go.Figure:
    """Training loss (cross-entropy, nats, running mean) by step."""
    made = theme.figure(height=height, x="Step", y="Loss")
    steps, values = [row["step"] for row in history], [row["loss"] for row in history]
    made.add_scatter(x=steps, y=values, mode="lines+markers", line={"color": theme.FOR, "width": 2.5})
    made.update_yaxes(rangemode="tozero")
    return made


def overlaps(history: Sequence[Mapping[str, float]], height: int = 220) -> go.Figure:
    """Mean intersection over union of the new thing and of the old ones by step."""
    made = theme.figure(height=height, x="Step", y="Overlap (IoU)")
    for key, name, colour, dash in _LINES:
        made.add_scatter(
            x=[row["step"] for row in history],
            y=[row[key] for row in history],
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": dash},
            hovertemplate=f"{name} %{{y:.2f}}<br>step %{{x}}<extra></extra>",
        )
        made.add_annotation(
            x=history[-1]["step"], y=history[-1][key], text=name, showarrow=False, xanchor="right", yshift=12,
            font={"color": colour, "size": 13},
        )  # fmt: skip
    made.update_yaxes(range=[0, 1.08])
    return made
