"""Integrated gradients: average the gradient along a path from a baseline, times the path's length."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from core.attribution.base import Attribution, Forward, Method
from core.attribution.baselines import choice
from core.attribution.room import at_once
from core.attribution.watch import Watched
from core.params import IntRange, Toggle

# Captum puts every path point of every example into one batch (4.4 GB for 50 steps of a 224-pixel network). A few at a
# time give the same sums in a twentieth of the memory and a fifth of the time.
POINTS_AT_ONCE = 4
MOST_STEPS = 400
STEPS_OF_HALF = 8
GOOD_SHARE = 0.01  # of the change in the logit; below, more steps change nothing that a visitor could see


def integrated_gradients(
    forward: Forward,
    inputs: Tensor,
    target: int,
    *,
    baseline: Tensor | float = 0.0,
    n_steps: int = 50,
    points_at_once: int = POINTS_AT_ONCE,
) -> tuple[Tensor, Tensor]:
    """Credit each input for moving ``forward(·)[:, target]`` from its baseline value (Sundararajan 2017, eq. 1).

    Args:
        forward: maps ``(B, *S)`` inputs to ``(B, K)`` logits, differentiable in its input.
        inputs: ``(B, *S)`` floats, normalised the way ``forward`` was trained to see them.
        target: class index in ``[0, K)``.
        baseline: the "nothing here" input: a scalar, or a tensor of the inputs' shape.
        n_steps: Gauss-Legendre points on the path; time grows linearly with it.

    Returns:
        ``values (B, *S)`` in logits, and ``delta (B,)``: the values' sum minus ``forward(inputs) -
        forward(baseline)``. A large ``|delta|`` asks for more steps.
    """
    values, delta = IntegratedGradients(forward).attribute(
        inputs,
        baselines=baseline,
        target=target,
        n_steps=n_steps,
        internal_batch_size=max(points_at_once, len(inputs)),
        return_convergence_delta=True,
    )
    return values.detach(), delta.detach()


@dataclass(frozen=True)
class Stretch:
    """A part of the path from the baseline (0) to the input (1), with the credit that was found on it.

    Attributes:
        values: ``(B, *S)`` in logits.
        delta: ``(B,)``, as of `integrated_gradients`; over all stretches the deltas add up.
    """

    start: float
    end: float
    values: Tensor
    delta: Tensor


def split_where_it_fails(
    whole: Stretch, credit: Callable[[float, float], tuple[Tensor, Tensor]]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Better and better ``(values, delta)``: each time the stretch with the largest gap is taken in two halves.

    Networks with kinks turn sharply on a short part of the path, mostly beside the baseline; more points everywhere
    close the gap only slowly, while completeness holds on every stretch and so tells where the error lies.

    Args:
        credit: ``(values, delta)`` of the stretch between two places on the path.
    """
    stretches = [whole]
    while True:
        worst = max(stretches, key=lambda one: float(one.delta.abs().max()))
        stretches.remove(worst)
        middle = (worst.start + worst.end) / 2
        for start, end in ((worst.start, middle), (middle, worst.end)):
            stretches.append(Stretch(start, end, *credit(start, end)))
        yield torch.stack([one.values for one in stretches]).sum(0), sum(one.delta for one in stretches)  # pyright: ignore


def gap_share(values: Tensor, delta: Tensor) -> float:
    """The largest ``|delta|`` of the batch as a share of the change in the logit that the values explain."""
    moved = (values.flatten(1).sum(1) - delta).abs()
    return float((delta.abs() / moved.clamp(min=1e-9)).max())


def gap_note(share: float, n_steps: int) -> str:
    """What a visitor should know about a gap that stayed."""
    return (
        f"The values miss the change in the logit by {share:.1%} even with {n_steps} steps: take their sizes as rough, "
        "or choose another baseline."
    )


def _attribute(
    classifier: Watched, pixels: Tensor, target: int, *, n_steps: int, more: bool, baseline: str
) -> Attribution:
    start = classifier.baseline(pixels, baseline)
    points = at_once(
        classifier.gradient_model, classifier.gradients, pixels, gradient=True, most=POINTS_AT_ONCE * len(pixels)
    )
    # A convolution is a fifth quicker on pixels stored channel by channel; the numbers are the same.
    inputs = pixels.contiguous(memory_format=torch.channels_last)

    def credit(begin: float, end: float, steps: int = STEPS_OF_HALF) -> tuple[Tensor, Tensor]:
        classifier.watch.expect(len(pixels) * (steps + 2))
        return integrated_gradients(
            classifier.gradients,
            torch.lerp(start, inputs, end).requires_grad_(),
            target,
            baseline=torch.lerp(start, inputs, begin),
            n_steps=steps,
            points_at_once=points,
        )

    def made(values: Tensor, delta: Tensor) -> Attribution:
        return Attribution(values.contiguous(), target, delta=delta, baseline=start)

    values, delta = credit(0.0, 1.0, n_steps)
    better = split_where_it_fails(Stretch(0.0, 1.0, values, delta), credit)
    while (share := gap_share(values, delta)) >= GOOD_SHARE:
        if not more or n_steps + 2 * STEPS_OF_HALF > MOST_STEPS:
            return replace(made(values, delta), notes=(gap_note(share, n_steps),))
        classifier.watch.offer(made(values, delta))
        values, delta = next(better)
        n_steps += 2 * STEPS_OF_HALF
    return made(values, delta)


METHOD = Method(
    name="Integrated gradients",
    kind="image",
    family="gradients",
    attribute=_attribute,
    signed=True,
    params=(
        IntRange("n_steps", "Path steps", 5, 200, 50, help="More steps: slower, and a smaller completeness gap."),
        Toggle(
            "more",
            "More steps until the gap is below 1 %",
            True,
            help="Adds steps where the path turns most, up to 400 in all.",
        ),
        choice("black", help="The picture that means nothing is here; what looks like it gets no credit."),
    ),
    reference="https://arxiv.org/abs/1703.01365",
    summary="Follows the picture from a baseline and credits each pixel for its share of the change in the logit.",
    preview={"n_steps": 8, "more": False},
)
