"""The input at one point of a deletion or insertion curve, so that a visitor can see what the model was shown there."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from core.attribution.base import PictureClassifier
from core.attribution.baselines import baseline_of
from core.attribution.metrics.base import Erased, steps_of
from core.attribution.metrics.controls import cell_grid, cell_sums
from core.attribution.metrics.deletion import Plan, erased, order


def picture_at(
    classifier: PictureClassifier, pixels: Tensor, one_map: np.ndarray, plan: Plan, kind: Erased, step: int
) -> Tensor:
    """``pixels (1, 3, H, W)`` as `deletion.trust_curves` showed them at ``step`` of its curve.

    Args:
        one_map: ``(H, W)``.
        step: index into the curve's ``fractions``.
    """
    rows, columns = cell_grid(pixels.shape[-2], pixels.shape[-1], plan.cell)
    count = int(steps_of(rows * columns, plan.steps)[step])
    gone = np.zeros(rows * columns, dtype=bool)
    gone[order(cell_sums(one_map, plan.cell))[:count]] = True
    gone = gone if kind == "deletion" else ~gone
    baseline = baseline_of(pixels, plan.baseline, classifier.mean, classifier.std, plan.seed)
    return erased(pixels, baseline, torch.from_numpy(gone.reshape(1, rows, columns)), plan.cell)


def words_at(values: Sequence[float], fraction: float, kind: Erased) -> list[bool]:
    """Which of W words are hidden once ``fraction`` of them is erased (or shown), strongest evidence first."""
    count = round(fraction * len(values))
    first = set(np.argsort(-np.asarray(values), kind="stable")[:count].tolist())
    return [(i in first) == (kind == "deletion") for i in range(len(values))]
