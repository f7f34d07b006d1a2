"""The digits that ship: whole, small, apart from each other, and found again."""

import numpy as np
import pytest

from core.data import digits


def test_they_are_whole_and_small():
    learned, unseen = digits.learned(), digits.unseen()
    assert digits.FILE.stat().st_size <= 300_000
    assert len(learned.images) == len(learned.labels) == 6009 and learned.images.max() == 255
    assert np.bincount(unseen.labels).tolist() == [10] * 10
    assert len(np.unique(learned.images)) == digits.SHADES and learned.of(3).shape[1:] == (28, 28)


def test_a_learned_digit_is_its_own_nearest_and_an_unseen_one_is_apart():
    rows, distances = digits.nearest(digits.learned().images[[5, 4000]])
    assert rows.tolist() == [5, 4000] and distances.max() < 1e-3
    assert digits.nearest(digits.unseen().images)[1].min() > 0.05
    black = np.zeros((1, 28, 28), np.uint8)
    row, distance = digits.nearest(black)
    assert distance[0] == pytest.approx(np.sqrt(np.mean((digits.learned().images[row[0]] / 255) ** 2)), rel=1e-4)
