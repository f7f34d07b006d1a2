"""Digits drawn by a network of ours: how to ask for them, what is read in them, which known digit is nearest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.data import digits
from core.models.digit_diffusion import DigitDiffusion, Step
from core.models.digit_reader import CLASSES, DigitReader
from core.models.gan import GAN
from core.models.vae import VAE
from core.params import Choice, FloatRange, IntRange, setting

MAP_REACH = 2.5  # deviations from the middle of the latent space to the edge of its map
_ANY = "any"
_SEED = IntRange("seed", "Seed", 0, 9_999, 0, "The same seed draws the same digits.")
_COUNT = IntRange("count", "How many", 4, 32, 16, "Digits drawn at once.", step=4)


@dataclass(frozen=True)
class AtOnce:
    """How digits are drawn by a network that needs one pass."""

    count: int = setting(_COUNT)
    spread: float = setting(
        FloatRange(
            "spread",
            "Spread",
            0.2,
            1.6,
            1.0,
            "How far from the middle of its space the network is asked: less is plainer, more is odder.",
            step=0.1,
        )
    )
    seed: int = setting(_SEED)


@dataclass(frozen=True)
class ByDiffusion:
    """How digits are drawn out of noise."""

    digit: str = setting(
        Choice(
            "digit",
            "Digit",
            ("each", _ANY, *map(str, range(CLASSES))),
            "each",
            "Which digit to ask for; with any, the network is asked for none and draws what it likes.",
            titles=("each in turn", "any", *map(str, range(CLASSES))),
        )
    )
    count: int = setting(_COUNT)
    guidance_scale: float = setting(
        FloatRange(
            "guidance_scale",
            "Guidance",
            0.0,
            6.0,
            2.0,
            "0 ignores the digit asked for, 1 takes it as read, more exaggerates what makes a 7 a 7.",
            step=0.5,
        )
    )
    num_inference_steps: int = setting(
        IntRange("num_inference_steps", "Steps", 2, 40, 12, "In how many steps the noise is taken out.")
    )
    seed: int = setting(_SEED)

    @property
    def labels(self) -> tuple[int | None, ...]:
        """The digit asked for of each picture."""
        if self.digit == "each":
            return tuple(at % CLASSES for at in range(self.count))
        return (None if self.digit == _ANY else int(self.digit),) * self.count


@dataclass(frozen=True)
class Drawn:
    """N pictures and what there is to say of them.

    Attributes:
        images: ``(N, 28, 28)`` uint8.
        read, probs: ``(N,)`` the digit that the reader sees in each, and how sure it is.
        near, distances: ``(N, 28, 28)`` the nearest learned digits, and ``(N,)`` how far they are, in 0 … 1.
    """

    images: np.ndarray
    read: np.ndarray
    probs: np.ndarray
    near: np.ndarray
    distances: np.ndarray


def looked_at(pixels: Tensor, reader: DigitReader) -> Drawn:
    """What there is to say of ``pixels (N, 1, 28, 28)`` in 0 … 1."""
    best = reader.probs(pixels).max(1)
    images = as_images(pixels)
    rows, distances = digits.nearest(images)
    return Drawn(images, best.indices.numpy(), best.values.numpy(), digits.learned().images[rows], distances)


@torch.inference_mode()
def at_once(network: VAE | GAN, asked: AtOnce, reader: DigitReader) -> Drawn:
    """New digits of a network that draws them in one pass."""
    pixels, _ = network.sample(asked.count, asked.seed, asked.spread)
    return looked_at(pixels, reader)


def by_diffusion(network: DigitDiffusion, asked: ByDiffusion, stopping: Callable[[], bool]) -> Iterator[Step]:
    """New digits out of noise, step by step."""
    return network.sample(asked.labels, asked.num_inference_steps, asked.guidance_scale, asked.seed, stopping)


@torch.inference_mode()
def walk(network: VAE | GAN, first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
    """``(steps, 28, 28)``: what is drawn on the straight way between two points ``(D,)`` of the latent space."""
    share = torch.linspace(0, 1, steps)[:, None]
    points = torch.lerp(torch.from_numpy(first), torch.from_numpy(last), share)
    return as_images(network.decode(points) if isinstance(network, VAE) else network(points))


@torch.inference_mode()
def points(network: VAE, images: np.ndarray) -> np.ndarray:
    """Where ``images (N, 28, 28)`` lie in the latent space: ``(N, D)``."""
    return network.encode(as_pixels(images)).numpy()


def noise(network: GAN, seed: int) -> np.ndarray:
    """The point ``(D,)`` that a seed stands for."""
    return torch.randn(network.latent_dim, generator=torch.Generator().manual_seed(seed)).numpy()


@torch.inference_mode()
def rebuilt(network: VAE, images: np.ndarray) -> np.ndarray:
    """``images (N, 28, 28)`` through the latent space and back."""
    return as_images(network.decode(network.encode(as_pixels(images))))


@torch.inference_mode()
def at(network: VAE, point: tuple[float, float]) -> np.ndarray:
    """What is drawn at one place of the map: ``(28, 28)``."""
    return as_images(network.decode(torch.tensor([point])))[0]


@torch.inference_mode()
def atlas(network: VAE, tiles: int) -> np.ndarray:
    """The whole map of a space of two dimensions, ``(28 tiles, 28 tiles)``: the first goes right, the second up."""
    ticks = torch.linspace(-MAP_REACH, MAP_REACH, tiles)
    places = torch.cartesian_prod(ticks.flip(0), ticks).flip(1)  # row by row from the top, (x, y)
    drawn = as_images(network.decode(places)).reshape(tiles, tiles, digits.SIDE, digits.SIDE)
    return drawn.swapaxes(1, 2).reshape(tiles * digits.SIDE, tiles * digits.SIDE)


def as_images(pixels: Tensor) -> np.ndarray:
    """``(N, 28, 28)`` uint8 of ``(N, 1, 28, 28)`` in 0 … 1."""
    return (255 * pixels[:, 0]).round().byte().numpy()


def as_pixels(images: np.ndarray) -> Tensor:
    """The way back of `as_images`."""
    return torch.from_numpy(images).float()[:, None] / 255
