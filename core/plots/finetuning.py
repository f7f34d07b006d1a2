"""A fine-tuning run in curves, while it learns and afterwards."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.plots import theme
from core.plots.curves import spread

_ROOM = 0.24  # share of the width kept free at the right for the curves' names
_APART = 0.1


def loss_curves(history: Sequence[Mapping[str, Any]], *, best_epoch: int | None = None, height: int = 240) -> go.Figure:
    """Training and validation loss (cross-entropy, nats) by epoch; ``best_epoch`` marks the one that was kept."""
    return _curves(history, "loss", "Loss", best_epoch, height, percent=False)


def accuracy_curves(
    history: Sequence[Mapping[str, Any]], *, best_epoch: int | None = None, height: int = 240
) -> go.Figure:
    """Training and validation accuracy by epoch, in percent."""
    return _curves(history, "accuracy", "Right, %", best_epoch, height, percent=True)


def _curves(
    history: Sequence[Mapping[str, Any]], what: str, title: str, best_epoch: int | None, height: int, *, percent: bool
) -> go.Figure:
    scale = 100 if percent else 1
    epochs = [record["epoch"] for record in history]
    lines = (("train", "training", theme.CONTROL, "dot"), ("val", "validation", theme.FOR, "solid"))
    made = theme.figure(height=height, x="Epoch", y=title)
    for part, name, colour, dash in lines:
        made.add_scatter(
            x=epochs,
            y=[scale * record[f"{part}_{what}"] for record in history],
            mode="lines+markers" if len(epochs) < 15 else "lines",
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"size": 6},
            hovertemplate=f"{name} %{{y:.3g}}<br>epoch %{{x}}<extra></extra>",
        )
    if not history:
        return made
    first, last = min(epochs), max(epochs)
    width = max(last - first, 1)
    made.update_xaxes(range=[first - 0.02 * width, last + width * _ROOM / (1 - _ROOM)], tickformat="d")
    if width < 5:
        made.update_xaxes(dtick=1)
    values = [scale * record[f"{part}_{what}"] for part, *_ in lines for record in history]
    low, high = (0.0, 104.0) if percent else (0.0, 1.05 * max(max(values), 1e-3))
    made.update_yaxes(range=[low, high], nticks=5)
    ends = {name: scale * history[-1][f"{part}_{what}"] / high for part, name, *_ in lines}
    places = spread(ends, _APART)
    for _, name, colour, _ in lines:
        text = f"{name} {ends[name] * high:.0f}" if percent else f"{name} {ends[name] * high:.2f}"
        made.add_annotation(
            x=last,
            y=places[name] * high,
            text=text,
            showarrow=False,
            xanchor="left",
            xshift=8,
            font={"color": colour, "size": 13},
        )
    if best_epoch is not None:
        made.add_vline(x=best_epoch, line={"color": theme.CONTROL, "width": 1, "dash": "dot"})
        made.add_annotation(
            x=best_epoch,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="right",
            text="kept",
            showarrow=False,
            font={"color": theme.CONTROL},
        )
        made.update_layout(margin={"l": 8, "r": 8, "t": 22, "b": 8})
    return made
