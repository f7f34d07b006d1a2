"""Every toy set is balanced, near standard size, reproducible, and as hard as its words say."""

import numpy as np
import pytest

from core.data.toy import TOY_SETS, TOY_SETS_BY_NAME


@pytest.mark.parametrize("toy", TOY_SETS, ids=lambda toy: toy.name)
def test_points_and_labels(toy):
    points, labels = toy.draw(400, np.random.default_rng(0))
    again, _ = toy.draw(400, np.random.default_rng(0))
    assert points.shape == (400, 2) and labels.shape == (400,)
    assert set(labels) == {0, 1} and 0.4 < labels.mean() < 0.6
    assert np.abs(points).max() <= 2.6 and 0.5 < points.std() < 1.5
    np.testing.assert_array_equal(points, again)


def best_line(name: str) -> float:
    """Accuracy of the least-squares line, a lower bound on what one straight line can do."""
    points, labels = TOY_SETS_BY_NAME[name].draw(1000, np.random.default_rng(1))
    x = np.column_stack([points, np.ones(len(points))])
    w = np.linalg.lstsq(x, 2 * labels - 1, rcond=None)[0]
    return float(((x @ w > 0) == (labels == 1)).mean())


def test_only_the_clouds_yield_to_a_line():
    assert best_line("gaussians") > 0.97
    for name in ("circles", "xor", "spirals"):
        assert best_line(name) < 0.75, name


def test_circles_are_parted_by_their_radius():
    points, labels = TOY_SETS_BY_NAME["circles"].draw(500, np.random.default_rng(2))
    radius = np.hypot(*points.T)
    assert radius[labels == 1].max() < radius[labels == 0].min()


def test_an_odd_number_of_points():
    for toy in TOY_SETS:
        assert len(toy.draw(21, np.random.default_rng(0))[0]) == 21
