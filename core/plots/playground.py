"""The playground's pictures: the decision surface, the network with what each neuron sees, the losses."""

import base64
import io
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from core.lab import Frame
from core.plots import theme
from core.plots.curves import Curve, curves

Arrays = Mapping[str, np.ndarray]
_STRONG = 0.6  # opacity of a surface that is sure; 0 where it is undecided, so that light and dark pages show through
SURFACE_SCALE = (
    (0.0, theme.rgba(theme.AGAINST, _STRONG)),
    (0.5, theme.rgba(theme.AGAINST, 0)),
    (0.5, theme.rgba(theme.FOR, 0)),
    (1.0, theme.rgba(theme.FOR, _STRONG)),
)
_CLASSES = ((1, theme.FOR, "circle"), (0, theme.AGAINST, "square"))
_WIDTHS = ((0.15, 0.6), (0.4, 1.4), (0.7, 2.6), (1.01, 4.2))  # up to this share of the largest weight → pixels
_CELL, _SHOWN = 1.0, 0.78  # a neuron's cell and the part of it that its picture fills
_FEW = 8  # inputs and narrow layers keep this much room, so that one neuron does not fill the figure


def surface(arrays: Arrays, span: float, *, certain: bool = True, height: int = 430) -> go.Figure:
    """The output over the plane, its boundary, and the points: filled = learnt from, hollow = held out.

    ``certain``: the output is a probability (cross-entropy), not just a number from 0 to 1.
    """
    percent = np.nan_to_num(arrays["surface"] * 100, nan=50).round().astype(np.uint8)  # (H, W)
    place = {"x0": -span, "dx": 2 * span / (percent.shape[1] - 1), "y0": -span, "dy": 2 * span / (percent.shape[0] - 1)}
    what = "P(orange)" if certain else "output, 0 blue to 100 orange"
    axis = {"range": [-span, span], "showgrid": False, "constrain": "domain", "fixedrange": True, "dtick": 1}
    return theme.figure(
        go.Heatmap(
            z=percent,
            **place,
            zmin=0,
            zmax=100,
            colorscale=SURFACE_SCALE,
            showscale=False,
            zsmooth="best",
            hovertemplate=f"{what} %{{z}} %<br>at (%{{x:.1f}}, %{{y:.1f}})<extra></extra>",
        ),
        _boundary(arrays["surface"], span),
        *_points(arrays["x_train"], arrays["y_train"], "learnt from", ""),
        *_points(arrays["x_val"], arrays["y_val"], "held out", "-open"),
        height=height,
        meta={"aspect": 1.0},
        xaxis={"title": {"text": "x₁"}, "constraintoward": "left", **axis},
        yaxis={"title": {"text": "x₂"}, "constraintoward": "top", "scaleanchor": "x", **axis},
    )


def _boundary(surface: np.ndarray, span: float) -> go.Scatter:
    """Where the output crosses one half, as a line: a contour trace would cost the browser five times the rest."""
    pieces = crossings(np.nan_to_num(surface, nan=0.5), 0.5)  # (S, 2, 2) in grid steps
    at = pieces * (2 * span / (np.array(surface.shape[::-1]) - 1)) - span
    path = np.concatenate([at, np.full((len(at), 1, 2), np.nan)], axis=1).reshape(-1, 2).astype(np.float32)
    return go.Scatter(
        x=path[:, 0], y=path[:, 1], mode="lines", line={"color": theme.CONTROL, "width": 2.5}, hoverinfo="skip"
    )


def crossings(values: np.ndarray, level: float) -> np.ndarray:
    """Marching squares: where ``values (H, W)`` cross ``level``, as pieces (S, 2 ends, xy) in grid steps."""
    above = values > level
    h, w = values.shape
    rows, columns = np.mgrid[0 : h - 1, 0 : w - 1]

    def edge(dy0: int, dx0: int, dy1: int, dx1: int) -> tuple[np.ndarray, np.ndarray]:
        """For one side of every cell: whether it is crossed, and where (linear between its corners)."""
        start, end = (
            (slice(dy0, h - 1 + dy0), slice(dx0, w - 1 + dx0)),
            (slice(dy1, h - 1 + dy1), slice(dx1, w - 1 + dx1)),
        )
        a, b = values[start], values[end]
        crossed = above[start] != above[end]
        share = (level - a) / np.where(crossed, b - a, 1)
        return crossed, np.stack([columns + dx0 + share * (dx1 - dx0), rows + dy0 + share * (dy1 - dy0)], axis=-1)

    sides = [edge(0, 0, 0, 1), edge(0, 1, 1, 1), edge(1, 0, 1, 1), edge(0, 0, 1, 0)]
    crossed = np.stack([c for c, _ in sides], axis=-1).reshape(-1, 4)
    place = np.stack([p for _, p in sides], axis=-2).reshape(-1, 4, 2)
    # A crossed cell has two crossed sides, a saddle all four: taken in order, they make one piece or two.
    keep = crossed.any(axis=1)
    return place[keep][crossed[keep]].reshape(-1, 2, 2)


