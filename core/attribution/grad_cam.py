"""Grad-CAM: the last feature maps, each weighted by how much the class's logit asks for it."""

import torch.nn.functional as F
from captum.attr import LayerGradCam
from torch import Tensor, nn

from core.attribution.base import Attribution, Classifier, Forward, Method, PictureClassifier, spread


def grad_cam(forward: Forward, layer: nn.Module, inputs: Tensor, target: int, *, relu: bool = True) -> Tensor:
    """The class activation map at ``layer``'s own resolution (Selvaraju 2017, eq. 1 and 2).

    Args:
        forward: maps ``(B, 3, H, W)`` to ``(B, K)`` logits.
        layer: a layer inside ``forward`` whose output is ``(B, C, h, w)``.
        relu: keep only evidence for the class, as the paper does.

    Returns:
        ``(B, 1, h, w)``: per place, feature maps times their mean gradient. Its sum promises nothing.
    """
    cam = LayerGradCam(forward, layer).attribute(inputs, target=target, relu_attributions=relu)
    assert isinstance(cam, Tensor)
    return cam.detach()


def _attribute(classifier: PictureClassifier, pixels: Tensor, target: int) -> Attribution:
    layer = classifier.feature_layer
    assert layer is not None
    # Nothing below the layer is differentiated, so the graph starts at its output.
    start = layer.register_forward_hook(lambda *arguments: arguments[-1].detach().requires_grad_())
    try:
        coarse = grad_cam(classifier.forward, layer, pixels, target)  # (B, 1, h, w)
    finally:
        start.remove()
    full = F.interpolate(coarse, size=pixels.shape[-2:], mode="bilinear", align_corners=False)  # (B, 1, H, W)
    return Attribution(spread(full), target)


def _fits(classifier: Classifier) -> str | None:
    if isinstance(getattr(classifier, "feature_layer", None), nn.Module):
        return None
    return "Grad-CAM needs a layer of feature maps, which this model has not: choose another method."


METHOD = Method(
    name="Grad-CAM",
    kind="image",
    attribute=_attribute,
    signed=False,
    params=(),
    reference="https://arxiv.org/abs/1610.02391",
    summary="Shows the broad regions whose features speak for the class, at the coarse grid of the last layer.",
    fits=_fits,
)
