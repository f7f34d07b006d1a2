"""Curves: labels at their ends that do not overlap, gaps where a loss is no number."""

import math

import pytest

from core.plots.curves import Curve, curves, spread


def draw(**values):
    return curves(range(3), [Curve(k, v, "#8A90A0") for k, v in values.items()], x_title="steps", y_title="loss")


def test_each_line_is_named_right_of_its_end():
    made = draw(train=[3.0, 2, 1], val=[3.0, 2.5, 2.25])
    assert {a.text for a in made.layout.annotations} == {"train 1", "val 2.25"}
    assert all(a.xref == "paper" and a.x == 1 and a.xanchor == "left" for a in made.layout.annotations)
    assert made.layout.margin.r > 7 * len("val 2.25")
    assert not made.layout.showlegend


def test_a_loss_that_is_no_number_leaves_a_gap():
    made = draw(train=[1.0, math.nan, math.inf])
    assert list(made.data[0].y) == [1.0, None, None]
    assert not made.layout.annotations
    assert draw(train=[math.nan]).layout.yaxis.range == (0, 1.05)


def test_labels_keep_their_order_and_their_distance():
    assert spread({"a": 0.5, "b": 0.5, "c": 0.52}, 0.1) == pytest.approx({"a": 0.5, "b": 0.6, "c": 0.7})
    assert spread({"high": 0.9, "low": 0.1}, 0.1) == {"low": 0.1, "high": 0.9}
    assert spread({"a": 0.96, "b": 0.97}, 0.1) == pytest.approx({"a": 0.9, "b": 1.0})  # nothing leaves the plot


def test_a_name_is_shown_literally():
    made = draw(**{"<b>x</b>": [1.0, 1, 1]})
    assert "<b>" not in made.layout.annotations[0].text and "<b>" not in made.data[0].hovertemplate.split("<br>")[0]
