"""Do several methods tell the same story? Rank correlations between their maps, and with leaving out one word."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import kendalltau, spearmanr

GRID = 14  # cells a side: finer differences are noise for the eye
CAVEAT = "Methods that agree can be wrong together; methods that disagree cannot all be right."
TAU_CAVEAT = "Leaving out one word at a time is itself a method, blind to words that say the same thing twice."


def agreement(maps: Sequence[np.ndarray]) -> np.ndarray:
    """``(M, M)`` Spearman correlations between M maps ``(H, W)`` on a 14 × 14 grid, or between credits of W words.

    A map that is the same everywhere agrees with nothing: 0.
    """
    coarse = [coarsened(one) for one in maps]
    matrix = np.eye(len(maps))
    for i, one in enumerate(coarse):
        for j, other in enumerate(coarse[:i]):
            matrix[i, j] = matrix[j, i] = rank_correlation(one, other)
    return matrix


def mean_agreement(inputs: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """``(M, M)``: the mean of `agreement` over several inputs, each with its M maps in one order."""
    return np.mean([agreement(maps) for maps in inputs], axis=0)


def coarsened(one_map: np.ndarray) -> np.ndarray:
    """A map ``(H, W)`` as the means of at most 14 × 14 cells; a row of words as it is."""
    if one_map.ndim == 1:
        return one_map
    rows, columns = (np.array_split(np.arange(side), min(GRID, side)) for side in one_map.shape)
    return np.array([[one_map[np.ix_(row, column)].mean() for column in columns] for row in rows])


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's correlation in [-1, 1]; 0 where one of them does not vary."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one, other, axis=None)[0])  # pyright: ignore[reportArgumentType]


def leave_one_out_tau(values: np.ndarray, alone: np.ndarray) -> float:
    """Kendall's tau between the credit of W words and how far the logit falls without each alone ``(W,)``."""
    if len(values) < 2 or np.ptp(values) == 0 or np.ptp(alone) == 0:
        return 0.0
    return float(kendalltau(values, alone)[0])  # pyright: ignore[reportArgumentType]
