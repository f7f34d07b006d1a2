"""Saliency: how strongly the logit reacts to a small change of each pixel."""

from captum.attr import Saliency
from torch import Tensor

from core.attribution.base import Attribution, Forward, Method, PictureClassifier


def saliency(forward: Forward, inputs: Tensor, target: int) -> Tensor:
    """The absolute gradient ``|d forward(inputs)[:, target] / d inputs|`` (Simonyan 2013), ``(B, *S)``.

    It tells where the answer is touchy, not which side a pixel argues for.
    """
    return Saliency(forward).attribute(inputs, target=target, abs=True).detach()


def _attribute(classifier: PictureClassifier, pixels: Tensor, target: int) -> Attribution:
    return Attribution(saliency(classifier.forward, pixels.requires_grad_(), target), target)


METHOD = Method(
    name="Saliency",
    kind="image",
    attribute=_attribute,
    signed=False,
    params=(),
    reference="https://arxiv.org/abs/1312.6034",
    summary="Shows where a small change of a pixel would move the answer most, in either direction.",
)
