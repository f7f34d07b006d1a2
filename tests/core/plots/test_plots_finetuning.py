import numpy as np
import pytest

from core.data.labelled import LabelledTexts
from core.finetuning.report import Report, figures
from core.finetuning.split import Split
from core.plots import finetuning as plots

HISTORY = [
    {"epoch": e, "train_loss": 1 / e, "val_loss": 1.2 / e, "train_accuracy": 1 - 0.3 / e, "val_accuracy": 1 - 0.4 / e}
    for e in range(1, 6)
]


@pytest.fixture
def report() -> Report:
    labels = ("no", "<b>yes</b>")
    data = LabelledTexts(tuple("abcdefgh"), (0, 0, 0, 1, 1, 0, 1, 0), labels, tuple("ABCDEFGH"))
    probs = np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4]])
    rest = {
        "kind": "text", "title": "T", "labels": labels, "base": "b", "base_title": "B", "strategy": "probe",
        "strategy_title": "Probe", "settings": {}, "seed": 1, "how": "So.", "history": (), "best_epoch": 1,
        "trained_parameters": 2, "total_parameters": 3, "seconds": {"total": 1.0}, "stopped": False,
    }  # fmt: skip
    return Report(**rest, **figures(data, Split((0, 1, 2), (3,), (4, 5, 6, 7)), probs))


def test_curves_name_themselves_at_their_ends() -> None:
    figure = plots.accuracy_curves(HISTORY, best_epoch=4)
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["training 94", "validation 92", "kept"]
    assert list(figure.data[1].y) == pytest.approx([100 * r["val_accuracy"] for r in HISTORY])
    heights = [note.y for note in figure.layout.annotations[:2]]
    assert abs(heights[0] - heights[1]) >= 10


@pytest.mark.parametrize("history", [[], HISTORY[:1], HISTORY])
def test_curves_of_any_length_draw(history: list) -> None:
    for draw in (plots.loss_curves, plots.accuracy_curves):
        figure = draw(history)
        assert all(len(trace.x) == len(history) for trace in figure.data)


def test_cells_carry_counts_and_what_they_are(report: Report) -> None:
    figure = plots.confusion(report)
    heat = figure.data[0]
    assert [(note.x, note.y, note.text) for note in figure.layout.annotations][1] == (1, 0, "1")
    assert tuple(heat.customdata[0][1]) == (0, 1)
    assert heat.z[0][0] == 0.5
    assert "&lt;b&gt;" in heat.hovertext[0][1] and "<b>" not in heat.hovertext[0][1]


def test_accuracy_stands_on_the_whole_scale_beside_the_majority(report: Report) -> None:
    figure = plots.accuracy(report)
    assert tuple(figure.layout.xaxis.range) == (-2, 103)
    assert [note.text for note in figure.layout.annotations] == ["this model 50", "majority class 50"]
    assert list(figure.data[0].x) == pytest.approx([100 * report.low, 100 * report.high])


def test_words_say_the_same(report: Report) -> None:
    assert "2 of 4" in plots.describe(report) and "once" in plots.describe(report)
