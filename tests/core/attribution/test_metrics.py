"""Erasing, inserting and adding up, on models where the right answer is known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.attribution import METHODS_BY_NAME, explain
from core.attribution.guard import hook_count
from core.attribution.metrics.base import Band, Curve, area, steps_of
from core.attribution.metrics.completeness import Gap, completeness
from core.attribution.metrics.controls import cell_sums, elsewhere
from core.attribution.metrics.deletion import Plan, erased, order, scattered_bands, trust_curves
from core.attribution.metrics.text_deletion import trust_text_curves
from core.attribution.words import words
from tests.core.attribution import fakes

PLAN = Plan(cell=4, steps=8, baseline="black", draws=4)


class Corner(nn.Module):
    """Looks only at the brightness of the upper-left 8×8 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(8.0))

    def forward(self, pixels: Tensor) -> Tensor:
        bright = pixels[:, :, :8, :8].mean((1, 2, 3)) * self.scale
        return torch.stack([bright, -bright, torch.zeros_like(bright)], 1)


@pytest.fixture
def corner():
    return fakes.FakePictures(Corner())


def logits(classifier, *inputs: Tensor) -> Tensor:
    """The classifier's answer in evaluation mode, without gradient."""
    classifier.model.eval()
    with torch.no_grad():
        return classifier.forward(*inputs)


@pytest.fixture
def bright() -> Tensor:
    return torch.full((1, 3, fakes.SIDE, fakes.SIDE), 0.5)


def right_map() -> np.ndarray:
    right = np.zeros((fakes.SIDE, fakes.SIDE))
    right[:8, :8] = 1.0
    return right


def test_the_true_map_beats_both_controls_and_its_opposite_loses(corner, bright):
    scattered = scattered_bands(corner, bright, 0, PLAN)
    right = trust_curves(corner, bright, right_map(), 0, PLAN, scattered)
    wrong = trust_curves(corner, bright, -right_map(), 0, PLAN)
    assert np.array_equal(right["deletion"].controls["scattered"].draws, wrong["deletion"].controls["scattered"].draws)
    for kind in ("deletion", "insertion"):
        for control in ("scattered", "shifted"):
            assert right[kind].beats(control) is True
        assert wrong[kind].beats("scattered") is False
    assert right["deletion"].auc < 0.2 < 0.7 < wrong["deletion"].auc


def test_curves_start_and_end_at_the_picture_and_the_baseline(corner, bright):
    curves = trust_curves(corner, bright, right_map(), 0, PLAN)
    whole = float(logits(corner, bright).softmax(-1)[0, 0])
    nothing = float(logits(corner, -torch.ones_like(bright)).softmax(-1)[0, 0])
    deletion, insertion = curves["deletion"], curves["insertion"]
    assert (deletion.probs[0], deletion.probs[-1]) == pytest.approx((whole, nothing))
    assert (insertion.probs[0], insertion.probs[-1]) == pytest.approx((nothing, whole))
    assert (deletion.fractions[0], deletion.fractions[-1]) == (0.0, 1.0)
    assert deletion.controls["shifted"].draws.shape == (4, 9)


