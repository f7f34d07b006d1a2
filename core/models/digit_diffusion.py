"""Digits on demand by diffusion: noise in, and step by step the digit that was asked for."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from core.device import device
from core.models import hub
from core.models.catalog import ModelCard

NONE = 10  # the class that the network was given where no digit was named


@dataclass(frozen=True)
class Step:
    """One step of drawing ``N`` digits.

    Attributes:
        number, total: which of how many; 0 is the noise before the first.
        noisy: ``(N, 1, 28, 28)`` in 0 … 1, the pictures at hand.
        guess: ``(N, 1, 28, 28)`` in 0 … 1, what the network thinks they will become.
        seconds: since the start.
    """

    number: int
    total: int
    noisy: Tensor
    guess: Tensor
    seconds: float


class DigitDiffusion:
    """A class-conditional UNet in the layout of `diffusers`.

    Attributes:
        card: its row in the catalog.
        lock: held while the network runs.
        unet, scheduler: the stock parts; the UNet sees every 2 × 2 pixels as four channels of one place.
    """

    def __init__(self, card: ModelCard, unet: Any, scheduler: Any) -> None:
        self.card, self.scheduler = card, scheduler
        self.unet = unet.to(device()).requires_grad_(False)
        self.lock = RLock()

    @classmethod
    def load(cls, card: ModelCard) -> "DigitDiffusion":
        """The model of ``card``.

        Raises:
            Unavailable: it cannot be had on this machine now.
        """
        unet = hub.load_diffusers(card, "UNet2DModel", "unet")
        return cls(card, unet, hub.load_diffusers(card, "DDIMScheduler", "scheduler"))

    def sample(
        self,
        labels: Sequence[int | None],
        num_inference_steps: int = 12,
        guidance_scale: float = 2.0,
        seed: int = 0,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Iterator[Step]:
        """One digit for each of ``labels``, any digit where it is None; ends early where ``stopping()`` says so.

        Classifier-free guidance (Ho and Salimans, 2022): the network is asked with the digit's name and without, and
        the difference is stretched. Steps are those of DDIM (Song et al., 2021), without new noise on the way.

        Args:
            guidance_scale: 0 ignores the names, 1 takes them as read, more exaggerates what makes a 7 a 7.
        """
        start = time.perf_counter()
        named = torch.tensor([NONE if label is None else label for label in labels], device=device())
        asked = torch.cat([named, torch.full_like(named, NONE)])
        schedule = type(self.scheduler).from_config(self.scheduler.config)
        schedule.set_timesteps(num_inference_steps)
        latents = self.noise(len(labels), seed)  # (N, 4, 14, 14)
        yield Step(0, num_inference_steps, pictures(latents), pictures(torch.zeros_like(latents)), 0.0)
        for number, when in enumerate(schedule.timesteps, 1):
            if stopping():
                return
            with self.lock, torch.inference_mode():
                with_name, without = self.unet(torch.cat([latents, latents]), when, asked).sample.chunk(2)
                velocity = without + guidance_scale * (with_name - without)
                step = schedule.step(velocity, when, latents)
            latents, guess = step.prev_sample, step.pred_original_sample
            yield Step(number, num_inference_steps, pictures(latents), pictures(guess), time.perf_counter() - start)

    def noise(self, count: int, seed: int) -> Tensor:
        """``(N, 4, 14, 14)`` to start from; each picture's noise is the same however many are drawn beside it."""
        config = self.unet.config
        shape = (1, config.in_channels, config.sample_size, config.sample_size)
        dice = (torch.Generator().manual_seed(1000 * seed + at) for at in range(count))
        return torch.cat([torch.randn(shape, generator=one) for one in dice]).to(device())


def pictures(latents: Tensor) -> Tensor:
    """Pixels ``(N, 1, 28, 28)`` in 0 … 1 of the network's ``(N, 4, 14, 14)`` around -1 … 1."""
    return (F.pixel_shuffle(latents.float(), 2) / 2 + 0.5).clamp(0, 1).cpu()