def _points(points: np.ndarray, labels: np.ndarray, role: str, suffix: str) -> list[go.Scatter]:
    traces = []
    for value, colour, symbol in _CLASSES:
        mine = points[labels == value]
        traces.append(
            go.Scatter(
                x=mine[:, 0].round(2),
                y=mine[:, 1].round(2),
                mode="markers",
                marker={
                    "color": colour,
                    "symbol": symbol + suffix,
                    "size": 7,
                    "line": {"color": colour if suffix else "#FFFFFF", "width": 1.6 if suffix else 0.8},
                },
                hovertemplate=f"{'orange' if value else 'blue'}, {role}<extra></extra>",
            )
        )
    return traces


def losses(frames: Sequence[Frame], height: int = 240) -> go.Figure:
    """Loss on the points it learns from and on the held-out ones, over optimiser steps."""
    return curves(
        [f.step for f in frames],
        [
            Curve("held out", [f.metrics["val_loss"] for f in frames], theme.FOR),
            Curve("training", [f.metrics["train_loss"] for f in frames], theme.CONTROL, "dot"),
        ],
        x_title="optimiser steps",
        y_title="loss",
        height=height,
    )


def network(arrays: Arrays, feature_names: Sequence[str], span: float, height: int = 430) -> go.Figure:
    """Every neuron as a small picture of its activation over the plane, every weight as a line.

    Orange is positive and blue negative; negative weights are dashed as well; a line's width is the weight's size
    within its layer. The rightmost picture is the output.
    """
    layers = _layers(arrays)
    tall = max(_FEW, *(len(layer) for layer in layers)) * _CELL
    wide = tall * 1.35  # the figure's own proportions, so that the pictures stay square
    places = [_places(len(layer), k, len(layers), wide, tall) for k, layer in enumerate(layers)]
    axis = {"visible": False, "fixedrange": True, "constrain": "domain"}
    sheet = {"source": _sheet(layers, places, wide, tall), "sizing": "stretch", "layer": "above"}
    return theme.figure(
        *_edges(arrays, places),
        _nodes(arrays, layers, places, feature_names),
        height=height,
        meta={"aspect": 0.8},
        margin={"t": 26},
        images=[sheet | {"x": 0, "y": tall, "sizex": wide, "sizey": tall, "xref": "x", "yref": "y"}],
        annotations=[
            {"x": x, "y": tall, "yshift": 10, "text": text, "showarrow": False, "font": {"size": 12}}
            for x, text in _captions(places, layers)
        ],
        xaxis={"range": [0, wide], **axis},
        yaxis={"range": [0, tall], "scaleanchor": "x", "constraintoward": "top", **axis},
    )


def _layers(arrays: Arrays) -> list[np.ndarray]:
    """Inputs, hidden layers and output, each (C, h, w) in [-1, 1]: an activation by its largest size, 0 in between."""
    found = []
    k = 0
    while f"layer_{k}" in arrays:
        found.append(_unit(arrays[f"layer_{k}"]))
        k += 1
    step = arrays["surface"].shape[0] // found[0].shape[1]
    return [*found, np.nan_to_num(2 * arrays["surface"][None, ::step, ::step] - 1)]


def _unit(stack: np.ndarray) -> np.ndarray:
    stack = np.nan_to_num(stack)
    return stack / np.maximum(np.abs(stack).max(axis=(1, 2), keepdims=True), 1e-6)


def _places(count: int, k: int, layers: int, wide: float, tall: float) -> np.ndarray:
    """Centres (count, 2) of a layer's pictures: a column, spread about the middle."""
    x = _CELL / 2 + (wide - _CELL) * k / (layers - 1)
    gap = min(tall / count, 1.35 * _CELL)
    y = tall / 2 + gap * (np.arange(count)[::-1] - (count - 1) / 2)
    return np.stack([np.full(count, x), y], axis=1)


