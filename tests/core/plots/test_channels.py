"""Channels as small pictures and bars, patches, and the strip of a long text."""

from typing import Any, cast

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from core.plots import channels, chunks, theme


def bar(figure: go.Figure) -> Any:
    return figure.data[0]


def test_a_tile_is_dark_where_silent_and_yellow_where_strongest():
    small = channels.tile(np.array([[0.0, 2.0], [-5.0, 1.0]]), 2.0, side=8)
    dark, full, below, half = (small.getpixel(at) for at in ((1, 1), (6, 1), (1, 6), (6, 6)))
    assert small.size == (8, 8) and dark == below and len({dark, full, half}) == 3
    assert sum(cast(tuple, full)) > sum(cast(tuple, half)) > sum(cast(tuple, dark))
    silent = np.asarray(channels.tile(np.zeros((2, 2)), 0.0, side=4))
    assert (silent == np.array(dark)).all()


def test_contributions_for_are_orange_against_blue_and_the_chosen_one_outlined():
    made = bar(channels.contributions({7: 0.5, 3: -0.2}, chosen=3))
    assert list(made.marker.color) == [theme.FOR, theme.AGAINST]
    assert list(made.customdata) == [7, 3] and list(made.text) == ["+0.50", "-0.20"]
    assert list(made.marker.line.width) == [0, 3]
    assert channels.contributions_in_words({7: 0.5}) == "channel 7 +0.50 logits"
    assert len(bar(channels.contributions({})).x) == 0


def test_a_patch_shows_the_cut_above_and_the_frame_below():
    picture = Image.new("RGB", (64, 64), (0, 0, 200))
    picture.paste((200, 0, 0), (32, 0, 64, 32))
    sheet = channels.patch(picture, (32, 0, 64, 32), side=64)
    assert sheet.getpixel((32, 32)) == (200, 0, 0, 255), "enlarged"
    assert sheet.getpixel((16, 64 + 4 + 50)) == (0, 0, 200, 255), "the whole"
    assert (255, 255, 255, 255) in [sheet.getpixel((x, 64 + 4 + 16)) for x in range(28, 40)], "framed"
    assert sheet.getpixel((10, 66)) == (0, 0, 0, 0), "clear between"


def test_channels_that_say_nothing_are_not_ranked():
    assert channels.ranked([0.1, 0.0, 3.0, -1.0, 2.0], 3) == [2, 4, 0]
    assert channels.ranked(np.array([0.0, -1.0]), 3) == []


def test_the_strip_is_as_wide_as_the_text_and_marks_the_current_chunk():
    made = chunks.strip(["a" * 30, "<b>" + "c" * 67], [0.2, 0.004], current=1)
    traced = bar(made)
    assert list(traced.x) == [0, 30] and list(traced.y) == [20.0, 0.4]
    assert list(traced.marker.color) == [theme.CONTROL, theme.FOR]
    assert list(traced.customdata) == [1, 2] and list(traced.text) == ["1<br>20 %", "<b>2</b><br>under 1 %"]
    assert traced.width[1] == pytest.approx(70, rel=0.02)
    assert "&lt;b&gt;" in traced.hovertext[1] and "…" in traced.hovertext[1] and "<b>" not in traced.hovertext[1]
    assert chunks.in_words([0.2, 0.004], 1) == "chunk 1 20 %; chunk 2 under 1 %. The page speaks of chunk 2."
