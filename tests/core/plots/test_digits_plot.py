"""Sheets and strips of small pictures: safe, with words, and the grid that is taken home in reading order."""

import io
from typing import Any

import numpy as np
from PIL import Image

from core.plots import digits as plots

ONE = np.full((28, 28), 200, np.uint8)


def test_words_are_escaped_and_what_is_amiss_is_framed():
    cells = [plots.Cell(ONE, "a <b>", "<i>", beside=ONE, note="&", marked=True), plots.Cell(ONE, "fine")]
    drawn = plots.sheet(cells)
    assert "<b>" not in drawn and "<i>" not in drawn and "&lt;i&gt;" in drawn and "&amp;" in drawn
    assert drawn.count("outline:") == 1 and drawn.count("<img") == 3
    assert plots.strip([ONE, ONE], ["x", "y"], chosen=1).count("outline:") == 1


def test_the_grid_is_in_reading_order_and_each_pixel_is_as_large_as_asked():
    images = np.stack([np.full((28, 28), 10 * n, np.uint8) for n in range(5)])
    sheet = plots.grid(images, 3)
    assert sheet.shape == (60, 90)
    assert [sheet[15, 15 + 30 * n] for n in range(3)] == [0, 10, 20] and sheet[45, 15] == 30 and sheet[45, 75] == 0
    assert Image.open(io.BytesIO(plots.png(sheet, 3))).size == (270, 180)


def test_the_map_has_places_to_click_and_real_digits():
    places = np.array([[0.5, -1.0], [1.0, 2.0]])
    figure: Any = plots.latent_map(ONE, 2.5, places, np.array([3, 8]), (0.0, 0.0), ticks=4)
    assert len(figure.data[0].x) == 16 and list(figure.data[1].text) == ["3", "8"]
    assert figure.layout.images[0].y > 0 and figure.layout.images[0].sizex > 5
