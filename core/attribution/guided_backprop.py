"""Guided backprop and deconvolution: the gradient, bent at every ReLU so that only support flows back."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from core.attribution.base import Attribution, Classifier, Forward, Method
from core.attribution.slopes import slope
from core.attribution.watch import Watched


def relu_like(model: nn.Module) -> list[nn.Module]:
    """The modules that cut at zero: ReLU and ReLU6 (which Captum passes over in silence)."""
    return [module for module in model.modules() if isinstance(module, nn.ReLU | nn.ReLU6)]


def bent(model: nn.Module, forward: Forward, inputs: Tensor, target: int, *, deconvolution: bool = False) -> Tensor:
    """The gradient of the logit with negative flow dropped at every ReLU of ``model``, ``(B, *S)``.

    Guided backprop (Springenberg 2014) drops what is negative on the way back and what the ReLU cut on the way there;
    deconvolution (Zeiler 2013) drops only the former. Neither says how far a pixel moves the answer.
    """
    with _bending(model, deconvolution):
        return slope(forward, inputs, target)


@contextmanager
def _bending(model: nn.Module, deconvolution: bool) -> Iterator[None]:
    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        if deconvolution:
            (before,) = inputs
            output = before + (output - before).detach()  # the same value, with slope one everywhere
        if output.requires_grad:
            output.register_hook(lambda gradient: gradient.clamp(min=0))
        return output

    handles = [module.register_forward_hook(hook) for module in relu_like(model)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _guided(classifier: Watched, pixels: Tensor, target: int) -> Attribution:
    return Attribution(bent(classifier.model, classifier.forward, pixels, target), target)


def _deconvolution(classifier: Watched, pixels: Tensor, target: int) -> Attribution:
    return Attribution(bent(classifier.model, classifier.forward, pixels, target, deconvolution=True), target)


def needs_relus(classifier: Classifier) -> str | None:
    """The `Method.fits` of methods that bend the gradient at ReLUs."""
    if relu_like(classifier.model):
        return None
    return "It bends the gradient at ReLUs, and this model has none: choose another method."


GUIDED = Method(
    name="Guided backprop",
    kind="image",
    family="rules",
    attribute=_guided,
    signed=True,
    params=(),
    reference="https://arxiv.org/abs/1412.6806",
    summary="Shows crisp edges that the network's features react to; close to an edge map, whatever the class.",
    fits=needs_relus,
)
DECONVOLUTION = Method(
    name="Deconvolution",
    kind="image",
    family="rules",
    attribute=_deconvolution,
    signed=True,
    params=(),
    reference="https://arxiv.org/abs/1311.2901",
    summary="Runs the network backwards from the class, keeping only support; it shows patterns, not their weight.",
    fits=needs_relus,
)
