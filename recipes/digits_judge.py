"""The network that reads digits, and what it says of drawn ones: ``python -m recipes.digits_judge [MINUTES]``.

It learns from digits that no drawing network ever sees, so that it cannot favour what those remember.
"""

import sys
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.device import share_machine
from core.finetuning.metrics import wilson
from core.models.digit_reader import DigitReader
from core.models.shipped import Facts, Figure
from recipes import digits, shipping
from recipes.training import Trainee, mixed

NAME = "digits-reader"
STEPS, BATCH, LEARNING_RATE = 1_500, 64, 2e-3
SURE = 0.9


def bent(pixels: Tensor) -> Tensor:
    """The same digits turned by up to 12°, slanted, a little larger or smaller, moved by up to two pixels."""
    count = len(pixels)
    turn, slant, large = (s * (2 * torch.rand(count) - 1) for s in (0.2, 0.2, 0.12))
    move = (2 * torch.rand(count, 2) - 1) * 2 / (digits.SIDE / 2)
    cos, sin, scale = turn.cos(), turn.sin(), 1 + large
    rows = torch.stack([scale * cos, -scale * sin + slant, move[:, 0], scale * sin, scale * cos, move[:, 1]], 1)
    grid = F.affine_grid(rows.view(-1, 2, 3), list(pixels.shape), align_corners=False)
    return F.grid_sample(pixels, grid, align_corners=False)


def trainee() -> Trainee:
    """The reader where its last call left it."""
    torch.manual_seed(0)
    return Trainee(DigitReader(), digits.folder() / "digits_judge.pt", LEARNING_RATE, ema=0.995)


def reader() -> DigitReader:
    """The trained judge."""
    return trainee().average  # pyright: ignore[reportReturnType]


@dataclass(frozen=True)
class Judged:
    """What the judge says of N pictures.

    Attributes:
        read: ``(N,)`` the likeliest digit of each.
        sure: ``(N,)`` whether its probability is at least `SURE`.
        features: ``(N, 64)``, where distances between sets of pictures are measured.
    """

    read: np.ndarray
    sure: np.ndarray
    features: np.ndarray


@torch.inference_mode()
def judged(judge: DigitReader, pixels: Tensor) -> Judged:
    """``judge``'s opinion of pictures ``(N, 1, 28, 28)``."""
    features = judge.body(pixels)
    probs = F.softmax(judge.head(features), dim=1)
    best = probs.max(1)
    return Judged(best.indices.numpy(), (best.values >= SURE).numpy(), features.numpy())


def frechet(first: np.ndarray, second: np.ndarray) -> float:
    """The Fréchet distance of two sets of features ``(N, D)``, taken as normal (Heusel et al., 2017, eq. 6)."""
    (m1, c1), (m2, c2) = ((x.mean(0), np.cov(x, rowvar=False)) for x in (first.astype(float), second.astype(float)))
    values, vectors = np.linalg.eigh(c1)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ c2 @ root).clip(0)).sum()
    return float(((m1 - m2) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * cross)


def nearest(pixels: Tensor, known: Tensor) -> np.ndarray:
    """For each picture how far the nearest of ``known`` is, root mean square of the pixels."""
    return (torch.cdist(pixels.flatten(1), known.flatten(1)).amin(1) / digits.SIDE).numpy()


def share(what: str, hits: np.ndarray, chance: float, measure: str) -> Figure:
    """A figure of a share of ``hits (N,)``."""
    return shipping.figure(what, hits.mean(), wilson(int(hits.sum()), len(hits)), chance, len(hits), measure)


def main(minutes: float) -> None:
    """Train for so long, then ship it with how often it reads unseen digits right."""
    share_machine()
    pixels, labels = digits.load(digits.READING)
    learner = trainee()

    def step(number: int) -> Tensor:
        rows = torch.from_numpy(np.random.default_rng(number).integers(0, len(pixels), BATCH))
        with mixed():
            logits = learner.network(bent(pixels[rows]))
        return F.cross_entropy(logits.float(), labels[rows])

    learner.train(step, STEPS, 60 * minutes)
    unseen, truth = digits.load(digits.UNSEEN)
    said = judged(reader(), unseen)
    figures = (share("digits that it never saw", said.read == truth.numpy(), 0.1, "right"),)
    facts = Facts(
        recipe="python -m recipes.digits_judge",
        data=f"2,994 {digits.DATA}",
        labels=tuple(str(digit) for digit in range(digits.CLASSES)),
        max_seq_length=0,
        seconds=round(learner.seconds),
        machine=shipping.machine(("torch",)),
        figures=figures,
    )
    shipping.ship(NAME, reader(), facts)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20)
