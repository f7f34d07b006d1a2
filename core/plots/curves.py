"""Curves over training, each labelled at its end instead of in a legend."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.plots import theme

_ROOM = 7.6  # pixels a letter, kept free at the right for the labels
_APART = 0.09  # labels stand at least this share of the height apart


@dataclass(frozen=True)
class Curve:
    """One line: what it is called, its colour and its dash (so that colour is not its only mark)."""

    label: str
    values: Sequence[float]
    colour: str
    dash: str = "solid"


def curves(x: Sequence[float], lines: Sequence[Curve], *, x_title: str, y_title: str, height: int = 260) -> go.Figure:
    """Lines over the same ``x``, with name and last value written right of their ends; gaps where not finite."""
    top = 1.05 * (max((v for line in lines for v in line.values if math.isfinite(v)), default=0.0) or 1.0)
    ends = {line.label: line.values[-1] for line in lines if len(line.values) and math.isfinite(line.values[-1])}
    words = {label: f"{theme.plain(label)} {value:.3g}" for label, value in ends.items()}
    heights = spread({label: value / top for label, value in ends.items()}, _APART)
    return theme.figure(
        *(
            go.Scatter(
                x=list(x),
                y=[v if math.isfinite(v) else None for v in line.values],
                mode="lines",
                line={"color": line.colour, "width": 2.5, "dash": line.dash},
                hovertemplate=f"{theme.plain(line.label)} %{{y:.3g}}<br>{x_title} %{{x:,}}<extra></extra>",
            )
            for line in lines
        ),
        height=height,
        margin={"r": 14 + _ROOM * max(map(len, words.values()), default=0)},
        xaxis={"title": {"text": x_title}, "range": [0, max(x[-1] if len(x) else 1, 1)]},
        yaxis={"title": {"text": y_title}, "range": [0, top]},
        annotations=[
            {
                "x": 1,
                "xref": "paper",
                "y": heights[line.label] * top,
                "text": words[line.label],
                "showarrow": False,
                "xanchor": "left",
                "xshift": 6,
                "font": {"color": line.colour, "size": 13},
            }
            for line in lines
            if line.label in ends
        ],
    )


def spread(places: Mapping[str, float], apart: float, highest: float = 1.0) -> dict[str, float]:
    """Places in [0, 1] moved up as little as needed so that any two are ``apart``, or down where there is no room."""
    moved: dict[str, float] = {}
    lowest = -math.inf
    for label, place in sorted(places.items(), key=lambda item: item[1]):
        moved[label] = lowest = max(place, lowest + apart)
    for label in reversed(moved):
        moved[label] = highest = min(moved[label], highest)
        highest -= apart
    return moved
