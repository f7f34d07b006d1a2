"""Feature ablation: hide each region of the picture in turn and see how far the logit falls."""

import torch
from torch import Tensor

from core.attribution.base import Attribution, Method
from core.attribution.coalitions import REGIONS, Game, play_picture
from core.attribution.watch import Watched


def feature_ablation(game: Game) -> Tensor:
    """``(P,)`` in logits: the answer with all players minus the answer without each.

    Players that stand in for each other get little, since the others stay while one is hidden.
    """
    game.expect(game.players + 1)
    everyone = torch.ones(1, game.players, dtype=torch.bool)
    without = ~torch.eye(game.players, dtype=torch.bool)
    logits = game.logits(torch.cat([everyone, without]))
    return logits[0] - logits[1:]


def _attribute(
    classifier: Watched, pixels: Tensor, target: int, *, regions: str, count: int, baseline: str
) -> Attribution:
    return play_picture(classifier, pixels, target, feature_ablation, baseline, regions, count, sums=False)


METHOD = Method(
    name="Feature ablation",
    kind="image",
    family="perturbation",
    attribute=_attribute,
    signed=True,
    params=REGIONS,
    reference="https://arxiv.org/abs/1311.2901",
    summary="Hides the picture region by region and shows how far the logit falls without each.",
    preview={"count": 16},
)
