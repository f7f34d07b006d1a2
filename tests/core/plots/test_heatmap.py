"""The colours of a heat map mean what the page says."""

import numpy as np
import pytest
from PIL import Image

from core.plots.heatmap import overlay, robust_scale

WHITE = Image.new("RGB", (8, 6), "white")


def pixel(image: Image.Image, row: int, column: int) -> tuple[int, int, int]:
    return tuple(int(v) for v in np.asarray(image)[row, column])  # pyright: ignore[reportReturnType]


def test_orange_is_for_blue_is_against_and_grey_is_neither():
    values = np.zeros((6, 8))
    values[0, 0], values[5, 7] = 2.0, -2.0
    drawn = overlay(WHITE, values, signed=True, opacity=1.0)
    assert pixel(drawn.image, 0, 0) == (0xD9, 0x77, 0x2B) and pixel(drawn.image, 5, 7) == (0x3B, 0x6F, 0xB6)
    r, g, b = pixel(drawn.image, 3, 3)
    assert r == g == b
    assert drawn.image.size == WHITE.size


def test_unsigned_maps_have_no_blue():
    values = np.full((6, 8), -1.0)
    assert pixel(overlay(WHITE, values, signed=False, opacity=1.0).image, 2, 2) == (0xD9, 0x77, 0x2B)


def test_the_scale_is_robust_told_and_can_be_shared():
    values = np.ones((100, 100))
    values[0, 0] = 1000.0
    drawn = overlay(Image.new("RGB", (100, 100)), values, signed=True, opacity=1.0)
    assert drawn.scale == 1.0
    shared = overlay(Image.new("RGB", (100, 100)), values, signed=True, opacity=1.0, scale=10.0)
    assert shared.scale == 10.0 and pixel(shared.image, 50, 50) != pixel(drawn.image, 50, 50)


def test_a_map_of_zeros_is_the_grey_picture():
    assert robust_scale(np.zeros((4, 4))) == 0.0
    r, g, b = pixel(overlay(WHITE, np.zeros((6, 8)), signed=True).image, 0, 0)
    assert r == g == b


def test_a_small_map_is_enlarged_and_smoothing_keeps_a_flat_one():
    drawn = overlay(WHITE.resize((40, 30)), np.full((6, 8), 3.0), signed=True, smooth=1.0)
    assert drawn.image.size == (40, 30) and drawn.scale == pytest.approx(3.0)
    assert len({pixel(drawn.image, r, c) for r in (0, 15, 29) for c in (0, 20, 39)}) == 1