def _edges(arrays: Arrays, places: list[np.ndarray]) -> list[go.Scatter]:
    """All weights as eight traces, one for each sign and width: far lighter than a trace a weight."""
    bins: dict[tuple[bool, float], list[np.ndarray]] = {}
    for k, (left, right) in enumerate(pairwise(places), start=1):
        weight = np.nan_to_num(arrays[f"weight_{k}"])  # (out, in)
        share = np.abs(weight) / max(float(np.abs(weight).max()), 1e-9)
        lower = -1.0
        for upper, width in _WIDTHS:
            for positive in (True, False):
                to, source = np.nonzero((share > lower) & (share <= upper) & ((weight >= 0) == positive))
                gaps = np.full((len(to), 2), np.nan)
                bins.setdefault((positive, width), []).append(np.stack([left[source], right[to], gaps], axis=1))
            lower = upper
    traces = []
    for (positive, width), parts in sorted(bins.items(), key=lambda item: item[0][1]):
        path = np.concatenate(parts).reshape(-1, 2).astype(np.float32)  # (3E, 2): from, to, gap
        line = {"color": theme.FOR if positive else theme.AGAINST, "width": width}
        traces.append(
            go.Scatter(
                x=path[:, 0],
                y=path[:, 1],
                mode="lines",
                line=line | {"dash": "solid" if positive else "4px,3px"},
                opacity=0.35 if width < 1 else 0.75,
                hoverinfo="skip",
            )
        )
    return traces


def _nodes(arrays: Arrays, layers: list[np.ndarray], places: list[np.ndarray], names: Sequence[str]) -> go.Scatter:
    """Invisible marks over the pictures that tell each neuron in words."""
    told = [f"input {theme.plain(name)}" for name in names]
    for k, layer in enumerate(layers[1:], start=1):
        weight, bias = arrays[f"weight_{k}"], arrays[f"bias_{k}"]
        for i in range(len(layer)):
            name = "output" if k == len(layers) - 1 else f"layer {k}, neuron {i + 1}"
            silent = np.ptp(layer[i]) < 1e-6 and name != "output"
            told.append(
                f"{name}<br>bias {bias[i]:+.2f}<br>weights in {_listed(weight[i])}"
                + ("<br>answers the same everywhere" if silent else "")
            )
    at = np.concatenate(places).astype(np.float32)
    return go.Scatter(
        x=at[:, 0],
        y=at[:, 1],
        mode="markers",
        marker={"size": 30, "symbol": "square", "color": "rgba(0,0,0,0)"},
        text=told,
        hovertemplate="%{text}<extra></extra>",
    )


def _listed(weights: np.ndarray) -> str:
    shown = ", ".join(f"{w:+.2f}" for w in weights[:6])
    return shown + (" …" if len(weights) > 6 else "")


def _captions(places: list[np.ndarray], layers: list[np.ndarray]) -> list[tuple[float, str]]:
    names = ["inputs", *(f"{len(layer)}" for layer in layers[1:-1]), "output"]
    return [(float(place[0, 0]), name) for place, name in zip(places, names, strict=True)]


def _sheet(layers: list[np.ndarray], places: list[np.ndarray], wide: float, tall: float) -> str:
    """All neurons' pictures on one transparent PNG (a data address): one picture to send, not fifty."""
    side = layers[0].shape[1]  # pixels of one picture
    scale = side / _SHOWN  # pixels a unit
    sheet = np.zeros((round(tall * scale), round(wide * scale)), np.uint8)  # palette index; 0 is transparent
    for stack, place in zip(layers, places, strict=True):
        index = (np.clip(stack, -1, 1) * 126 + 128).round().astype(np.uint8)  # 2 … 254
        for picture, (x, y) in zip(index, place, strict=True):
            top = min(max(round((tall - y) * scale) - side // 2, 0), sheet.shape[0] - side)
            start = min(max(round(x * scale) - side // 2, 0), sheet.shape[1] - side)
            sheet[top : top + side, start : start + side] = picture[::-1]  # rows from the top down
    image = Image.fromarray(sheet, mode="P")
    image.putpalette(_PALETTE.tobytes(), rawmode="RGBA")
    packed = io.BytesIO()
    image.save(packed, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(packed.getvalue()).decode()


def _palette() -> np.ndarray:
    """(256, 4): 0 transparent, 2 … 254 from blue over near-white to orange, opaque, so that lines stay behind."""
    t = (np.arange(256)[:, None] - 128) / 126
    blue, orange, middle = (
        np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (theme.AGAINST, theme.FOR, "#F2F2F2")
    )
    colour = middle + np.where(t < 0, blue - middle, orange - middle) * np.clip(np.abs(t), 0, 1)
    palette = np.concatenate([colour, np.full((256, 1), 255)], axis=1).round().astype(np.uint8)
    palette[0] = 0
    return palette


_PALETTE = _palette()
