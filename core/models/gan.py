"""A generative adversarial network (Goodfellow et al., 2014): one network draws, another tries to tell it from real."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from core.models.plain import Plain


class GAN(Plain):
    """The one that draws: noise ``(B, D)`` becomes pictures ``(B, 1, 28, 28)``.

    Args:
        latent_dim: D, how many random numbers a picture is made of.
        width: channels at 14 × 14; twice as many at 7 × 7.
    """

    def __init__(self, latent_dim: int = 64, width: int = 32) -> None:
        super().__init__(latent_dim=latent_dim, width=width)
        self.latent_dim = latent_dim
        self.generator = nn.Sequential(
            nn.Linear(latent_dim, 2 * width * 7 * 7),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1),  # (B, width, 14, 14)
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, width // 2, 4, 2, 1),  # (B, width / 2, 28, 28)
            nn.BatchNorm2d(width // 2),
            nn.ReLU(),
            nn.Conv2d(width // 2, 1, 3, 1, 1),
        )

    def forward(self, latents: Tensor) -> Tensor:
        """Pictures in 0 … 1."""
        return self.generator(latents).sigmoid()

    def sample(self, count: int, seed: int, spread: float = 1.0) -> tuple[Tensor, Tensor]:
        """New pictures ``(count, 1, 28, 28)``, and the noise they were made of.

        Args:
            spread: deviation of the noise; less than 1 gives surer and more alike pictures (the truncation trick).
        """
        latents = spread * torch.randn(count, self.latent_dim, generator=torch.Generator().manual_seed(seed))
        return self(latents), latents


class Critic(nn.Module):
    """The one that tells: pictures ``(B, 1, 28, 28)`` → logits ``(B,)``, high where it believes them real.

    Spectral normalisation (Miyato et al., 2018) bounds how fast its opinion may change, which keeps the game even.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            spectral_norm(nn.Conv2d(1, width, 4, 2, 1)),  # (B, width, 14, 14)
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(width, 2 * width, 4, 2, 1)),  # (B, 2 width, 7, 7)
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(2 * width, 2 * width, 3, 2, 1)),  # (B, 2 width, 4, 4)
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            spectral_norm(nn.Linear(2 * width * 4 * 4, 1)),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        return self.layers(pixels)[:, 0]
