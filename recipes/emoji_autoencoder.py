"""A small autoencoder for emoji, 64 × 64 × 3 → 8 × 8 × 8 and back: ``python -m recipes.emoji_autoencoder [MINUTES]``.

The diffusion model works on its 512 numbers instead of 12,288, which is what latent diffusion means (Rombach et al.,
2022); the class is the one that Stable Diffusion uses.
"""

import sys

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

from core.device import share_machine
from recipes import emoji_pictures
from recipes.training import Trainee, mixed

STEPS, BATCH, LEARNING_RATE = 8_000, 16, 2e-3
KL_WEIGHT = 1e-6
EDGE_WEIGHT = 0.5
VENDORS = ("noto", "fluent")  # Twemoji stays unseen: its pictures are the judge


def build() -> AutoencoderKL:
    """The network, untrained: 1.7 million parameters."""
    torch.manual_seed(0)
    return AutoencoderKL(
        block_out_channels=(16, 32, 64, 96),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=8,
        layers_per_block=1,
        norm_num_groups=8,
        mid_block_add_attention=False,
        sample_size=emoji_pictures.SIDE,
    )


def pixels_of(images: np.ndarray) -> Tensor:
    """``(N, 3, 64, 64)`` in -1 … 1 of ``(N, 64, 64, 3)`` bytes."""
    return (torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous()


def loss_of(model: AutoencoderKL, pixels: Tensor) -> Tensor:
    """Mean absolute error of colours and of their differences between neighbours, and a touch of KL divergence."""
    with mixed():
        latents = model.encode(pixels).latent_dist
        back = model.decode(latents.sample()).sample
    error = back.float() - pixels
    edges = error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
    return error.abs().mean() + EDGE_WEIGHT * edges + KL_WEIGHT * latents.kl().float().mean()


def trainee() -> Trainee:
    """The autoencoder where its last call left it."""
    return Trainee(build(), emoji_pictures.folder() / "emoji_autoencoder.pt", LEARNING_RATE, ema=0.998)


def main(minutes: float) -> None:
    """Train for so long, then print how far pictures change on the way through, of seen and of unseen vendors."""
    share_machine()
    images = np.concatenate([emoji_pictures.load(vendor)["images"] for vendor in VENDORS])
    learner = trainee()

    def step(number: int) -> Tensor:
        rows = np.random.default_rng(number).integers(0, len(images), BATCH)
        pixels = pixels_of(images[rows])
        return loss_of(learner.network, pixels.flip(3) if number % 2 else pixels)  # pyright: ignore

    learner.train(step, STEPS, 60 * minutes)
    model = learner.average
    for vendor in emoji_pictures.VENDORS:
        some = pixels_of(emoji_pictures.load(vendor)["images"][::20])
        with torch.inference_mode():
            back = model.decode(model.encode(some).latent_dist.mode()).sample.clamp(-1, 1)  # pyright: ignore
        psnr = -10 * torch.log10(F.mse_loss(back, some, reduction="none").mean((1, 2, 3)) / 4).median()
        print(f"{vendor}: median PSNR {psnr:.1f} dB after {learner.step} steps, {learner.seconds:.0f} s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
