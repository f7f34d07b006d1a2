import numpy as np
import pytest

from core.data.labelled import LabelledTexts
from core.finetuning.report import Report, class_rows, figures, wilson
from core.finetuning.split import Split


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0), (500, 1000, 0.4691, 0.5309)],
)
def test_wilson_against_published_values(right: int, total: int, low: float, high: float) -> None:
    assert wilson(right, total) == pytest.approx((low, high), abs=1e-4)


def test_classes_by_hand() -> None:
    a, b, c = class_rows("abc", np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]]))
    assert (a.precision, a.recall, a.support) == (1.0, 0.75, 4) and a.f1 == pytest.approx(6 / 7)
    assert (b.precision, b.recall) == (0.8, 1.0)
    assert (c.precision, c.recall, c.f1) == (None, None, None)


def made() -> dict:
    data = LabelledTexts(tuple("abcdefgh"), (0, 0, 0, 1, 1, 0, 1, 0), ("no", "yes"), tuple("ABCDEFGH"))
    probs = np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4]])
    return figures(data, Split((0, 1, 2), (3,), (4, 5, 6, 7)), probs)


def test_figures_by_hand() -> None:
    found = made()
    assert found["confusion"] == ((1, 1), (1, 1))
    assert found["accuracy"] == 0.5 and found["macro_f1"] == 0.5
    assert found["majority_label"] == "no" and found["majority_accuracy"] == 0.5
    assert [answer.index for answer in found["answers"]] == [4, 5, 6, 7]
    assert found["answers"][1].prob == 0.7 and found["answers"][1].prob_of_target == 0.3


def report() -> Report:
    rest = {
        "kind": "text", "title": "T", "labels": ("no", "yes"), "base": "b", "base_title": "B", "strategy": "probe",
        "strategy_title": "Probe", "settings": {"seed": 1}, "seed": 1, "how": "So.", "history": ({"epoch": 1},),
        "best_epoch": 1, "trained_parameters": 2, "total_parameters": 3, "seconds": {"total": 1.0}, "stopped": False,
    }  # fmt: skip
    return Report(**rest, **made())


def test_a_report_survives_its_file() -> None:
    assert Report.from_json(report().to_json()) == report()


def test_the_surest_mistake_comes_first_and_cells_open() -> None:
    assert [answer.name for answer in report().mistakes()] == ["E", "F"]
    assert [answer.name for answer in report().cell(1, 0)] == ["E"]
    assert len(report().mistakes(1)) == 1


def test_the_verdict_says_when_nothing_is_proved() -> None:
    assert "does not exclude" in report().verdict
    assert "2 of 4 held-out" in report().verdict
