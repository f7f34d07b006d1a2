"""LIME: hide random sets of parts and fit a straight line to the answers, near sets weighing more."""

from functools import partial

import torch
from torch import Tensor

from core.attribution.base import Attribution, Encoding, Method
from core.attribution.coalitions import (
    REGIONS,
    SEED,
    UNITS,
    Game,
    answers,
    play_picture,
    play_text,
    samples,
    seeded,
)
from core.attribution.watch import Watched
from core.params import FloatRange

WIDTH = 0.25  # of the kernel, as in the authors' code


def lime(game: Game, *, n_samples: int, ridge: float, generator: torch.Generator) -> Tensor:
    """``(P,)`` in logits: the slopes of a weighted ridge regression of the answer on who is present (Ribeiro 2016).

    Each part is present with probability one half; a set weighs by its cosine distance to the whole.
    """
    present = torch.rand(n_samples, game.players, generator=generator) < 0.5
    present[0] = True
    return fit(present, answers(game, present, partial(fit, ridge=ridge)), ridge=ridge)


def fit(present: Tensor, logits: Tensor, *, ridge: float) -> Tensor:
    """The slopes ``(P,)`` of ``logits (N,)`` on ``present (N, P)``, the intercept not shrunk."""
    weights = nearness(present)
    x, y = present.double(), logits.double()
    mean = weights @ x / weights.sum()
    x, y = x - mean, y - weights @ y / weights.sum()
    gram = (x * weights[:, None]).T @ x + ridge * torch.eye(x.shape[1], dtype=x.dtype)
    return (torch.linalg.pinv(gram, hermitian=True) @ (x.T @ (weights * y))).float()


def nearness(present: Tensor) -> Tensor:
    """``(N,)``: ``sqrt(exp(-d² / width²))`` with d the cosine distance between a set and the whole."""
    distance = 1 - present.double().mean(1).sqrt()
    return (-(distance**2) / WIDTH**2).exp().sqrt()


def _picture(
    classifier: Watched,
    pixels: Tensor,
    target: int,
    *,
    n_samples: int,
    ridge: float,
    regions: str,
    count: int,
    baseline: str,
    seed: int,
) -> Attribution:
    solve = partial(lime, n_samples=n_samples, ridge=ridge, generator=seeded(seed))
    return play_picture(classifier, pixels, target, solve, baseline, regions, count, sums=False)


def _text(
    classifier: Watched,
    encoding: Encoding,
    target: int,
    *,
    n_samples: int,
    ridge: float,
    unit: str,
    hide: str,
    seed: int,
) -> Attribution:
    solve = partial(lime, n_samples=n_samples, ridge=ridge, generator=seeded(seed))
    return play_text(classifier, encoding, target, solve, unit, hide, sums=False)


_RIDGE = FloatRange("ridge", "Ridge", 0.0, 20.0, 1.0, help="Larger: small effects shrink towards zero.")
_REFERENCE = "https://arxiv.org/abs/1602.04938"
PICTURE = Method(
    name="LIME",
    kind="image",
    family="perturbation",
    attribute=_picture,
    signed=True,
    params=(samples(200), _RIDGE, *REGIONS, SEED),
    reference=_REFERENCE,
    summary="Hides random sets of regions and fits a straight line: which regions raise the logit when they are there.",
    preview={"n_samples": 50, "count": 16},
)
TEXT = Method(
    name="Word LIME",
    kind="text",
    family="perturbation",
    attribute=_text,
    signed=True,
    params=(samples(200), _RIDGE, *UNITS, SEED),
    reference=_REFERENCE,
    summary="Hides random sets of words and fits a straight line: which words raise the logit when they are there.",
    preview={"n_samples": 50},
)
