"""Small pictures of digits: sheets with what is read in them, strips of a way, and the map of a latent space."""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from core.plots import theme

_PIXELATED = "image-rendering:pixelated;border-radius:6px;display:block"


@dataclass(frozen=True)
class Cell:
    """One picture of a sheet.

    Attributes:
        image: ``(H, W)`` or ``(H, W, 3)`` uint8.
        alt: what it shows, for screen readers.
        caption: a few words under it.
        beside: a second picture, shown smaller under the words, with ``note`` beside it.
        marked: frame it, since something is amiss.
    """

    image: np.ndarray
    alt: str
    caption: str = ""
    beside: np.ndarray | None = None
    note: str = ""
    marked: bool = False


def sheet(cells: Sequence[Cell], side: int = 92) -> str:
    """Safe HTML: the pictures in rows that fit any width, each at least ``side`` pixels wide; words are escaped."""
    columns = f"repeat(auto-fill,minmax({side}px,1fr))"
    return (
        f'<div style="display:grid;grid-template-columns:{columns};gap:14px 12px">{"".join(map(_figure, cells))}</div>'
    )


def strip(images: Sequence[np.ndarray] | np.ndarray, alts: Sequence[str], chosen: int = -1, side: int = 56) -> str:
    """Safe HTML: pictures in one row that scrolls where it does not fit; the ``chosen`` one is framed."""
    tiles = "".join(
        f'<img alt="{html.escape(alt)}" src="{data_url(image)}" '
        f'style="{_PIXELATED};flex:none;width:{side}px;height:{side}px;{_frame(at == chosen)}">'
        for at, (image, alt) in enumerate(zip(images, alts, strict=True))
    )
    return f'<div tabindex="0" style="display:flex;gap:6px;overflow-x:auto;padding:4px">{tiles}</div>'


def data_url(image: np.ndarray) -> str:
    """``image`` as a PNG inside an address."""
    return "data:image/png;base64," + base64.b64encode(png(image)).decode()


def png(image: np.ndarray, scale: int = 1) -> bytes:
    """``image`` as a PNG file, each pixel ``scale`` wide."""
    large = np.kron(image, np.ones((scale, scale, *[1] * (image.ndim - 2)), np.uint8)) if scale > 1 else image
    file = io.BytesIO()
    Image.fromarray(large.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def grid(images: np.ndarray, columns: int) -> np.ndarray:
    """``(N, H, W)`` as one picture, row by row, two black pixels between them."""
    padded = np.pad(images, ((0, -len(images) % columns), (1, 1), (1, 1)))
    rows = padded.reshape(-1, columns, *padded.shape[1:])
    return rows.swapaxes(1, 2).reshape(rows.shape[0] * padded.shape[1], -1)


def latent_map(
    atlas: np.ndarray, reach: float, places: np.ndarray, labels: np.ndarray, chosen: tuple[float, float], ticks: int
) -> go.Figure:
    """What a network draws at every place of its two dimensions, and where real digits lie.

    Args:
        atlas: the drawn places as one picture, from ``-reach`` to ``reach`` both ways.
        places, labels: ``(N, 2)`` and ``(N,)``: the real digits.
        chosen: the place that is looked at.
        ticks: places a visitor can click, in each direction; their ``customdata`` is ``[x, y]``.
    """
    at = np.linspace(-reach, reach, ticks)
    x, y = (axis.ravel() for axis in np.meshgrid(at, at))
    half = reach * (1 + 1 / (ticks - 1))  # the outer tiles reach half a tile beyond their middle
    made = theme.figure(
        go.Scatter(
            x=x,
            y=y,
            mode="markers",
            marker={"size": 24, "opacity": 0, "symbol": "square"},
            customdata=np.stack([x, y], 1).tolist(),  # an array would arrive as an object
            hovertemplate="%{x:.2f}, %{y:.2f}<extra></extra>",
        ),
        go.Scatter(
            x=places[:, 0],
            y=places[:, 1],
            mode="text",
            text=[str(label) for label in labels],
            textfont={"color": theme.FOR, "size": 13, "weight": 700},
            hovertemplate="a real %{text}<extra></extra>",
            customdata=places.round(2).tolist(),
        ),
        go.Scatter(
            x=[chosen[0]],
            y=[chosen[1]],
            mode="markers",
            marker={"size": 26, "symbol": "circle-open", "line": {"width": 3}, "color": theme.CATEGORIES[4]},
            hoverinfo="skip",
        ),
        height=520,
        x="first number",
        y="second number",
    )
    source = data_url(atlas)
    where = {"x": -half, "y": half, "sizex": 2 * half, "sizey": 2 * half, "sizing": "stretch", "layer": "below"}
    made.add_layout_image(source=source, xref="x", yref="y", opacity=0.8, **where)
    made.update_xaxes(range=[-half, half], showgrid=False, constrain="domain")
    made.update_yaxes(range=[-half, half], showgrid=False, scaleanchor="x", constrain="domain")
    return made


def _figure(cell: Cell) -> str:
    picture = (
        f'<img alt="{html.escape(cell.alt)}" src="{data_url(cell.image)}" '
        f'style="{_PIXELATED};width:100%;{_frame(cell.marked)}">'
    )
    caption = f"<figcaption>{html.escape(cell.caption)}</figcaption>" if cell.caption else ""
    beside = ""
    if cell.beside is not None:
        small = f'<img alt="" src="{data_url(cell.beside)}" style="{_PIXELATED};width:34px;height:34px">'
        note = f'<span style="opacity:.75">{html.escape(cell.note)}</span>'
        beside = f'<div style="display:flex;gap:6px;align-items:center;font-size:.75rem">{small}{note}</div>'
    style = "margin:0;display:grid;gap:4px;align-content:start;font-size:.8rem"
    return f'<figure style="{style}">{picture}{caption}{beside}</figure>'


def _frame(framed: bool) -> str:
    return f"outline:3px solid {theme.FOR};outline-offset:1px" if framed else ""
