"""Token CAM: Grad-CAM for vision Transformers, on the grid of patch tokens."""

from torch import Tensor, nn

from core.attribution.base import Attribution, Classifier, Forward, Method, spread
from core.attribution.grad_cam import enlarged
from core.attribution.slopes import output_and_slope
from core.attribution.transformer import blocks, needs_attention, patches
from core.attribution.watch import Watched
from core.params import IntRange


def token_cam(forward: Forward, block: nn.Module, inputs: Tensor, target: int) -> Tensor:
    """``(B, 1, g, g)``: patch tokens after ``block``, features weighted by their mean gradient, negative parts dropped.

    After the last block most models read only the class token, so patches have no gradient there: take an earlier one.
    """
    tokens, slopes = output_and_slope(forward, block, inputs, target=target)  # (B, T, D)
    states = patches(tokens)  # (B, g, g, D)
    weights = patches(slopes).mean((1, 2), keepdim=True)
    return (weights * states).sum(-1).clamp(min=0)[:, None]


def _attribute(classifier: Watched, pixels: Tensor, target: int, *, back: int) -> Attribution:
    found = blocks(classifier.model)
    block = found[max(len(found) - 1 - back, 0)]
    return Attribution(spread(enlarged(token_cam(classifier.forward, block, pixels, target), pixels)), target)


def _fits(classifier: Classifier) -> str | None:
    if reason := needs_attention(classifier):
        return reason.replace("It reads attention, and this model has none", "It needs tokens, and this model has maps")
    return None


METHOD = Method(
    name="Token CAM",
    kind="image",
    family="layers",
    attribute=_attribute,
    signed=False,
    params=(
        IntRange("back", "Blocks before the last", 1, 11, 1, help="More: nearer to the picture, further from classes."),
    ),
    reference="https://arxiv.org/abs/1610.02391",
    summary="Shows the patches whose features speak for the class, late in a vision Transformer.",
    fits=_fits,
)
