"""DeepLift: compare every activation with its value on a baseline, and hand the difference down by secants."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.attribution.base import Attribution, Classifier, Forward, Method
from core.attribution.baselines import NAMES, choice
from core.attribution.elementwise import bends, leaves, why_not
from core.attribution.gradient_shap import MIXED, baseline_set
from core.attribution.integrated_gradients import GOOD_SHARE, gap_share
from core.attribution.slopes import slope
from core.attribution.watch import Watched
from core.params import IntRange

_SAME = 1e-6  # inputs nearer than this have no secant: the tangent serves


def deep_lift(
    model: nn.Module, forward: Forward, inputs: Tensor, target: int, baseline: Tensor
) -> tuple[Tensor, Tensor]:
    """Each input's contribution to the difference from the baseline (Shrikumar 2017, rescale rule).

    Equal to Captum's where Captum knows every curve of ``model``; it takes the plain gradient, in silence, at those
    that it does not know, such as ReLU6 and GELU.

    Returns:
        ``values (B, *S)`` in logits and ``delta (B,)``, the sum's gap to ``forward(inputs) - forward(baseline)``: zero
        but for rounding where every layer is straight or bends number by number.
    """
    count, logits = len(inputs), []

    def keeping(both: Tensor) -> Tensor:
        logits.append(forward(both))
        return logits[-1]

    with secants(model):
        slopes = slope(keeping, torch.cat([inputs, baseline]), target)[:count]
    values = slopes * (inputs - baseline)
    return values, gap(values, logits[0].detach()[:, target])


def gap(values: Tensor, logits: Tensor) -> Tensor:
    """``(B,)``: the values' sums minus the change from the second half of ``logits (2 B,)`` to the first."""
    whole, nothing = logits.chunk(2)
    return values.flatten(1).sum(1) - (whole - nothing)


@contextmanager
def secants(model: nn.Module) -> Iterator[None]:
    """Inside, a batch of inputs followed by their baselines: each curve's slope is that of the secant between the two.

    The first half's gradients are then DeepLift's multipliers; outputs stay as they are.
    """
    handles = [leaf.register_forward_hook(_curve) for leaf in leaves(model) if bends(leaf)]
    pools = [leaf for leaf in leaves(model) if isinstance(leaf, nn.MaxPool2d)]
    handles += [pool.register_forward_hook(_peak) for pool in pools]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _curve(module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
    (x, x0), (y, y0) = inputs[0].chunk(2), output.chunk(2)
    secant = ((y - y0) / torch.where((x - x0).abs() < _SAME, torch.inf, x - x0)).detach()
    tangent = (x - x0).abs() < _SAME
    return torch.cat([torch.where(tangent, y, _bent(secant * x, y)), y0])


def _peak(module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
    """A maximum's change goes to the place that rose to it and to the place that it left."""
    assert isinstance(module, nn.MaxPool2d)
    (x, x0), (y, y0) = inputs[0].chunk(2), output.chunk(2)
    args = (module.kernel_size, module.stride, module.padding, module.dilation, module.ceil_mode)
    with torch.no_grad():
        at, at0 = (F.max_pool2d(half, *args, return_indices=True)[1].flatten(2) for half in (x, x0))
        most = torch.maximum(y, y0)
        way = (x - x0).flatten(2)
        rise = _divided((most - y0).flatten(2), way.gather(2, at), tangent=1.0)
        fall = _divided((y - most).flatten(2), way.gather(2, at0), tangent=0.0)
    flat = x.flatten(2)
    flow = (rise * flat.gather(2, at) + fall * flat.gather(2, at0)).view_as(y)
    return torch.cat([_bent(flow, y), y0])


def _bent(flow: Tensor, value: Tensor) -> Tensor:
    """``value``, with the slope of ``flow``."""
    return flow + (value - flow).detach()


def _divided(a: Tensor, b: Tensor, tangent: float) -> Tensor:
    return torch.where(b.abs() < _SAME, tangent, a / torch.where(b.abs() < _SAME, 1.0, b))


def sum_note(values: Tensor, delta: Tensor) -> tuple[str, ...]:
    """What a visitor should know where a rule does not cover the whole network."""
    share = gap_share(values, delta)
    if share < GOOD_SHARE:
        return ()
    return (f"The rule does not cover every layer here: the values miss the change in the logit by {share:.0%}.",)


def _lift(classifier: Watched, pixels: Tensor, target: int, *, baseline: str) -> Attribution:
    start = classifier.baseline(pixels, baseline)
    values, delta = deep_lift(classifier.model, classifier.forward, pixels, target, start)
    return Attribution(values, target, delta=delta, baseline=start, notes=sum_note(values, delta))


def _shap(classifier: Watched, pixels: Tensor, target: int, *, baseline: str, n_noise: int, seed: int) -> Attribution:
    """The mean over baselines (Lundberg 2017, section 4.2), one at a time: a batch of them is not quicker."""
    sums, deltas = torch.zeros_like(pixels), torch.zeros(len(pixels)).to(pixels)
    for row, picture in enumerate(pixels):
        starts = baseline_set(classifier, picture[None], baseline, seed)
        # The more of them the fewer of one kind: noise stands for everything that no other baseline shows.
        more = [classifier.baseline(picture[None], "noise", seed + n) for n in range(1, n_noise)]
        starts = torch.cat([starts, *more])
        classifier.watch.expect(6 * len(starts))
        for done, start in enumerate(starts, 1):
            values, delta = deep_lift(classifier.model, classifier.forward, picture[None].clone(), target, start[None])
            sums[row] += (values[0] - sums[row]) / done
            deltas[row] += (delta[0] - deltas[row]) / done
            if len(pixels) == 1:
                classifier.watch.offer(Attribution(sums.clone(), target, delta=deltas.clone()))
    return Attribution(sums, target, delta=deltas, notes=sum_note(sums, deltas))


def _fits(classifier: Classifier) -> str | None:
    return why_not(classifier.model, "DeepLift")


METHOD = Method(
    name="DeepLift",
    kind="image",
    family="rules",
    attribute=_lift,
    signed=True,
    params=(choice("black", help="The picture that every activation is compared with."),),
    reference="https://arxiv.org/abs/1704.02685",
    summary="Compares every activation with its value on a baseline and hands the difference down to the pixels.",
    fits=_fits,
)
SHAP = Method(
    name="DeepLiftSHAP",
    kind="image",
    family="rules",
    attribute=_shap,
    signed=True,
    params=(
        choice(MIXED, (MIXED, *NAMES), help="What the picture is compared with; mixed takes all of them."),
        IntRange("n_noise", "Noise pictures", 1, 10, 1, help="How many pictures of noise are among the baselines."),
        IntRange("seed", "Seed", 0, 9999, 0, help="Of the noise.", advanced=True),
    ),
    reference="https://arxiv.org/abs/1705.07874",
    summary="Averages DeepLift over several baselines, so that no single one decides what counts as nothing.",
    preview={"baseline": "black"},
    fits=_fits,
)
