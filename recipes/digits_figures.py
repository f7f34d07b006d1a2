"""How good drawn digits are, judged by the network that reads digits and learned from none of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.finetuning.metrics import wilson
from core.models.digit_reader import DigitReader
from core.models.shipped import Facts, Figure
from recipes import digits, shipping

COUNT = 1_000  # drawn for the figures
SURE = 0.9
NEIGHBOURS = 3
COPY = 0.03
BESIDE = "; it had to wait for other work most of that time"
_ROWS = 200  # pictures at once


@dataclass(frozen=True)
class Judged:
    """What the reader says of N pictures.

    Attributes:
        read: ``(N,)`` the likeliest digit of each.
        sure: ``(N,)`` whether its probability is at least `SURE`.
        features: ``(N, 64)``, where distances between sets of pictures are measured.
    """

    read: np.ndarray
    sure: np.ndarray
    features: Tensor


@torch.inference_mode()
def judged(pixels: Tensor) -> Judged:
    """The reader's opinion of pictures ``(N, 1, 28, 28)``."""
    reader = DigitReader.shipped()
    features = torch.cat([reader.body(some) for some in pixels.split(_ROWS)])
    best = F.softmax(reader.head(features), dim=1).max(1)
    return Judged(best.indices.numpy(), (best.values >= SURE).numpy(), features.clone())


def frechet(first: Tensor, second: Tensor) -> float:
    """The Fréchet distance of two sets of features ``(N, D)``, taken as normal (Heusel et al., 2017, eq. 6)."""
    (m1, c1), (m2, c2) = (
        (x.mean(0), np.cov(x, rowvar=False)) for x in (first.double().numpy(), second.double().numpy())
    )
    values, vectors = np.linalg.eigh(c1)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ c2 @ root).clip(0)).sum()
    return float(((m1 - m2) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * cross)


def reach(real: Tensor) -> Tensor:
    """How far the third nearest of the others is from each real picture: ``(N,)``, its neighbourhood."""
    return torch.cdist(real, real).kthvalue(NEIGHBOURS + 1).values  # its own distance, 0, comes first


def covered(real: Tensor, drawn: Tensor) -> np.ndarray:
    """Whether a drawn picture lies in each real one's neighbourhood: the coverage of Naeem et al. (2020)."""
    return (torch.cdist(real, drawn).amin(1) <= reach(real)).numpy()


def precise(real: Tensor, drawn: Tensor) -> np.ndarray:
    """Whether each drawn picture lies in some real one's neighbourhood: the precision of Kynkäänniemi et al. (2019)."""
    return (torch.cdist(drawn, real) <= reach(real)).any(1).numpy()


def apart(pixels: Tensor, known: Tensor) -> np.ndarray:
    """How far the nearest of ``known`` is from each picture: root mean square of the pixels' differences."""
    parts = [torch.cdist(some.flatten(1), known.flatten(1)).amin(1) for some in pixels.split(_ROWS)]
    return (torch.cat(parts) / digits.SIDE).numpy()


def share(what: str, hits: np.ndarray, chance: float, measure: str) -> Figure:
    """A figure of a share of ``hits (N,)``."""
    return shipping.figure(what, hits.mean(), wilson(int(hits.sum()), len(hits)), chance, len(hits), measure)


def judge(name: str, drawn: Tensor, asked: Sequence[int] | None, recipe: str, seconds: float) -> Facts:
    """The facts of the network ``name`` from ``drawn (N, 1, 28, 28)``, in 0 … 1.

    Args:
        asked: which digit each should be; None where the network was not asked.
    """
    learned, _ = digits.load(digits.DRAWING)
    real, _ = digits.load(digits.UNSEEN)
    noise = torch.rand(COUNT, 1, digits.SIDE, digits.SIDE, generator=torch.Generator().manual_seed(0))
    of_drawn, of_real, of_noise = judged(drawn), judged(real), judged(noise)
    some, others = of_real.features[::2], of_real.features[1::2]
    drawn_in, noise_in = (precise(of_real.features, one.features) for one in (of_drawn, of_noise))
    hit, hit_by_noise = (covered(of_real.features, one.features) for one in (of_drawn, of_noise))
    figures = [
        share("drawn digits", drawn_in, noise_in.mean(), "precision"),
        share("unseen real digits", hit, hit_by_noise.mean(), "coverage"),
    ]
    if asked is not None:
        figures.insert(0, share("drawn digits", of_drawn.read == np.array(asked), 0.1, "read as asked"))
    counts = np.bincount(of_drawn.read, minlength=digits.CLASSES)
    near, usual = apart(drawn, learned), apart(real, learned)
    notes = (
        "Precision: as near to a real digit as real ones are to each other. Coverage: with a drawn digit as near. Near "
        "is measured in what the digit reader makes of a picture; guessing is noise in place of digits.",
        f"Half of the real ones have a precision of {precise(others, some).mean():.0%} and a coverage of "
        f"{covered(others, some).mean():.0%} to the other half. The reader is sure of {of_drawn.sure.mean():.0%} of "
        f"the drawn and of {of_real.sure.mean():.0%} of the real ones, but of {of_noise.sure.mean():.0%} of noise too.",
        f"Of {len(drawn):,} drawn digits, {counts.min()} to {counts.max()} are read as each of the ten.",
        f"Fréchet distance to real digits {frechet(of_real.features, of_drawn.features):.1f} (half of the real ones to "
        f"the other half {frechet(some, others):.1f}, noise {frechet(of_real.features, of_noise.features):.0f}).",
        f"The nearest digit that it learned from is {np.median(near):.3f} away at the median (unseen real digits "
        f"{np.median(usual):.3f}); {(near < COPY).mean():.1%} are nearer than {COPY}, which the eye takes for a copy.",
    )
    return Facts(
        recipe=recipe,
        data=f"{len(learned):,} {digits.DATA}",
        labels=tuple(str(digit) for digit in range(digits.CLASSES)),
        max_seq_length=0,
        seconds=round(seconds),
        machine=shipping.machine(("torch", "diffusers") if asked is not None else ("torch",)) + BESIDE,
        figures=tuple(figures),
        notes=notes,
    )
