"""Digits by a game of two networks, a GAN: ``python -m recipes.digits_gan [MINUTES]``, after ``digits_judge``.

Six thousand pictures are few: a critic soon knows them by heart and stops teaching. So both real and drawn pictures are
bent at random before it looks at them (Karras et al., 2020; Zhao et al., 2020), which it cannot blame on the drawer.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.device import share_machine
from core.models.gan import GAN, Critic
from recipes import digits, digits_figures, shipping
from recipes.digits_judge import bent
from recipes.training import Trainee, mixed

STEPS, BATCH, LEARNING_RATE = 6_000, 32, 5e-4
NAME = "digits-gan"
MOMENTUM = (0.5, 0.99)  # less memory than usual, since the other network keeps changing what is right


class Duel(Trainee):
    """A `Trainee` that draws, and the critic it learns from, in one checkpoint."""

    def __init__(self, drawer: GAN, critic: Critic, file: Path) -> None:
        self.critic = critic.train()
        self.critic_optimizer = torch.optim.Adam(critic.parameters(), lr=LEARNING_RATE, betas=MOMENTUM)
        super().__init__(drawer, file, LEARNING_RATE, ema=0.998)
        for group in self.optimizer.param_groups:
            group["betas"] = MOMENTUM

    def turn(self, real: Tensor) -> Tensor:
        """The critic takes a step on ``real (B, 1, 28, 28)`` and as many drawn ones; then the loss of the drawer."""
        with mixed():
            drawn = self.network(torch.randn(len(real), self.network.latent_dim)).float()  # pyright: ignore
        self.critic_optimizer.zero_grad()
        with mixed():
            told = self.critic(bent(torch.cat([real, drawn.detach()]))).float()
        of_real, of_drawn = told.chunk(2)
        (F.softplus(-of_real).mean() + F.softplus(of_drawn).mean()).backward()
        self.critic_optimizer.step()
        with mixed():
            opinion = self.critic(bent(drawn)).float()
        return F.softplus(-opinion).mean()  # the non-saturating loss, section 3 of the paper

    def state(self) -> dict[str, Any]:
        critic = {"critic": self.critic.state_dict(), "critic_optimizer": self.critic_optimizer.state_dict()}
        return super().state() | critic

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self.critic.load_state_dict(state["critic"])
        self.critic_optimizer.load_state_dict(state["critic_optimizer"])


def trainee() -> Duel:
    """Both networks where the last call left them."""
    torch.manual_seed(0)
    return Duel(GAN(), Critic(), digits.folder() / "digits_gan.pt")


def main(minutes: float) -> None:
    """Train for so long, then ship the one that draws with its figures."""
    share_machine()
    pixels, _ = digits.load(digits.DRAWING)
    learner = trainee()

    def step(number: int) -> Tensor:
        rows = torch.from_numpy(np.random.default_rng(number).integers(0, len(pixels), BATCH))
        return learner.turn(pixels[rows])

    learner.train(step, STEPS, 60 * minutes)
    model = learner.average.half().float()  # as it is on disk
    with torch.inference_mode():
        drawn, _ = model.sample(digits_figures.COUNT, seed=1)  # pyright: ignore
    facts = digits_figures.judge(NAME, drawn, None, "python -m recipes.digits_gan", learner.seconds)
    shipping.ship(NAME, model, facts)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20)
