"""Digits on demand, by diffusion: ``python -m recipes.digits_diffusion [MINUTES]``, after ``digits_judge``.

A small UNet learns to take noise out of digits while it is told which digit it is, one time in ten nothing at all
(classifier-free guidance, Ho and Salimans, 2022). Every 2 × 2 pixels are four channels of one place (space to depth),
which makes the network four times as quick. v-prediction (Salimans and Ho, 2022), cosine schedule (Nichol and Dhariwal,
2021), min-SNR weights (Hang et al., 2023).
"""

import copy
import sys

import numpy as np
import torch
from diffusers.models.unets.unet_2d import UNet2DModel
from diffusers.pipelines.ddim.pipeline_ddim import DDIMPipeline
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from torch import Tensor
from torch.nn.functional import pixel_unshuffle

from core.device import share_machine
from core.models.digit_diffusion import NONE, DigitDiffusion
from core.models.ours import DIGITS_DIFFUSION
from recipes import digits, digits_figures, shipping
from recipes.denoising import SCHEDULE, loss_of
from recipes.training import Trainee

STEPS, BATCH, LEARNING_RATE = 2_800, 32, 1e-3
NAME = "digits-diffusion"
NONE_SHARE = 0.1


def build() -> UNet2DModel:
    """The denoiser, untrained: a million parameters."""
    torch.manual_seed(0)
    return UNet2DModel(
        sample_size=digits.SIDE // 2,
        in_channels=4,
        out_channels=4,
        block_out_channels=(56, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * 2,
        up_block_types=("UpBlock2D",) * 2,
        add_attention=False,
        norm_num_groups=8,
        num_class_embeds=NONE + 1,
    )


def shifted(pixels: Tensor, dice: np.random.Generator) -> Tensor:
    """The same digits, each a pixel up, down, left or right or where it was."""
    far = dice.integers(-1, 2, (len(pixels), 2))
    return torch.stack([one.roll((int(y), int(x)), (1, 2)) for one, (y, x) in zip(pixels, far, strict=True)])


def trainee() -> Trainee:
    """The denoiser where its last call left it."""
    return Trainee(build(), digits.folder() / "digits_diffusion.pt", LEARNING_RATE, ema=0.999)


def main(minutes: float) -> None:
    """Train for so long, then ship it with its figures."""
    share_machine()
    pixels, labels = digits.load(digits.DRAWING)
    learner, schedule = trainee(), DDPMScheduler(**SCHEDULE)

    def step(number: int) -> Tensor:
        dice = np.random.default_rng(number)
        rows = torch.from_numpy(dice.integers(0, len(pixels), BATCH))
        asked = torch.where(torch.from_numpy(dice.random(BATCH) < NONE_SHARE), NONE, labels[rows])
        latents = pixel_unshuffle(2 * shifted(pixels[rows], dice) - 1, 2)
        return loss_of(lambda noisy, when: learner.network(noisy, when, asked).sample, schedule, latents)

    learner.train(step, STEPS, 60 * minutes)
    ship(learner)


def ship(learner: Trainee) -> None:
    """Draw a hundred of each digit as the page does at first, judge them, and save the stock pipeline's folder."""
    model = learner.average.half()
    schedule = DDIMScheduler(**SCHEDULE, clip_sample=True, timestep_spacing="trailing", rescale_betas_zero_snr=True)
    drawing = DigitDiffusion(DIGITS_DIFFUSION, copy.deepcopy(model).float(), schedule)
    asked = [at % digits.CLASSES for at in range(digits_figures.COUNT)]
    drawn = [list(drawing.sample(asked[at : at + 100], seed=at))[-1].noisy for at in range(0, len(asked), 100)]
    facts = digits_figures.judge(NAME, torch.cat(drawn), asked, "python -m recipes.digits_diffusion", learner.seconds)
    weights = "unet/diffusion_pytorch_model.safetensors"
    shipping.ship(NAME, DDIMPipeline(model, schedule), facts, weights=weights)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
