"""Augmentation: the same size, repeatable, and a strength that can be seen."""

import random

import numpy as np
import pytest
from PIL import Image

from core.data.augmentation import AUGMENTATIONS, augment
from core.errors import PlaygroundError


def a_picture(width: int = 60, height: int = 40) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((width, height))


def changed_by(strength: str, draws: int = 20) -> float:
    smooth = Image.linear_gradient("L").convert("RGB").resize((64, 64))
    dice = random.Random(0)
    before = np.asarray(smooth, dtype=float)
    return float(np.mean([np.abs(np.asarray(augment(smooth, strength, dice)) - before).mean() for _ in range(draws)]))


def test_none_leaves_every_pixel():
    picture = a_picture()
    assert augment(picture, "none", random.Random(0)).tobytes() == picture.tobytes()


@pytest.mark.parametrize("strength", AUGMENTATIONS)
@pytest.mark.parametrize("size", [(60, 40), (1, 1), (3, 200)])
def test_keeps_size_and_mode(strength, size):
    made = augment(a_picture(*size), strength, random.Random(1))
    assert made.size == size and made.mode == "RGB"


@pytest.mark.parametrize("strength", ["light", "strong"])
def test_a_seed_repeats_it_and_dice_go_on(strength):
    picture = a_picture()
    dice = random.Random(7)
    first, second = augment(picture, strength, dice), augment(picture, strength, dice)
    assert first.tobytes() == augment(picture, strength, random.Random(7)).tobytes()
    assert first.tobytes() != second.tobytes() and first.tobytes() != picture.tobytes()


def test_the_original_is_left_alone():
    picture = a_picture()
    before = picture.tobytes()
    augment(picture, "strong", random.Random(0))
    assert picture.tobytes() == before


def test_strong_changes_more_than_light():
    assert 0 < changed_by("light") < changed_by("strong")


def test_an_unknown_strength_is_a_sentence():
    with pytest.raises(PlaygroundError, match="no augmentation 'wild'"):
        augment(a_picture(), "wild", random.Random(0))
