"""Marks: where they belong, named, and nothing else changed."""

import numpy as np
from PIL import Image

from core.plots import marks

GREY = Image.new("RGB", (96, 48), (120, 120, 120))


def test_a_box_is_drawn_where_it_is():
    drawn = np.asarray(marks.boxes(GREY, np.array([[24.0, 24, 48, 36]]), ["key 0.90"])).astype(int)
    assert drawn.shape == (360, 720, 3)
    changed = np.abs(drawn - 120).sum(2) > 30
    rows, columns = np.nonzero(changed)
    assert 172 <= columns.min() <= 182 and 355 <= columns.max() <= 366 and 263 <= rows.max() <= 276
    assert not changed[200:250, 200:340].any()  # inside it nothing is hidden
    assert np.asarray(marks.boxes(GREY, np.empty((0, 4)), [])).std() == 0


def test_a_mask_tints_only_what_is_named_in_colours():
    kinds = np.zeros((48, 96), int)
    kinds[:, 48:] = 1
    drawn = np.asarray(marks.mask(GREY, kinds, ("background", "key"), {1: "#0072B2"}, 0.5)).astype(int)
    assert (drawn[:, :340] == 120).all() and (drawn[20, 600] == [60, 117, 149]).all()
    assert marks.swatch("#0072B2", "<key>").startswith("data:image/svg+xml;base64,")
