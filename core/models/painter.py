"""A picture from words by latent diffusion: noise in, guided step by step to what the words ask for.

The four parts are those of Stable Diffusion (Rombach et al., 2022), small enough to look into: a sentence encoder
reads the words, a UNet says how to take noise out of a few hundred numbers, a scheduler says how much of it, and the
decoder of an autoencoder turns the numbers into pixels.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from threading import RLock
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.device import device
from core.models import MODELS_BY_SLUG, hub
from core.models.catalog import ModelCard
from core.params import FloatRange, IntRange, setting

READER = "all-minilm-l6-v2"  # whose words the UNet was trained on
TOKENS = 16  # of a caption are read
PICTURES = "pictures.npz"  # what it learned from, small
COARSE = 16  # pixels a side at which pictures are compared


@dataclass(frozen=True)
class Painting:
    """How a picture is drawn from noise."""

    guidance_scale: float = setting(
        FloatRange(
            "guidance_scale",
            "Guidance",
            0.0,
            8.0,
            3.0,
            "How far to go beyond what the words say, away from no words at all; 0 ignores them, 1 takes them as read.",
            step=0.5,
        )
    )
    num_inference_steps: int = setting(
        IntRange("num_inference_steps", "Steps", 1, 50, 20, "In how many steps the noise is taken out.")
    )
    seed: int = setting(IntRange("seed", "Seed", 0, 99_999, 0, "The same seed starts from the same noise."))


@dataclass(frozen=True)
class Step:
    """One step of drawing ``N`` pictures.

    Attributes:
        number, total: which of how many.
        noisy: what the numbers at hand would look like, ``N`` pictures.
        guess: what the UNet thinks they will become.
        seconds: since the start.
    """

    number: int
    total: int
    noisy: tuple[Image.Image, ...]
    guess: tuple[Image.Image, ...]
    seconds: float


@dataclass(frozen=True)
class Known:
    """A picture that the model learned from, and how alike it is: 1 is the same, 0 unrelated."""

    name: str
    image: Image.Image
    likeness: float


class Painter:
    """A text-to-image model in the layout of `diffusers`.

    Attributes:
        card: its row in the catalog.
        lock: held while a network runs.
        unet, vae, scheduler: the stock `diffusers` parts.
        encoder, tokenizer: the stock `transformers` pair that reads the words.
    """

    def __init__(self, card: ModelCard, unet: Any, vae: Any, scheduler: Any, encoder: Any, tokenizer: Any) -> None:
        self.card, self.scheduler, self.tokenizer = card, scheduler, tokenizer
        self.unet, self.vae = (part.to(device()).requires_grad_(False) for part in (unet, vae))
        self.encoder = encoder.to(device()).requires_grad_(False)
        self.lock = RLock()

    @classmethod
    def load(cls, card: ModelCard, encoder: Any = None, tokenizer: Any = None) -> "Painter":
        """The model of ``card``, with the encoder at hand where there is one.

        Raises:
            Unavailable: it cannot be had on this machine now.
        """
        reader = MODELS_BY_SLUG[READER]
        return cls(
            card,
            hub.load_diffusers(card, "UNet2DConditionModel", "unet"),
            hub.load_diffusers(card, "AutoencoderKL", "vae"),
            hub.load_diffusers(card, "DDIMScheduler", "scheduler"),
            encoder if encoder is not None else hub.load_model(reader, "AutoModel"),
            tokenizer if tokenizer is not None else hub.load_tokenizer(reader),
        )

    @property
    def side(self) -> int:
        """Height and width of a picture in pixels."""
        return self.unet.config.sample_size * 2 ** (len(self.vae.config.block_out_channels) - 1)

    def read(self, captions: Sequence[str]) -> Tensor:
        """Token embeddings ``(N, TOKENS, D)`` of ``captions``; what is longer is cut."""
        tokens = self.tokenizer(
            list(captions), padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt"
        ).to(device())
        with self.lock, torch.inference_mode():
            return self.encoder(**tokens).last_hidden_state

    def paint(
        self,
        captions: Sequence[str] | Tensor,
        painting: Painting,
        stopping: Callable[[], bool] = lambda: False,
        show_every: int = 1,
        latents: Tensor | None = None,
    ) -> Iterator[Step]:
        """One picture of each caption (or of what `read` made of it), step by step, until ``stopping()`` says so.

        Classifier-free guidance (Ho and Salimans, 2022): the UNet is asked with the words and with none, and the
        difference is stretched. Steps are those of DDIM (Song et al., 2021), without noise on the way.
        """
        start = time.perf_counter()
        words = captions if isinstance(captions, Tensor) else self.read(captions)
        both = torch.cat([words, self.read([""]).expand_as(words)])
        schedule = type(self.scheduler).from_config(self.scheduler.config)
        schedule.set_timesteps(painting.num_inference_steps)
        now = self.noise(len(words), painting.seed) if latents is None else latents
        total = len(schedule.timesteps)
        for number, when in enumerate(schedule.timesteps, 1):
            if stopping():
                return
            with self.lock, torch.inference_mode():
                with_words, without = self.unet(torch.cat([now, now]), when, both).sample.chunk(2)
                velocity = without + painting.guidance_scale * (with_words - without)
                step = schedule.step(velocity, when, now)
                now = step.prev_sample
            if number % show_every == 0 or number == total:  # out of the lock: whoever looks may take their time
                noisy, guess = self.decode(now), self.decode(step.pred_original_sample)
                yield Step(number, total, noisy, guess, time.perf_counter() - start)

    def between(self, first: str, second: str, count: int) -> Tensor:
        """``(count, TOKENS, D)``: what is read on the straight way from ``first`` to ``second``."""
        ends = self.read([first, second])
        shares = torch.linspace(0, 1, count, device=ends.device)[:, None, None]
        return ends[:1] + shares * (ends[1:] - ends[:1])

    def noise(self, count: int, seed: int) -> Tensor:
        """``(N, C, h, w)`` to start from; each picture's noise is the same however many are drawn beside it."""
        shape = (1, self.unet.config.in_channels, self.unet.config.sample_size, self.unet.config.sample_size)
        dice = [torch.Generator().manual_seed(seed + i) for i in range(count)]
        return torch.cat([torch.randn(shape, generator=one) for one in dice]).to(device())

    def decode(self, latents: Tensor) -> tuple[Image.Image, ...]:
        """The pictures behind ``latents (N, C, h, w)``."""
        with self.lock, torch.inference_mode():
            pixels = self.vae.decode(latents / self.vae.config.scaling_factor).sample
        values = (pixels.float().cpu() / 2 + 0.5).clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1).numpy()
        return tuple(Image.fromarray(value) for value in values)

    def nearest(self, image: Image.Image) -> Known:
        """The picture that it learned from which is most like ``image``, coarse pixel by coarse pixel."""
        names, images, points = known(self.card)
        likeness = points @ _point(image)
        best = int(likeness.argmax())
        return Known(str(names[best]), Image.fromarray(images[best]), float(likeness[best]))


@cache
def known(card: ModelCard) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Names ``(N,)``, pictures ``(N, side, side, 3)`` and centred unit vectors ``(N, 3 COARSE²)`` it learned from."""
    with np.load(hub.locate(card) / PICTURES, allow_pickle=False) as arrays:
        names, images = arrays["names"], arrays["images"]
    return names, images, np.stack([_point(Image.fromarray(image)) for image in images])


def _point(image: Image.Image) -> np.ndarray:
    flat = np.asarray(image.resize((COARSE, COARSE), Image.Resampling.BOX), np.float32).ravel()
    flat = flat - flat.mean()
    return flat / max(float(np.linalg.norm(flat)), 1e-6)
