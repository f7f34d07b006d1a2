"""A visitor's picture of one thing, cut out of its ground, or one sentence that says why not."""

import io

import numpy as np
from PIL import Image

from core.config import Limits
from core.data import scenes
from core.data.images import FORMATS, read_image
from core.errors import PlaygroundError

SIDE = 144  # as large as the drawings that ship
_NEARLY_WHITE = 230  # photos and JPEG files are never quite white
_LEAST_SIDE = 24  # pixels
_BORDER = 0.6  # share of the border that must be ground


def cut_out(data: bytes, limits: Limits | None = None) -> Image.Image:
    """The thing on a picture whose ground is transparent or white, as RGBA, no larger than `SIDE`.

    Raises:
        PlaygroundError: not a readable picture, another ground, nothing on it, or too small.
    """
    picture = read_image(data, limits).image  # all checks first
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        own = opened.convert("RGBA") if opened.has_transparency_data else None
    if own is not None and not np.asarray(own)[:, :, 3].all():
        box = own.getchannel("A").point([255 * (a > 127) for a in range(256)]).getbbox()
        made = own.crop(box) if box else None
    else:
        made = _from_white(np.asarray(picture))
    if made is None:
        raise PlaygroundError("The picture is empty; choose one that shows a thing.")
    if min(made.size) < _LEAST_SIDE:
        raise PlaygroundError(
            f"The thing is only {made.width} × {made.height} pixels; choose a picture of at least {_LEAST_SIDE} a side."
        )
    made.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return made


def _from_white(pixels: np.ndarray) -> Image.Image | None:
    white: np.ndarray = np.all(pixels >= _NEARLY_WHITE, axis=2)
    if white.all():
        return None
    border = np.concatenate([white[0], white[-1], white[:, 0], white[:, -1]])
    if border.mean() < _BORDER:
        raise PlaygroundError(
            "The picture has no white or transparent ground to cut the thing out of; choose one that has."
        )
    return scenes.cut_out(pixels, _NEARLY_WHITE)
