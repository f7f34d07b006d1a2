"""A report in pictures: confusions, classes, the standing beside controls, the threshold."""

import numpy as np
import pytest

from core.data.labelled import LabelledTexts
from core.finetuning.metrics import figures
from core.finetuning.report import Control, Report
from core.finetuning.split import Split
from core.finetuning.threshold import coverage as covered
from core.finetuning.threshold import curve
from core.plots import confusion, standing
from core.plots.coverage import coverage

REST = {
    "kind": "text", "title": "T", "base": "b", "base_title": "B", "strategy": "probe",
    "strategy_title": "Probe", "settings": {}, "seed": 1, "how": "So.", "history": (), "best_epoch": 1,
    "trained_parameters": 2, "total_parameters": 3, "seconds": {"total": 1.0}, "stopped": False,
}  # fmt: skip
LABELS = ("no", "<b>yes</b>")
PARTS = Split((0, 1, 2), (3,), (4, 5, 6, 7))


@pytest.fixture
def report() -> Report:
    data = LabelledTexts(tuple("abcdefgh"), (0, 0, 0, 1, 1, 0, 1, 0), LABELS, tuple("ABCDEFGH"))
    probs = np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4]])
    scratch = Control("scratch", "From <random> weights", 0.25, 0.1, 0.6, 0.2, "So.", 0.0, 0.5)
    return Report(**REST, labels=LABELS, **figures(data, PARTS, probs), controls=(scratch,))


@pytest.fixture
def multi() -> Report:
    sets = ((0,), (0, 1), (0,), (1,), (0, 1), (1,), (0,), (0, 1))
    data = LabelledTexts(tuple("abcdefgh"), tuple(s[-1] for s in sets), LABELS, tuple("ABCDEFGH"), target_sets=sets)
    probs = np.array([[0.9, 0.8], [0.3, 0.7], [0.9, 0.8], [0.6, 0.4]])
    return Report(**REST, labels=LABELS, **figures(data, PARTS, probs))


def test_cells_carry_counts_and_what_they_are(report: Report) -> None:
    figure = confusion.confusion(report)
    heat, points = figure.data
    assert [(note.x, note.y, note.text) for note in figure.layout.annotations][1] == (1, 0, "1")
    assert heat.z[0][0] == 0.5
    assert [tuple(c) for c in points.customdata] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert (points.x[1], points.y[1]) == (1, 0) and points.marker.opacity == 0
    assert "&lt;b&gt;" in points.hovertext[1] and "<b>" not in points.hovertext[1]


def test_words_say_the_same(report: Report) -> None:
    said = confusion.describe(report)
    assert "2 of 4" in said and "once" in said


def test_several_classes_are_drawn_as_bars(multi: Report) -> None:
    figure = confusion.class_bars(multi)
    assert [list(bar.x) for bar in figure.data] == [[3, 2], [0, 1], [0, 1]]
    assert "1 of 3 missed, 1 times wrongly given" in confusion.describe(multi)


def test_every_model_stands_on_the_whole_scale(report: Report) -> None:
    figure = standing.standing(report)
    texts = [note.text for note in figure.layout.annotations]
    assert texts[:3] == ["accuracy 50", f"macro-F1 {100 * report.macro_f1:.0f}", "This model"]
    assert texts[-1] == "From &lt;random&gt; weights" and "accuracy 25" in texts
    assert tuple(figure.layout.xaxis.range) == (-2, 103)
    assert list(figure.data[0].x) == pytest.approx([100 * report.low, 100 * report.high])
    assert "This model: accuracy 50 %" in standing.says(report)


def test_the_threshold_shows_what_is_answered_and_right(report: Report) -> None:
    at = covered(report.answers, 0.65)
    assert (at.answered, at.right, at.total) == (3, 1, 4) and at.accuracy == pytest.approx(1 / 3)
    assert covered(report.answers, 0.95).accuracy is None
    figure = coverage(curve(report.answers), 0.65)
    assert figure.data[0].y[0] == 50 and figure.data[1].y[0] == 100
    assert figure.layout.shapes[0].x0 == 65 and max(figure.data[0].x) <= 90
