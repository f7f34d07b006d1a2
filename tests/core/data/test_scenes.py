"""Scenes: the same for the same seed as the models that ship have learned from, exact, and of what was asked for."""

import hashlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.data import scenes

# Of `drawings` below, made by the version of the composer that made the training scenes.
GOLDEN = "b2707b3360399598c7fa56fe171d6a6130ab15fd618ae151d003330f3eaaaf89"


def drawings(seed: int) -> tuple[Image.Image, ...]:
    """A disc with a bar for each class, cut out."""
    dice = np.random.default_rng(seed)
    made = []
    for at in range(len(scenes.CLASSES)):
        picture = Image.new("RGB", (64, 64), "white")
        pen = ImageDraw.Draw(picture)
        x, y = (int(v) for v in dice.integers(2, 12, 2))
        pen.ellipse((x, y, 60 - y, 60 - x), fill=tuple(int(v) for v in dice.integers(0, 220, 3)))
        pen.rectangle((20, 20, 20 + at, 40), fill=tuple(int(v) for v in dice.integers(0, 220, 3)))
        made.append(scenes.cut_out(np.asarray(picture)))
    return tuple(made)


def test_a_seed_gives_the_same_scene_as_in_training():
    vendors = [drawings(seed) for seed in range(3)]
    dice, told = np.random.default_rng(7), hashlib.sha256()
    for things in (None, None, 5):
        for count in (1, 4):
            chosen = None if things is None else (things,) * count
            made = scenes.scene(dice, vendors, 96, count, (0.28, 0.62), chosen)
            for array in (made.labels, made.boxes, made.mask, made.pixels):
                told.update(array.tobytes())
    assert told.hexdigest() == GOLDEN


@pytest.mark.parametrize("vendor", scenes.VENDORS)
def test_what_ships_is_whole_and_small(vendor):
    drawn = scenes.shipped(vendor)
    assert tuple(drawn) == (*scenes.CLASSES, *scenes.NEW_THINGS)
    for sprite in drawn.values():
        assert sprite.mode == "RGBA" and 100 <= max(sprite.size) <= 144
        covered = np.asarray(sprite)[:, :, 3] > 0
        assert covered[0].any() and covered[:, 0].any() and 0.1 < covered.mean() <= 1
    assert (scenes.ASSETS / scenes.SPRITES).stat().st_size <= 700_000
    assert "Twemoji: CC BY 4.0" in (scenes.ASSETS / "LICENCES.md").read_text()


def test_chosen_things_are_all_there_where_there_is_room():
    things = (3, 3, 17)
    made = scenes.scene(np.random.default_rng(1), [scenes.sprites("noto")], 288, 3, (0.25, 0.4), things, tries=50)
    assert tuple(made.labels) == things and set(np.unique(made.mask)) == {0, 4, 18}
    left, top, right, bottom = made.boxes[-1].astype(int)  # nothing lies over the last
    inside = made.mask[top:bottom, left:right] == 18
    assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()
