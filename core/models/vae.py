"""A variational autoencoder (Kingma and Welling, 2014): pictures as points of a small space, and back."""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.plain import Plain


class VAE(Plain):
    """The encoder says where in the space a picture lies, and how sure it is; the decoder draws what lies there.

    Args:
        side: height and width of a picture; each of ``widths`` halves it once.
        channels: 1 for grey, 3 for colours.
        widths: channels after each halving.
        hidden: width of the layer before and after the latent space.
        latent_dim: D, dimensions of that space.
    """

    def __init__(self, side: int, channels: int, widths: Sequence[int], hidden: int, latent_dim: int) -> None:
        super().__init__(side=side, channels=channels, widths=list(widths), hidden=hidden, latent_dim=latent_dim)
        self.latent_dim, self.shape = latent_dim, (channels, side, side)
        down, up = [channels, *widths], [*reversed(widths), channels]
        small = side // 2 ** len(widths)
        flat = widths[-1] * small**2
        halve = [nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), nn.SiLU()) for a, b in pairwise(down)]
        double = [nn.Sequential(nn.SiLU(), nn.ConvTranspose2d(a, b, 4, 2, 1)) for a, b in pairwise(up)]
        self.encoder = nn.Sequential(
            *halve, nn.Flatten(), nn.Linear(flat, hidden), nn.SiLU(), nn.Linear(hidden, 2 * latent_dim)
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden),
            nn.SiLU(),
            nn.Linear(hidden, flat),
            nn.Unflatten(1, (widths[-1], small, small)),
            *double,
        )

    def posterior(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance ``(B, D)`` of the normal distribution q(z|x) of each picture."""
        mean, log_variance = self.encoder(pixels).chunk(2, dim=1)
        return mean, log_variance.clamp(-10, 10)

    def encode(self, pixels: Tensor) -> Tensor:
        """Where pictures ``(B, C, S, S)`` in 0 … 1 lie: ``(B, D)``, the means."""
        return self.posterior(pixels)[0]

    def decode(self, latents: Tensor) -> Tensor:
        """What is drawn at ``latents (B, D)``: ``(B, C, S, S)`` in 0 … 1."""
        return self.decoder(latents).sigmoid()

    def sample(self, count: int, seed: int, spread: float = 1.0) -> tuple[Tensor, Tensor]:
        """New pictures ``(count, C, S, S)``, and the points they were drawn at.

        Args:
            spread: deviation of the points; 1 is what the network was trained for, less gives more usual pictures.
        """
        latents = spread * torch.randn(count, self.latent_dim, generator=torch.Generator().manual_seed(seed))
        return self.decode(latents), latents

    def interpolate(self, first: Tensor, second: Tensor, steps: int) -> Tensor:
        """Pictures ``(steps, C, S, S)`` on the straight way between the points ``first`` and ``second`` ``(D,)``."""
        share = torch.linspace(0, 1, steps)[:, None]  # (steps, 1)
        return self.decode(torch.lerp(first, second, share))

    def loss(self, pixels: Tensor, beta: float = 1.0) -> Tensor:
        """The negative evidence lower bound per picture, in nats: what is lost on the way, plus what the way costs."""
        mean, log_variance = self.posterior(pixels)
        latents = mean + torch.randn_like(mean) * (log_variance / 2).exp()  # the reparametrisation trick, eq. 10
        lost = F.binary_cross_entropy_with_logits(self.decoder(latents).float(), pixels, reduction="sum")
        cost = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum()  # KL(q(z|x) ‖ N(0, 1)), appendix B
        return (lost + beta * cost) / len(pixels)
