"""Digits as points of a small space: ``python -m recipes.digits_vae wide|flat [MINUTES]``, after ``digits_judge``.

``wide`` has 16 dimensions and draws well; ``flat`` has two, so that the whole space fits on a map.
"""

import sys

import numpy as np
import torch
from torch import Tensor

from core.device import share_machine
from core.models.vae import VAE
from recipes import digits, digits_figures, shipping
from recipes.digits_diffusion import shifted
from recipes.training import Trainee, mixed

STEPS, BATCH, LEARNING_RATE = 3_000, 64, 2e-3
LATENTS = {"wide": 16, "flat": 2}
NAMES = {"wide": "digits-vae", "flat": "digits-vae-map"}


def build(kind: str) -> VAE:
    """The network, untrained."""
    torch.manual_seed(0)
    return VAE(side=digits.SIDE, channels=1, widths=(24, 48), hidden=160, latent_dim=LATENTS[kind])


def trainee(kind: str) -> Trainee:
    """The network where its last call left it."""
    return Trainee(build(kind), digits.folder() / f"digits_vae_{kind}.pt", LEARNING_RATE, ema=0.998)


def main(kind: str, minutes: float) -> None:
    """Train for so long, then ship it with its figures."""
    share_machine()
    pixels, _ = digits.load(digits.DRAWING)
    learner = trainee(kind)

    def step(number: int) -> Tensor:
        dice = np.random.default_rng(number)
        rows = torch.from_numpy(dice.integers(0, len(pixels), BATCH))
        with mixed():
            return learner.network.loss(shifted(pixels[rows], dice))  # pyright: ignore

    learner.train(step, STEPS, 60 * minutes)
    model = learner.average.half().float()  # as it is on disk
    with torch.inference_mode():
        drawn, _ = model.sample(digits_figures.COUNT, seed=1)  # pyright: ignore
    recipe = f"python -m recipes.digits_vae {kind}"
    shipping.ship(NAMES[kind], model, digits_figures.judge(NAMES[kind], drawn, None, recipe, learner.seconds))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 15)