def test_a_curve_equals_erasing_by_hand(corner, bright):
    curves = trust_curves(corner, bright, right_map(), 0, PLAN)
    curve, by_hand = curves["deletion"], []
    for fraction in curve.fractions:
        picture = bright.clone()
        for cell in order(cell_sums(right_map(), 4))[: round(fraction * 64)]:
            top, left = 4 * (cell // 8), 4 * (cell % 8)
            picture[:, :, top : top + 4, left : left + 4] = -1.0
        by_hand.append(float(logits(corner, picture).softmax(-1)[0, 0]))
    assert curve.probs == pytest.approx(by_hand, abs=1e-6)


def test_the_same_seed_gives_the_same_controls_and_the_model_is_left_alone(corner, bright):
    corner.model.train()
    one, two = (trust_curves(corner, bright, right_map(), 0, PLAN)["deletion"] for _ in range(2))
    other = trust_curves(corner, bright, right_map(), 0, Plan(4, 8, "black", 4, seed=1))["deletion"]
    assert np.array_equal(one.controls["scattered"].draws, two.controls["scattered"].draws)
    assert not np.array_equal(one.controls["scattered"].draws, other.controls["scattered"].draws)
    assert corner.model.training and corner.model.scale.requires_grad and hook_count(corner.model) == 0


def test_a_map_times_a_hundred_gives_the_same_curve(corner, bright):
    noisy = right_map() + np.random.default_rng(0).normal(size=right_map().shape)
    one, two = (trust_curves(corner, bright, m, 0, PLAN) for m in (noisy, 100 * noisy))
    assert np.array_equal(one["deletion"].probs, two["deletion"].probs)


def test_the_moved_map_keeps_its_values_and_leaves_its_place():
    grid = np.zeros((14, 14))
    grid[2:5, 2:5] = np.arange(1, 10).reshape(3, 3)
    for seed in range(20):
        moved = elsewhere(grid, np.random.default_rng(seed))
        assert sorted(moved.ravel()) == sorted(grid.ravel())
        assert not np.array_equal(moved, grid)
        filled = np.abs(np.diff((moved > 0).astype(int), axis=0)).sum()
        assert filled <= 12  # it is still in at most four clumps


def test_cells_at_the_edge_may_be_smaller():
    sums = cell_sums(np.ones((10, 7)), 4)
    assert sums.tolist() == [[16, 12], [16, 12], [8, 6]]
    gone = torch.zeros(1, 3, 2, dtype=torch.bool)
    gone[0, 2, 1] = True
    holes = erased(torch.ones(1, 3, 10, 7), torch.zeros(1, 3, 10, 7), gone, 4)
    assert int((holes == 0).sum()) == 3 * 6


def test_steps_never_exceed_the_parts():
    assert steps_of(3, 20).tolist() == [0, 1, 2, 3]
    assert steps_of(196, 20)[-1] == 196 and len(steps_of(196, 20)) == 21
    assert steps_of(0, 20).tolist() == [0]


def test_area_and_verdict():
    fractions = np.array([0.0, 0.5, 1.0])
    assert area(fractions, [1, 1, 1]) == 1.0
    band = Band("x", np.array([[1, 0.6, 0], [1, 0.4, 0]]), fractions)
    assert Curve("deletion", fractions, np.array([1, 0.1, 0]), {"c": band}).beats("c") is True
    assert Curve("deletion", fractions, np.array([1, 0.9, 0]), {"c": band}).beats("c") is False
    assert Curve("deletion", fractions, np.array([1, 0.5, 0]), {"c": band}).beats("c") is None
    assert Curve("insertion", fractions, np.array([0, 0.1, 1]), {"c": band}).beats("c") is False


@pytest.mark.parametrize("name", ["Layer integrated gradients", "Token ablation"])
def test_hiding_words_in_order_of_credit_beats_random_order(name):
    texts, encoding = fakes.bag(), fakes.encoding()
    target = int(logits(texts, encoding.input_ids, encoding.attention_mask).argmax())
    made = explain(texts, METHODS_BY_NAME[name], encoding, target)
    values = [word.value for word in words(encoding, made.values)]
    curves = trust_text_curves(texts, encoding, values, target, draws=12)
    assert curves["deletion"].auc <= min(curves["deletion"].controls["shuffled"].aucs) + 1e-6
    assert curves["insertion"].auc >= max(curves["insertion"].controls["shuffled"].aucs) - 1e-6
    assert curves["deletion"].fractions.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_text_curves_start_and_end_at_the_text_and_the_bare_marks():
    texts, encoding = fakes.bag(), fakes.encoding()
    curves = trust_text_curves(texts, encoding, [3, 2, 1], 0, hide="pad")
    whole = float(logits(texts, encoding.input_ids, encoding.attention_mask).softmax(-1)[0, 0])
    marks = torch.tensor([[5, 6]])
    nothing = float(logits(texts, marks, torch.ones_like(marks)).softmax(-1)[0, 0])
    assert curves["deletion"].probs[[0, -1]] == pytest.approx([whole, nothing], abs=1e-6)
    assert curves["insertion"].probs[[0, -1]] == pytest.approx([nothing, whole], abs=1e-6)


def test_completeness_adds_up():
    classifier, pixels = fakes.convolutional(), fakes.pixels()
    made = explain(classifier, METHODS_BY_NAME["Integrated gradients"], pixels, 1, n_steps=200, baseline="white")
    gap = completeness(made)
    assert gap is not None and made.baseline is not None
    moved = float((logits(classifier, pixels) - logits(classifier, made.baseline))[0, 1])
    assert gap.moved == pytest.approx(moved, abs=1e-4)
    assert gap.gap == pytest.approx(float(made.values.sum()) - moved, abs=1e-4)
    assert gap.share < 0.05


def test_methods_without_a_sum_have_no_gap():
    made = explain(fakes.convolutional(), METHODS_BY_NAME["Saliency"], fakes.pixels(), 1)
    assert completeness(made) is None
    assert Gap(0.0, 0.0).share == 0 and Gap(0.1, 0.0).share == float("inf") and Gap(0.05, -10.0).good
