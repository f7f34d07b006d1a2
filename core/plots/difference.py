"""What fine-tuning changed: one map minus the other on its picture, word by word, and over a whole set."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from core.plots import heatmap, theme

if TYPE_CHECKING:
    from core.studies.before_after import Comparison
    from core.studies.changed_reasons import Changed

_ROW = 34  # pixels a word
_MOST_WORDS = 16
_LONGEST = 24  # characters of a word on an axis


def overlays(
    picture: Image.Image, comparison: "Comparison", *, opacity: float = 0.85, smooth: float = 0.0
) -> tuple[heatmap.Overlay, heatmap.Overlay, heatmap.Overlay]:
    """Before, after and their signed difference on ``picture``, all three on one colour scale.

    In the difference, orange is credit that the class gained, blue is credit that it lost.
    """
    sides = (comparison.before.values, comparison.after.values)
    scale = max(heatmap.robust_scale(values) for values in sides)
    signed = (comparison.method.signed, comparison.method.signed, True)
    maps = (*sides, comparison.difference)
    before, after, change = (
        heatmap.overlay(picture, values, signed=s, opacity=opacity, scale=scale, smooth=smooth)
        for values, s in zip(maps, signed, strict=True)
    )
    return before, after, change


def words(comparison: "Comparison", most: int = _MOST_WORDS) -> go.Figure:
    """Each word's credit before (grey ring) and after (filled), joined by a line; the most changed ``most`` words."""
    change = comparison.difference
    chosen = np.sort(np.argsort(-np.abs(change), kind="stable")[:most])
    before, after = comparison.before.values[chosen], comparison.after.values[chosen]
    names = [theme.plain(_short(comparison.words[i])) for i in chosen]
    places = list(range(len(chosen)))
    lines = [
        go.Scatter(
            x=[float(a), float(b)],
            y=[place, place],
            mode="lines",
            line={"color": theme.FOR if b >= a else theme.AGAINST, "width": 3},
            hoverinfo="skip",
        )
        for place, a, b in zip(places, before, after, strict=True)
    ]
    figure = theme.figure(
        *lines,
        _dots(before, places, names, "before", {"color": theme.CONTROL, "symbol": "circle-open", "line": {"width": 2}}),
        _dots(
            after,
            places,
            names,
            "after",
            {"color": [theme.FOR if b >= a else theme.AGAINST for a, b in zip(before, after, strict=True)]},
        ),
        height=70 + _ROW * len(places),
        x=f"credit, {_unit(comparison.unit)}",
    )
    figure.update_yaxes(tickvals=places, ticktext=names, autorange="reversed", showgrid=False, fixedrange=True)
    figure.update_xaxes(zeroline=True, zerolinecolor=theme.GRID, fixedrange=True)
    return figure


def chances(changes: "Sequence[Changed]", labels: Sequence[str], *, height: int = 320) -> go.Figure:
    """Per example the probability of its class before and after; a cross where the answer changed.

    ``customdata`` is the example's row, so that a click can open it. Larger marks changed their reasons more.
    """
    flips, stays = ([one for one in changes if one.flipped is wanted] for wanted in (True, False))
    traces = [
        _marks(stays, labels, "circle", theme.CONTROL),
        _marks(flips, labels, "x", theme.FOR),
    ]
    diagonal = go.Scatter(
        x=[0, 100], y=[0, 100], mode="lines", line={"color": theme.CONTROL, "width": 1, "dash": "dot"}, hoverinfo="skip"
    )
    figure = theme.figure(diagonal, *traces, height=height, x="P(its class) before, %", y="after, %")
    figure.update_xaxes(range=[-3, 103])
    figure.update_yaxes(range=[-3, 103])
    return figure


def _dots(x: np.ndarray, y: Sequence[int], names: Sequence[str], side: str, marker: dict) -> go.Scatter:
    hover = f"%{{customdata}}, {side}: %{{x:+.3g}}<extra></extra>"
    return go.Scatter(
        x=x.tolist(),
        y=list(y),
        mode="markers",
        marker={"size": 11, **marker},
        customdata=list(names),
        hovertemplate=hover,
    )


def _marks(some: "Sequence[Changed]", labels: Sequence[str], symbol: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[100 * one.prob_before for one in some],
        y=[100 * one.prob_after for one in some],
        mode="markers",
        marker={
            "symbol": symbol,
            "color": colour,
            "opacity": 0.75,
            "size": [7 + 5 * (one.change or 0) for one in some],
        },
        customdata=[one.row for one in some],
        hovertext=[f"{theme.plain(one.name)}, {theme.plain(labels[one.target])}{_told(one)}" for one in some],
        hovertemplate="%{hovertext}<br>%{x:.0f} % → %{y:.0f} %<extra></extra>",
    )


def _told(one: "Changed") -> str:
    return "" if one.change is None else f"<br>reasons changed by {one.change:.2f}"


def _unit(unit: str) -> str:
    return "logits" if unit == "logits" else "share of all credit"


def _short(word: str) -> str:
    return word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…"
