"""Layer-wise relevance propagation: the logit flows back, each layer sharing it out among its inputs."""

import copy
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.attribution.base import Attribution, Classifier, Forward, Method
from core.attribution.elementwise import bends, why_not
from core.attribution.slopes import slope
from core.attribution.watch import Watched
from core.models.fusing import fused
from core.params import Choice, FloatRange

_TINY = 1e-9


def lrp(model: nn.Module, forward: Forward, inputs: Tensor, target: int, *, gamma: float, epsilon: float) -> Tensor:
    """Relevance ``(B, *S)`` in logits by the γ-rule at convolutions and the ε-rule elsewhere (Montavon 2019).

    Relevance is activation × a changed gradient: hooks leave every output as it is and change only its slope, so that
    one backward pass does the sharing out. ``model`` is hooked for good: pass a copy.

    Args:
        model: every layer is straight or bends number by number.
        forward: calls ``model``.
        gamma: how much support outweighs what speaks against; 0 is the ε-rule.
        epsilon: shrinks what small, contradictory sums hand on, as a share of each layer's spread.
    """
    for module in model.modules():
        module.register_forward_hook(partial(_rule, gamma, epsilon))
    return inputs * slope(forward, inputs, target)


def _rule(gamma: float, epsilon: float, module: nn.Module, inputs: Any, output: Any) -> Any:
    """The hook of every module: its output, of another slope where it computes something."""
    if isinstance(module, nn.Conv2d) and gamma:
        return _gamma_rule(module, inputs[0], output, gamma)
    if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
        return _scaled(output, _damping(output, epsilon))
    if isinstance(module, nn.Sigmoid):
        return output.detach()  # a gate hands its share to what it lets pass
    if bends(module):
        return inputs[0] * (output / _away_from_zero(inputs[0])).detach()
    return output


def _gamma_rule(conv: nn.Conv2d, x: Tensor, z: Tensor, gamma: float) -> Tensor:
    """``z`` in value; on the way back an output's share follows its contributions, those of its own sign weighed more.

    The generalised rule: inputs may be negative, as after a projection without activation.
    """
    up, down = conv.weight.clamp(min=0), conv.weight.clamp(max=0)
    args: Any = (conv.stride, conv.padding, conv.dilation, conv.groups)
    support = F.conv2d(x.clamp(min=0), up, None, *args) + F.conv2d(x.clamp(max=0), down, None, *args)
    weighed = z + gamma * torch.where(z >= 0, support, z - support)
    return _scaled(weighed, (z / _away_from_zero(weighed)).detach(), z)


def _scaled(output: Tensor, factor: Tensor, value: Tensor | None = None) -> Tensor:
    """``value`` (else ``output``) in value, ``factor · output`` in slope."""
    flow = factor * output
    return flow + ((output if value is None else value) - flow).detach()


def _damping(z: Tensor, epsilon: float) -> Tensor:
    """``z / (z ± ε)``."""
    z = z.detach()
    return z / _away_from_zero(z + epsilon * z.std() * torch.where(z >= 0, 1.0, -1.0))


def _away_from_zero(z: Tensor) -> Tensor:
    return torch.where(z >= 0, z.clamp(min=_TINY), z.clamp(max=-_TINY))


def _attribute(
    classifier: Watched, pixels: Tensor, target: int, *, rule: str, gamma: float, epsilon: float
) -> Attribution:
    # A copy of its own, batch norms folded in, since the rules are defined for convolutions alone.
    model = classifier.model
    own = copy.deepcopy(model) if not hasattr(model, "config") else _folded(model)
    call = copy.copy(classifier.classifier)
    call.model = own

    def forward(inputs: Tensor) -> Tensor:
        classifier.watch.tick(len(inputs))
        return call.forward(inputs)

    values = lrp(own, forward, pixels, target, gamma=gamma if rule == "gamma" else 0.0, epsilon=epsilon)
    return Attribution(values, target)


def _folded(model: nn.Module) -> nn.Module:
    made = fused(model)  # pyright: ignore[reportArgumentType]
    return copy.deepcopy(model) if made is model else made


def _fits(classifier: Classifier) -> str | None:
    return why_not(classifier.model, "LRP")


METHOD = Method(
    name="LRP",
    kind="image",
    family="rules",
    attribute=_attribute,
    signed=True,
    params=(
        Choice(
            "rule",
            "Rule at convolutions",
            ("gamma", "epsilon"),
            "gamma",
            help="Gamma favours support and is calm; epsilon keeps both sides and is close to input × gradient.",
            titles=("Gamma", "Epsilon"),
        ),
        FloatRange("gamma", "Gamma", 0.05, 5.0, 0.25, help="How much support outweighs what speaks against.", log=True),
        FloatRange("epsilon", "Epsilon", 0.0, 1.0, 0.05, help="Larger: small, contradictory sums hand on less."),
    ),
    reference="https://doi.org/10.1007/978-3-030-28954-6_10",
    summary="Sends the logit back through the network, every layer sharing out what it got among its inputs.",
    fits=_fits,
)
