"""The network that reads digits, to judge drawn ones: ``python -m recipes.digits_judge [MINUTES]``.

It learns from digits that no drawing network ever sees, so that it cannot favour what those remember.
"""

import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.device import share_machine
from core.finetuning.metrics import wilson
from core.models import digit_reader
from core.models.digit_reader import DigitReader
from core.models.shipped import Facts
from recipes import digits, digits_figures, shipping
from recipes.training import Trainee, mixed

STEPS, BATCH, LEARNING_RATE = 1_200, 64, 2e-3


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
    model = learner.average.half().float()  # as it is on disk
    right = int((model.probs(unseen).argmax(1) == truth).sum())  # pyright: ignore
    share = right / len(truth)
    figures = (shipping.figure("digits that it never saw", share, wilson(right, len(truth)), 0.1, len(truth)),)
    facts = Facts(
        recipe="python -m recipes.digits_judge",
        data=f"2,994 {digits.DATA}",
        labels=tuple(str(digit) for digit in range(digits.CLASSES)),
        max_seq_length=0,
        seconds=round(learner.seconds),
        machine=shipping.machine(("torch",)) + digits_figures.BESIDE,
        figures=figures,
    )
    shipping.ship(digit_reader.NAME, model, facts)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20)
