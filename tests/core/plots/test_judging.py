"""Figures over methods: every method has its row, gaps are told, nothing is cut off."""

import numpy as np

from core.attribution.trust import Figure
from core.plots import judging

SHOWN = Figure("Deletion", "Left is better.", "Not all.", "Area", {"A<b>": 0.2, "B": None}, {"A<b>": (0.3, 0.4)})


def test_dots_and_bands_stand_in_their_rows():
    made = judging.dots(SHOWN)
    bar, dots = made.data
    assert bar.base[0] == 0.3 and np.isnan(bar.base[1])  # pyright: ignore
    assert dots.x == (0.2, None) and "<b>" not in "".join(made.layout.yaxis.ticktext)  # pyright: ignore
    assert [note.text for note in made.layout.annotations] == ["none"]  # pyright: ignore


def test_an_axis_shows_at_least_its_limits_and_every_value():
    low, high = judging.dots(SHOWN).layout.xaxis.range  # pyright: ignore
    assert low < 0 and high > 1
    far = Figure("Time", "Short is better.", "Not all.", "Seconds", {"A": 30.0, "B": -2.0})
    low, high = judging.dots(far).layout.xaxis.range  # pyright: ignore
    assert low < -2 and high > 30


def test_half_of_the_grid_says_it_all():
    matrix = np.array([[1, 0.25, -0.5], [0.25, 1, 0.9], [-0.5, 0.9, 1]])
    made = judging.grid(["A", "B", "C"], matrix)
    assert np.isnan(np.asarray(made.data[0].z)[0, 1])  # pyright: ignore
    assert {note.text for note in made.layout.annotations} == {"0.25", "-0.50", "0.90"}  # pyright: ignore
    says = judging.grid_in_words(["A", "B", "C"], matrix)
    assert says == "Most alike: B and C (0.90); least: A and C (-0.50)."
    assert judging.grid_in_words(["A"], np.ones((1, 1))) == "One method alone has nothing to agree with."


def test_a_falling_line_begins_with_the_true_map():
    made = judging.falling_apart({"A": {0.5: 0.8, 1.0: 0.1}}, 0.7)
    assert made.data[0].x == (0, 50.0, 100.0) and made.data[0].y == (1.0, 0.8, 0.1)  # pyright: ignore
    assert made.layout.shapes[0].y0 == 0.7  # pyright: ignore


def test_figures_are_told_in_words():
    assert judging.in_words(SHOWN) == "Deletion. Left is better. A<b> 0.2 (control 0.3 to 0.4); B none."
