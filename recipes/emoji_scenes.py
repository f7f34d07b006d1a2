"""Scenes of emoji in six drawings: five to learn from, and the same names by another hand that no network has seen.

``python -m recipes.emoji_scenes`` (half a minute; needs npm and ``resvg-py``) writes the two drawings that ship. How a
scene is put together stands in `core.data.scenes`.
"""

import io
from functools import cache

import numpy as np
from PIL import Image

from core.data import scenes
from core.data.samples import ASSETS
from core.data.scenes import CLASSES, NEW_THINGS, SPRITES, VENDORS, Scene, cut_out
from recipes import emoji_pictures

TRAINING, HELD_OUT = ("noto", "fluent", "fluent_shaded", "noto_2013", "emojione"), "twemoji"
SHIPPED_SIDE = 144

__all__ = ["CLASSES", "HELD_OUT", "TRAINING", "Scene", "cut_out", "scene", "sprites"]


@cache
def sprites(vendor: str) -> tuple[Image.Image, ...]:
    """One cut-out emoji of each class, RGBA."""
    arrays = emoji_pictures.load(vendor)
    places = {str(name): at for at, name in enumerate(arrays["names"])}
    return tuple(cut_out(arrays["images"][places[name]]) for name in CLASSES)


def scene(
    dice: np.random.Generator,
    vendors: tuple[str, ...],
    side: int,
    count: int,
    scale: tuple[float, float],
    label: int | None = None,
) -> Scene:
    """``count`` emoji of random classes (or of ``label``) that take ``scale`` of the side, later ones in front."""
    things = None if label is None else (label,) * count
    return scenes.scene(dice, [sprites(vendor) for vendor in vendors], side, count, scale, things)


def main() -> None:
    """Write the drawings that ship."""
    arrays = {}
    for vendor in VENDORS:
        pictures = emoji_pictures.drawn(vendor, SHIPPED_SIDE)
        files = [_png(cut_out(pictures[emoji_pictures.slug(name)])) for name in (*CLASSES, *NEW_THINGS)]
        arrays[vendor] = np.frombuffer(b"".join(files), np.uint8)
        arrays[f"{vendor}_ends"] = np.cumsum([len(file) for file in files])
    np.savez(ASSETS / SPRITES, **arrays)
    print(f"{(ASSETS / SPRITES).stat().st_size / 1e3:.0f} kB")


def _png(sprite: Image.Image) -> bytes:
    buffer = io.BytesIO()
    sprite.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
