"""Shapley value sampling: parts join in random order, and each is credited for what its arrival changes."""

from functools import partial

import torch
from torch import Tensor

from core.attribution.base import Attribution, Encoding, Method
from core.attribution.coalitions import REGIONS, SEED, UNITS, Game, play_picture, play_text, seeded
from core.attribution.watch import Clock, Watched
from core.params import IntRange


def shapley_sampling(game: Game, *, n_orders: int, generator: torch.Generator) -> Tensor:
    """``(P,)`` in logits: the mean change on arrival over random orders (Castro 2009; Strumbelj 2010).

    Every second order is the one before backwards, which cancels much noise. The sum is exact in every order.
    """
    game.expect(n_orders * (game.players + 1))
    total, clock = torch.zeros(game.players), Clock()
    order = torch.randperm(game.players, generator=generator)
    for done in range(1, n_orders + 1):
        total += arrivals(game, order)
        order = order.flip(0) if done % 2 else torch.randperm(game.players, generator=generator)
        if clock.due() and done < n_orders:
            game.offer(total / done)
    return total / n_orders


def arrivals(game: Game, order: Tensor) -> Tensor:
    """``(P,)``: what each player's arrival changes when they come in ``order (P,)``."""
    present = torch.zeros(game.players + 1, game.players, dtype=torch.bool)
    for step, player in enumerate(order.tolist()):
        present[step + 1 :, player] = True
    logits = game.logits(present)
    changes = torch.empty(game.players)
    changes[order] = logits[1:] - logits[:-1]
    return changes


def _picture(
    classifier: Watched,
    pixels: Tensor,
    target: int,
    *,
    n_orders: int,
    regions: str,
    count: int,
    baseline: str,
    seed: int,
) -> Attribution:
    solve = partial(shapley_sampling, n_orders=n_orders, generator=seeded(seed))
    return play_picture(classifier, pixels, target, solve, baseline, regions, count, sums=True)


def _text(
    classifier: Watched, encoding: Encoding, target: int, *, n_orders: int, unit: str, hide: str, seed: int
) -> Attribution:
    solve = partial(shapley_sampling, n_orders=n_orders, generator=seeded(seed))
    return play_text(classifier, encoding, target, solve, unit, hide, sums=True)


_ORDERS = IntRange("n_orders", "Orders", 1, 100, 6, help="More: less noise; each asks the model once per part.")
_REFERENCE = "https://doi.org/10.1016/j.cor.2008.04.004"
PICTURE = Method(
    name="Shapley sampling",
    kind="image",
    family="perturbation",
    attribute=_picture,
    signed=True,
    params=(_ORDERS, *REGIONS, SEED),
    reference=_REFERENCE,
    summary="Adds the regions in random orders and credits each for what its arrival changes.",
    preview={"n_orders": 2, "count": 16},
)
TEXT = Method(
    name="Word Shapley sampling",
    kind="text",
    family="perturbation",
    attribute=_text,
    signed=True,
    params=(_ORDERS, *UNITS, SEED),
    reference=_REFERENCE,
    summary="Adds the words in random orders and credits each for what its arrival changes.",
    preview={"n_orders": 2},
)
