"""Many small pictures in one, the wrong answers framed."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from core.plots import theme

_FRAME = 4
_SIDE = 60


def mosaic(pictures: Sequence[tuple[Image.Image, bool]], size: tuple[int, int]) -> Image.Image:
    """As many ``(picture, right)`` as fit into ``size``, in reading order; those that are not right are framed."""
    sheet = Image.new("RGB", size, "white")
    columns, rows = size[0] // _SIDE, size[1] // _SIDE
    for at, (picture, right) in enumerate(pictures[: columns * rows]):
        tile = ImageOps.pad(picture.convert("RGB"), (_SIDE - 8, _SIDE - 8), color=(255, 255, 255))
        x, y = at % columns * _SIDE, at // columns * _SIDE
        sheet.paste(tile, (x + 4, y + 4))
        if not right:
            box = (x + 1, y + 1, x + _SIDE - 2, y + _SIDE - 2)
            ImageDraw.Draw(sheet).rounded_rectangle(box, radius=8, outline=theme.FOR, width=_FRAME)
    return sheet
