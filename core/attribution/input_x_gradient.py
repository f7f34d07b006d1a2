"""Input × gradient: each pixel's value times how the logit reacts to it."""

from torch import Tensor

from core.attribution.base import Attribution, Forward, Method
from core.attribution.slopes import slope
from core.attribution.watch import Watched


def input_x_gradient(forward: Forward, inputs: Tensor, target: int) -> Tensor:
    """``inputs · d forward(inputs)[:, target] / d inputs`` (Shrikumar 2016), ``(B, *S)`` in logits.

    The share of each input if the network were the straight line that touches it here. A pixel of the mean colour is
    zero after normalisation, so it gets no credit whatever it shows.
    """
    return inputs * slope(forward, inputs, target)


def _attribute(classifier: Watched, pixels: Tensor, target: int) -> Attribution:
    return Attribution(input_x_gradient(classifier.gradients, pixels, target), target)


METHOD = Method(
    name="Input × gradient",
    kind="image",
    family="gradients",
    attribute=_attribute,
    signed=True,
    params=(),
    reference="https://arxiv.org/abs/1605.01713",
    summary="Multiplies each pixel by the slope of the logit there: a first, rough guess at its share.",
)
