"""A visitor's picture cut out of its ground, or one sentence."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.data.cut_outs import cut_out
from core.errors import PlaygroundError


def file(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def disc(mode: str, ground, side: int = 200) -> Image.Image:
    picture = Image.new(mode, (side, side), ground)
    ImageDraw.Draw(picture).ellipse((side // 5, side // 5, 4 * side // 5, 4 * side // 5), fill="red")
    return picture


@pytest.mark.parametrize(
    "data",
    [file(disc("RGB", "white")), file(disc("RGB", "white"), "JPEG"), file(disc("RGBA", (0, 0, 0, 0)))],
    ids=["white", "jpeg", "transparent"],
)
def test_the_thing_is_what_is_left(data):
    made = cut_out(data)
    assert made.mode == "RGBA" and 115 <= made.width <= 136 and abs(made.width - made.height) <= 2
    alpha = np.asarray(made)[:, :, 3]
    assert alpha[0, 0] == 0 and alpha[made.height // 2, made.width // 2] == 255


def test_what_cannot_be_cut_out_is_one_sentence():
    with pytest.raises(PlaygroundError, match="no white or transparent ground"):
        cut_out(file(disc("RGB", "green")))
    with pytest.raises(PlaygroundError, match="empty"):
        cut_out(file(Image.new("RGB", (50, 50), "white")))
    with pytest.raises(PlaygroundError, match="empty"):
        cut_out(file(Image.new("RGBA", (50, 50), (0, 0, 0, 0))))
    with pytest.raises(PlaygroundError, match="at least 24"):
        cut_out(file(disc("RGB", "white", 20)))
    with pytest.raises(PlaygroundError):
        cut_out(b"not a picture")
