"""Grad-CAM: the last feature maps, each weighted by how much the class's logit asks for it."""

from collections.abc import Callable
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.attribution.base import Attribution, Classifier, Forward, Method, spread
from core.attribution.slopes import output_and_slope
from core.attribution.watch import Watched
from core.params import Choice

_NAMES: WeakKeyDictionary[nn.Module, str] = WeakKeyDictionary()  # looking one up takes as long as a tenth of the map
_FINER = {"last": 1, "finer": 2, "finest": 4}  # how many times the grid of the last layer


def grad_cam(forward: Forward, layer: nn.Module, inputs: Tensor, target: int, *, relu: bool = True) -> Tensor:
    """The class activation map at ``layer``'s own resolution (Selvaraju 2017, eq. 1 and 2).

    Args:
        forward: maps ``(B, 3, H, W)`` to ``(B, K)`` logits.
        layer: a layer inside ``forward`` whose output is ``(B, C, h, w)``.
        relu: keep only evidence for the class, as the paper does.

    Returns:
        ``(B, 1, h, w)``: per place, feature maps times their mean gradient. Its sum promises nothing.
    """
    maps, slopes = output_and_slope(forward, layer, inputs, target=target)
    cam = (slopes.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True)
    return cam.clamp(min=0) if relu else cam


def enlarged(coarse: Tensor, like: Tensor) -> Tensor:
    """``coarse (B, 1, h, w)`` at the size of the pixels ``like (B, 3, H, W)``."""
    return F.interpolate(coarse, size=like.shape[-2:], mode="bilinear", align_corners=False)


def cam_of(classifier: Watched, pixels: Tensor, target: int, layer: str) -> Tensor:
    """The map ``(B, 1, h, w)`` at ``feature_layer``, or at the last layer with a finer grid than that."""
    name = layer_name(classifier, pixels, layer)
    if layer == "last":  # only a straight line lies behind it, so the quickest network has the same gradient
        return grad_cam(classifier.folded, classifier.folded_model.get_submodule(name), pixels, target)
    return grad_cam(classifier.gradients, classifier.gradient_model.get_submodule(name), pixels, target)


def layer_name(classifier: Watched, pixels: Tensor, choice: str) -> str:
    """The name, inside the network, of the layer that a choice of `LAYER` means."""
    assert classifier.feature_layer is not None
    last = _NAMES.get(classifier.feature_layer) or _named(classifier.model, classifier.feature_layer)
    if choice == "last":
        return last
    grids = _grids(classifier, pixels)
    wanted = min(_FINER[choice] * dict(grids)[last], max(side for _, side in grids))
    return [name for name, side in grids if side >= wanted][-1]


def _named(network: nn.Module, layer: nn.Module) -> str:
    return _NAMES.setdefault(layer, next(name for name, module in network.named_modules() if module is layer))


def _grids(classifier: Watched, pixels: Tensor) -> list[tuple[str, int]]:
    """Every module whose output is feature maps, by name, in the order in which they ran, with the maps' height."""
    found: list[tuple[str, int]] = []

    def noting(name: str) -> Callable[..., None]:
        def note(*arguments: object) -> None:
            if isinstance(output := arguments[-1], Tensor) and output.dim() == 4:
                found.append((name, output.shape[-2]))

        return note

    handles = [m.register_forward_hook(noting(name)) for name, m in classifier.gradient_model.named_modules()]
    try:
        with torch.no_grad():
            classifier.gradients(pixels[:1])
    finally:
        for handle in handles:
            handle.remove()
    return found


def _attribute(classifier: Watched, pixels: Tensor, target: int, *, layer: str) -> Attribution:
    return Attribution(spread(enlarged(cam_of(classifier, pixels, target, layer), pixels)), target)


def needs_maps(classifier: Classifier) -> str | None:
    """The `Method.fits` of methods that read feature maps."""
    if isinstance(getattr(classifier, "feature_layer", None), nn.Module):
        return None
    return "It needs a layer of feature maps, which this model has not: choose another method."


LAYER = Choice(
    "layer",
    "Layer",
    tuple(_FINER),
    "last",
    help="Later layers know more about classes, earlier ones more about places.",
    titles=("The last", "The last with twice its grid", "The last with four times its grid"),
)
METHOD = Method(
    name="Grad-CAM",
    kind="image",
    family="layers",
    attribute=_attribute,
    signed=False,
    params=(LAYER,),
    reference="https://arxiv.org/abs/1610.02391",
    summary="Shows the broad regions whose features speak for the class, at the coarse grid of the last layer.",
    fits=needs_maps,
)
