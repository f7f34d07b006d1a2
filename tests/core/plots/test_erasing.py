"""A deletion figure shows the model's curve in orange, its control in grey, with units."""

import numpy as np
import pytest

from core.attribution.metrics.base import Band, Curve
from core.plots import theme
from core.plots.erasing import erasing


@pytest.fixture
def curve() -> Curve:
    fractions = np.linspace(0, 1, 5)
    band = Band("moved maps", np.array([[0.8, 0.7, 0.5, 0.2, 0.1], [0.8, 0.6, 0.3, 0.2, 0.1]]), fractions)
    return Curve("deletion", fractions, np.array([0.8, 0.4, 0.2, 0.1, 0.1]), {"shifted": band})


def test_both_lines_are_drawn_in_percent(curve):
    figure = erasing(curve, "cat", control="shifted")
    band, control, own = figure.data
    assert list(own.y) == pytest.approx([80, 40, 20, 10, 10]) and own.line.color == theme.FOR
    assert list(control.y) == pytest.approx([80, 65, 40, 20, 10]) and control.line.color == theme.CONTROL
    assert max(band.y) == pytest.approx(80) and len(band.x) == 10
    assert figure.layout.xaxis.title.text == "Erased, %" and figure.layout.yaxis.title.text == "P(class), %"


def test_names_stand_above_the_plot_and_class_names_are_literal(curve):
    figure = erasing(curve, "<b>cat", control="shifted", at=2)
    assert all(note.y == 1.0 and note.yanchor == "bottom" for note in figure.layout.annotations)
    assert "&lt;b&gt;cat" in figure.data[2].hovertemplate
    assert figure.layout.shapes[0].x0 == 50
    assert figure.layout.height == 180
