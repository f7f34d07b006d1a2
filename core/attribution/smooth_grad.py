"""SmoothGrad and VarGrad: explain noisy copies of the picture, and take the mean or the variance of their maps."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from core.attribution.base import Attribution, Method
from core.attribution.guided_backprop import bent, relu_like
from core.attribution.integrated_gradients import integrated_gradients
from core.attribution.room import at_once
from core.attribution.slopes import slope
from core.attribution.watch import Clock, Watched
from core.params import Choice, FloatRange, IntRange

PICTURES_AT_ONCE = 4
PATH_STEPS = 8  # of integrated gradients on each noisy copy: the copies average its error away

Explain = Callable[[Tensor], Tensor]
"""Pixels ``(N, 3, H, W)`` → one map each, of the same shape."""


def smooth_grad(explain: Explain, pixels: Tensor, noise: Tensor) -> Tensor:
    """The mean map of ``pixels (1, 3, H, W) + noise (N, 3, H, W)`` (Smilkov 2017)."""
    return explain(pixels + noise).mean(0, keepdim=True)


def var_grad(explain: Explain, pixels: Tensor, noise: Tensor) -> Tensor:
    """The variance of the maps of ``pixels (1, 3, H, W) + noise (N, 3, H, W)`` (Adebayo 2018)."""
    return explain(pixels + noise).var(0, correction=0, keepdim=True)


def _explain(classifier: Watched, target: int, of: str) -> Explain:
    gradients, forward = classifier.gradients, classifier.forward
    if of == "integrated":
        path = partial(integrated_gradients, gradients, n_steps=PATH_STEPS, points_at_once=PICTURES_AT_ONCE)
        return lambda pixels: path(pixels.requires_grad_(), target)[0]
    if of == "guided" and relu_like(classifier.model):
        return lambda pixels: bent(classifier.model, forward, pixels, target)
    if of == "times-input":
        return lambda pixels: pixels * slope(gradients, pixels, target)
    return lambda pixels: slope(gradients, pixels, target)


def _moments(
    classifier: Watched, pixels: Tensor, target: int, of: str, n_samples: int, noise: float, seed: int, variance: bool
) -> Attribution:
    explain = _explain(classifier, target, of)
    rows = at_once(classifier.gradient_model, classifier.gradients, pixels, gradient=True, most=PICTURES_AT_ONCE)
    classifier.watch.expect(len(pixels) * n_samples * (PATH_STEPS + 2 if of == "integrated" else 1))
    scale = noise * (pixels.amax((1, 2, 3), keepdim=True) - pixels.amin((1, 2, 3), keepdim=True))
    generator, clock = torch.Generator().manual_seed(seed), Clock()
    total, squares, done = torch.zeros_like(pixels), torch.zeros_like(pixels), 0

    def made() -> Attribution:
        mean = total / done
        return Attribution((squares / done - mean**2).clamp(min=0) if variance else mean.abs(), target)

    while done < n_samples:
        count = min(rows, n_samples - done)
        draws = torch.randn(count, *pixels.shape[1:], generator=generator).to(pixels)
        for row, picture in enumerate(pixels):
            maps = explain(picture + scale[row] * draws).detach()
            total[row] += maps.sum(0)
            squares[row] += maps.square().sum(0)
        done += count
        if clock.due() and done < n_samples:
            classifier.watch.offer(made())
    return made()


def _smooth(
    classifier: Watched, pixels: Tensor, target: int, *, of: str, n_samples: int, noise: float, seed: int
) -> Attribution:
    return _moments(classifier, pixels, target, of, n_samples, noise, seed, variance=False)


def _variance(
    classifier: Watched, pixels: Tensor, target: int, *, of: str, n_samples: int, noise: float, seed: int
) -> Attribution:
    return _moments(classifier, pixels, target, of, n_samples, noise, seed, variance=True)


_PARAMS = (
    Choice(
        "of",
        "Maps of",
        ("gradient", "times-input", "integrated", "guided"),
        "gradient",
        help="The method that explains each noisy copy; guided backprop needs ReLUs, else the gradient stands in.",
        titles=("The gradient", "Input × gradient", "Integrated gradients, 8 steps", "Guided backprop"),
    ),
    IntRange("n_samples", "Noisy copies", 2, 100, 20, help="More: smoother, slower."),
    FloatRange("noise", "Noise", 0.02, 0.5, 0.15, help="Standard deviation as a share of the picture's range."),
    IntRange("seed", "Seed", 0, 9999, 0, advanced=True),
)
SMOOTH_GRAD = Method(
    name="SmoothGrad",
    kind="image",
    family="gradients",
    attribute=_smooth,
    signed=False,
    params=_PARAMS,
    reference="https://arxiv.org/abs/1706.03825",
    summary="Averages the maps of noisy copies, so that what flickers goes and what stays is shown; strength only.",
    preview={"n_samples": 4},
)
VAR_GRAD = Method(
    name="VarGrad",
    kind="image",
    family="gradients",
    attribute=_variance,
    signed=False,
    params=_PARAMS,
    reference="https://arxiv.org/abs/1810.03292",
    summary="Shows where the maps of noisy copies disagree most: the places that the answer hangs on.",
    preview={"n_samples": 4},
)
