"""How many blocks a probe should keep: the depth whose features tell the classes apart best on examples left out."""

import torch
from torch import Tensor

from core.finetuning.backbone import Backbone
from core.finetuning.objective import Objective

MOST_ROWS = 2000  # of which the errors are computed
_RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0)  # times the number of features


def best_depth(backbone: Backbone, features: Tensor, objective: Objective, rows: list[int]) -> int:
    """The depth of ``features (N, F)`` with the lowest leave-one-out error on ``rows``; milliseconds."""
    if len(backbone.depths) == 1:
        return backbone.depths[0]
    rows = rows[:: -(-len(rows) // MOST_ROWS)]
    targets = objective.targets[rows]
    wanted = targets if targets.ndim == 2 else torch.nn.functional.one_hot(targets, objective.classes).float()
    errors = {depth: left_out_error(backbone.at_depth(features, depth)[rows], wanted) for depth in backbone.depths}
    return min(errors, key=lambda depth: errors[depth])


def left_out_error(features: Tensor, wanted: Tensor) -> float:
    """Mean squared error of ridge regression on examples that it was not fitted to, at the best of some ridges.

    One decomposition gives all fits without one example (Allen 1974): the residual divided by ``1 - h``, where ``h`` is
    the example's own weight in its prediction.

    Args:
        features: ``(N, D)``. wanted: ``(N, K)``.
    """
    centred = features - features.mean(0)
    u, sizes, _ = torch.linalg.svd(centred / centred.std(0, correction=0).clamp(min=1e-6), full_matrices=False)
    residuals = wanted - wanted.mean(0)
    errors = []
    for ridge in _RIDGES:
        shrink = sizes.square() / (sizes.square() + ridge * features.shape[1])
        own = (u.square() * shrink).sum(1) + 1 / len(features)
        left = (residuals - (u * shrink) @ (u.T @ residuals)) / (1 - own)[:, None]
        errors.append(float(left.square().mean()))
    return min(errors)
