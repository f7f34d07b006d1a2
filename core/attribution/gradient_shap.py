"""GradientSHAP: the gradient at random points between random baselines and the picture, times the way between."""

from collections.abc import Sequence

import torch
from torch import Tensor

from core.attribution.base import Attribution, Forward, Method
from core.attribution.baselines import NAMES, choice
from core.attribution.room import at_once
from core.attribution.slopes import slope
from core.attribution.watch import Clock, Watched
from core.params import FloatRange, IntRange

PICTURES_AT_ONCE = 4
MIXED = "mixed"


def gradient_shap(forward: Forward, inputs: Tensor, target: int, baselines: Tensor, alphas: Tensor) -> Tensor:
    """``(N, *S)``, one draw a row: ``(x - x0) · d forward(x0 + α (x - x0))[:, target]`` (Lundberg 2017).

    Their mean expects the Shapley values if inputs were independent and the network straight between the baselines.

    Args:
        inputs, baselines: ``(N, *S)``.
        alphas: ``(N,)`` in [0, 1].
    """
    way = inputs - baselines
    points = baselines + alphas.view(-1, *[1] * (inputs.dim() - 1)) * way
    return way * slope(forward, points, target)


def baseline_set(classifier: Watched, pixels: Tensor, baseline: str, seed: int) -> Tensor:
    """``(M, 3, H, W)``: the pictures that a baseline is drawn from; one unless ``baseline`` is `MIXED`."""
    mixed = baseline == MIXED and classifier.own_baseline is None
    names: Sequence[str] = NAMES if mixed else (baseline,)
    return torch.cat([classifier.baseline(pixels, name, seed) for name in names])


def _attribute(
    classifier: Watched, pixels: Tensor, target: int, *, n_samples: int, noise: float, baseline: str, seed: int
) -> Attribution:
    done = [_one(classifier, picture[None], target, n_samples, noise, baseline, seed) for picture in pixels]
    values, delta = (torch.cat(parts) for parts in zip(*done, strict=True))
    return Attribution(values, target, delta=delta)


def _one(
    classifier: Watched, picture: Tensor, target: int, n_samples: int, noise: float, baseline: str, seed: int
) -> tuple[Tensor, Tensor]:
    baselines = baseline_set(classifier, picture, baseline, seed)
    rows = at_once(classifier.gradient_model, classifier.gradients, picture, gradient=True, most=PICTURES_AT_ONCE)
    classifier.watch.expect(n_samples + len(baselines) + 1)
    with torch.no_grad():
        whole = classifier.gradients(picture)[0, target]
        nothing = torch.cat([classifier.gradients(one[None])[:, target] for one in baselines])  # (M,)
    generator, clock = torch.Generator().manual_seed(seed), Clock()
    # Baselines in turn, not drawn: the same mean with less noise.
    turns = torch.arange(n_samples) % len(baselines)
    alphas = torch.rand(n_samples, generator=generator).to(picture)
    scale = noise * (picture.max() - picture.min())
    total, done = torch.zeros_like(picture), 0
    for some in torch.arange(n_samples).split(rows):
        shaken = picture + scale * torch.randn(len(some), *picture.shape[1:], generator=generator).to(picture)
        total += gradient_shap(classifier.gradients, shaken, target, baselines[turns[some]], alphas[some]).sum(
            0, keepdim=True
        )
        done += len(some)
        if clock.due() and done < n_samples:
            classifier.watch.offer(Attribution(total / done, target))
    values = total / n_samples
    return values, (values.sum() - (whole - nothing[turns].mean())).view(1)


METHOD = Method(
    name="GradientSHAP",
    kind="image",
    family="gradients",
    attribute=_attribute,
    signed=True,
    params=(
        IntRange("n_samples", "Draws", 5, 200, 25, help="More: a smaller gap, slower."),
        FloatRange("noise", "Noise", 0.0, 0.3, 0.05, help="Standard deviation as a share of the picture's range."),
        choice(MIXED, (MIXED, *NAMES), help="What a picture is compared with; mixed takes all of them in turn."),
        IntRange("seed", "Seed", 0, 9999, 0, advanced=True),
    ),
    reference="https://arxiv.org/abs/1705.07874",
    summary="Averages gradients at random points between several baselines and the picture, so that no one rules.",
    preview={"n_samples": 5},
)
