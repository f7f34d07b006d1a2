"""Inside a layer: feature maps as small pictures, what channels contribute as bars, what excites a channel."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageOps
from plotly.colors import sample_colorscale, unlabel_rgb

from core.plots import theme
from core.plots.heatmap import framed

TILE = 96  # pixels of a small picture
_GAP = 4
_ROW = 30
_CLEAR = (0, 0, 0, 0)


def tile(one_map: np.ndarray, strongest: float, side: int = TILE) -> Image.Image:
    """A feature map ``(h, w)`` as a small picture, each place a square: dark for silent, yellow for ``strongest``.

    Places below 0 are as dark as 0: of a channel, only what it answers to is shown.
    """
    strength = np.clip(one_map / strongest, 0.0, 1.0) if strongest > 0 else np.zeros_like(one_map)
    coloured = _VIRIDIS[(255 * strength).round().astype(int)]  # (h, w, 3)
    return Image.fromarray(coloured).resize((side, side), Image.Resampling.NEAREST)


def contributions(values: Mapping[int, float], chosen: int | None = None) -> go.Figure:
    """What channels (by number) add to the logit of the class: orange for it, blue against; click to choose one.

    The chosen one is outlined.
    """
    rows = list(range(len(values)))
    credit = list(values.values())
    made = theme.figure(
        go.Bar(
            x=credit,
            y=rows,
            orientation="h",
            marker={
                "color": [theme.FOR if value >= 0 else theme.AGAINST for value in credit],
                "line": {"color": theme.CONTROL, "width": [3 if one == chosen else 0 for one in values]},
            },
            text=[f"{value:+.2f}" for value in credit],
            textposition="outside",
            cliponaxis=False,
            customdata=list(values),
            hovertemplate="Channel %{customdata}: %{x:+.3f} logits<extra></extra>",
            # A click chooses; the others must not fade as if they had been removed.
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
        ),
        height=60 + _ROW * len(rows),
        x="contribution, logits",
        bargap=0.25,
    )
    low, high = min(0.0, *credit, 0.0), max(0.01, *credit, 0.0)
    room = 0.22 * (high - low)
    made.update_xaxes(range=[low - (room if low < 0 else 0), high + room], showgrid=False, fixedrange=True)
    names = [f"Channel {one}" for one in values]
    made.update_yaxes(tickvals=rows, ticktext=names, autorange="reversed", showgrid=False, fixedrange=True)
    return made


def contributions_in_words(values: Mapping[int, float]) -> str:
    """The same for a screen reader."""
    return "; ".join(f"channel {one} {value:+.2f} logits" for one, value in values.items())


def patch(seen: Image.Image, box: tuple[int, int, int, int], side: int = 2 * TILE) -> Image.Image:
    """What excites a channel: cut out and enlarged, and below it the whole picture with the place framed.

    Args:
        seen: the picture as the model sees it.
        box: ``(left, upper, right, lower)`` in its pixels.
    """
    sheet = Image.new("RGBA", (side, 2 * side + _GAP), _CLEAR)
    cut = seen.convert("RGBA").crop(box)
    sheet.paste(ImageOps.pad(cut, (side, side), color=_CLEAR))
    scale = side / max(seen.size)
    small = seen.convert("RGB").resize((round(seen.width * scale), round(seen.height * scale)))
    edges = tuple(round(edge * scale) for edge in box)
    whole = framed(small, (edges[0], edges[1], edges[2], edges[3])).convert("RGBA")
    sheet.paste(ImageOps.pad(whole, (side, side), color=_CLEAR), (0, side + _GAP))
    return sheet


def ranked(values: Sequence[float] | np.ndarray, most: int) -> list[int]:
    """The ``most`` channels with the largest values, the largest first; those with none at all are left out."""
    numbers = np.asarray(values, dtype=float)
    return [int(one) for one in np.argsort(-numbers, kind="stable")[:most] if numbers[one] > 0]


def _colours() -> np.ndarray:
    """``(256, 3)`` of the sequential scale."""
    sampled = sample_colorscale(theme.SEQUENTIAL, list(np.linspace(0, 1, 256)))
    return np.array([unlabel_rgb(one) for one in sampled]).round().astype(np.uint8)


_VIRIDIS = _colours()
