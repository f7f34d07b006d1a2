"""KernelSHAP: Shapley values from random sets of parts, by one regression."""

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

SURE = 1e6  # weight of nobody and everybody, whose true weight is infinite; as in Captum


def kernel_shap(game: Game, *, n_samples: int, generator: torch.Generator) -> Tensor:
    """``(P,)`` in logits: an estimate of the Shapley values, which sum to the change (Lundberg 2017, theorem 2).

    Sets are drawn with the probability of the Shapley kernel, each beside its complement, which cancels much noise.
    """
    present = coalitions(game.players, n_samples, generator)
    return fit(present, answers(game, present, fit))


def coalitions(players: int, n_samples: int, generator: torch.Generator) -> Tensor:
    """``(n_samples, P)``: everybody, nobody, then random sets in pairs of complements."""
    present = torch.zeros(n_samples, players, dtype=torch.bool)
    present[0] = True
    if players > 1 and n_samples > 2:
        sizes = torch.arange(1, players)
        draws = -(-(n_samples - 2) // 2)
        size = sizes[torch.multinomial(1.0 / (sizes * (players - sizes)), draws, True, generator=generator)]
        ranks = torch.rand(draws, players, generator=generator).argsort(1).argsort(1)
        half = ranks < size[:, None]
        present[2:] = torch.stack([half, ~half], 1).flatten(0, 1)[: n_samples - 2]
    return present


def fit(present: Tensor, logits: Tensor) -> Tensor:
    """``(P,)``: least squares of ``logits (N,)`` on ``present (N, P)``, exact for nobody and everybody."""
    sizes = present.sum(1)
    weights = torch.where((sizes == 0) | (sizes == present.shape[1]), SURE, 1.0).double().sqrt()
    x = torch.cat([present.double(), torch.ones(len(present), 1, dtype=torch.double)], 1)
    solved = torch.linalg.lstsq(weights[:, None] * x, (weights * logits.double())[:, None], driver="gelsd")
    return solved.solution[:-1, 0].float()


def _picture(
    classifier: Watched,
    pixels: Tensor,
    target: int,
    *,
    n_samples: int,
    regions: str,
    count: int,
    baseline: str,
    seed: int,
) -> Attribution:
    solve = partial(kernel_shap, n_samples=n_samples, generator=seeded(seed))
    return play_picture(classifier, pixels, target, solve, baseline, regions, count, sums=True)


def _text(
    classifier: Watched, encoding: Encoding, target: int, *, n_samples: int, unit: str, hide: str, seed: int
) -> Attribution:
    solve = partial(kernel_shap, n_samples=n_samples, generator=seeded(seed))
    return play_text(classifier, encoding, target, solve, unit, hide, sums=True)


_REFERENCE = "https://arxiv.org/abs/1705.07874"
PICTURE = Method(
    name="KernelSHAP",
    kind="image",
    family="perturbation",
    attribute=_picture,
    signed=True,
    params=(samples(200), *REGIONS, SEED),
    reference=_REFERENCE,
    summary="Hides random sets of regions and estimates each region's fair share of the logit by one regression.",
    preview={"n_samples": 50, "count": 16},
)
TEXT = Method(
    name="Word KernelSHAP",
    kind="text",
    family="perturbation",
    attribute=_text,
    signed=True,
    params=(samples(200), *UNITS, SEED),
    reference=_REFERENCE,
    summary="Hides random sets of words and estimates each word's fair share of the logit by one regression.",
    preview={"n_samples": 50},
)
