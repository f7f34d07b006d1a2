import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, multilabel_confusion_matrix

from core.data.labelled import LabelledTexts, target_matrix
from core.finetuning import metrics
from core.finetuning.metrics import class_rows, figures, wilson
from core.finetuning.report import Control, Report
from core.finetuning.split import Split


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0), (500, 1000, 0.4691, 0.5309)],
)
def test_wilson_against_published_values(right: int, total: int, low: float, high: float) -> None:
    assert wilson(right, total) == pytest.approx((low, high), abs=1e-4)


def matrix(*sets: tuple[int, ...], classes: int = 3) -> np.ndarray:
    return np.array([[k in own for k in range(classes)] for own in sets])


def test_classes_by_hand() -> None:
    truth = matrix((0,), (0,), (0,), (0,), (1,), (1,), (1,), (1,))
    given = matrix((0,), (0,), (0,), (1,), (1,), (1,), (1,), (1,))
    a, b, c = class_rows("abc", truth, given)
    assert (a.precision, a.recall, a.support) == (1.0, 0.75, 4) and a.f1 == pytest.approx(6 / 7)
    assert (a.tp, a.fp, a.fn, a.tn) == (3, 0, 1, 4)
    assert (b.precision, b.recall) == (0.8, 1.0)
    assert (c.precision, c.recall, c.f1) == (None, None, None)


def several() -> tuple[LabelledTexts, np.ndarray]:
    """Fourteen texts with up to three classes, and probabilities for all but the first two."""
    dice = np.random.default_rng(4)
    truth = dice.random((14, 3)) < 0.5
    truth[~truth.any(1), 0] = True
    sets = tuple(tuple(int(k) for k in row.nonzero()[0]) for row in truth)
    data = LabelledTexts(
        tuple(f"text {i}" for i in range(14)), tuple(own[0] for own in sets), ("a", "b", "c"), (), target_sets=sets
    )
    return data, np.clip(truth[2:] * 0.4 + dice.random((12, 3)) * 0.6, 0, 1)


def test_several_classes_against_scikit_learn() -> None:
    data, probs = several()
    found = figures(data, Split((0, 1), (), tuple(range(2, 14))), probs)
    truth, given = target_matrix(data)[2:], probs >= 0.5
    assert found["problem"] == "multi_label" and found["confusion"] == ()
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, given))
    assert found["macro_f1"] == pytest.approx(f1_score(truth, given, average="macro"))
    assert found["micro_f1"] == pytest.approx(f1_score(truth, given, average="micro"))
    for row, ((tn, fp), (fn, tp)) in zip(found["per_class"], multilabel_confusion_matrix(truth, given), strict=True):
        assert (row.tp, row.fp, row.fn, row.tn) == (tp, fp, fn, tn)
    assert found["answers"][0].targets == data.target_sets[2]
    assert sum(answer.right for answer in found["answers"]) == round(found["accuracy"] * 12)


def test_the_bootstrap_of_a_difference_is_that_of_numpy() -> None:
    dice = np.random.default_rng(0)
    right, others = dice.random(400) < 0.8, dice.random(400) < 0.7
    low, high = metrics.gain_interval(right, others, seed=1)
    difference = right.astype(float) - others
    middle, half = difference.mean(), 1.96 * difference.std() / 20  # for 400 the normal law holds
    assert (low, high) == pytest.approx((middle - half, middle + half), abs=0.01)
    rows = np.random.default_rng(7).integers(0, 400, (4000, 400))
    assert (low, high) == pytest.approx(tuple(np.percentile(difference[rows].mean(1), (2.5, 97.5))), abs=0.01)
    assert metrics.gain_interval(right, right, seed=1) == (0.0, 0.0)


def test_the_interval_of_f1_resamples_examples() -> None:
    data, probs = several()
    truth, given = target_matrix(data)[2:] > 0, probs >= 0.5
    low, high = metrics.f1_interval(truth, given, seed=3)
    rows = np.random.default_rng(5).integers(0, 12, (2000, 12))
    f1s = [metrics.macro_f1(truth[some], given[some]) for some in rows]
    assert (low, high) == pytest.approx(tuple(np.percentile(f1s, (2.5, 97.5))), abs=0.04)
    assert metrics.f1_interval(truth, given, seed=3) == (low, high)
    assert metrics.f1_interval(truth, truth, seed=3) == (1.0, 1.0)


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


CONTROL = Control("majority", "Always 'no'", 0.5, 0.1, 0.9, 0.33, "It says.", -0.2, 0.3)


def test_a_report_survives_its_file() -> None:
    told = replace(report(), controls=(CONTROL,))
    assert Report.from_json(told.to_json()) == told


def test_a_report_of_an_earlier_version_is_read() -> None:
    fields = json.loads(report().to_json())
    for name in ("problem", "weights", "base_hub_id", "base_licence", "f1_low", "f1_high", "micro_f1", "controls"):
        del fields[name]
    for answer in fields["answers"]:
        del answer["targets"], answer["predicted_set"]
    for row in fields["per_class"]:
        del row["tp"], row["fp"], row["fn"], row["tn"]
    read = Report.from_json(json.dumps(fields))
    assert read.f1_low is None and read.controls == () and not read.multi_label
    assert [answer.right for answer in read.answers] == [answer.right for answer in report().answers]


def test_the_surest_mistake_comes_first_and_cells_open() -> None:
    assert [answer.name for answer in report().mistakes()] == ["E", "F"]
    assert [answer.name for answer in report().cell(1, 0)] == ["E"]
    assert len(report().mistakes(1)) == 1


def test_the_verdict_says_when_nothing_is_proved() -> None:
    assert "does not exclude" in report().verdict
    assert "2 of 4 held-out" in report().verdict
