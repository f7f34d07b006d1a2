"""Saliency: how strongly the logit reacts to a small change of each pixel."""

from torch import Tensor

from core.attribution.base import Attribution, Forward, Method
from core.attribution.slopes import slope
from core.attribution.watch import Watched


def saliency(forward: Forward, inputs: Tensor, target: int) -> Tensor:
    """The absolute gradient ``|d forward(inputs)[:, target] / d inputs|`` (Simonyan 2013), ``(B, *S)``.

    It tells where the answer is touchy, not which side a pixel argues for.
    """
    return slope(forward, inputs, target).abs()


def _attribute(classifier: Watched, pixels: Tensor, target: int) -> Attribution:
    return Attribution(saliency(classifier.gradients, pixels, target), target)


METHOD = Method(
    name="Saliency",
    kind="image",
    family="gradients",
    attribute=_attribute,
    signed=False,
    params=(),
    reference="https://arxiv.org/abs/1312.6034",
    summary="Shows where a small change of a pixel would move the answer most, in either direction.",
)
