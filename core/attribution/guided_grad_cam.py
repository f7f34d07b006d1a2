"""Guided Grad-CAM: the crisp lines of guided backprop, kept where Grad-CAM sees the class."""

from torch import Tensor

from core.attribution.base import Attribution, Classifier, Method
from core.attribution.grad_cam import LAYER, cam_of, enlarged, needs_maps
from core.attribution.guided_backprop import bent, needs_relus
from core.attribution.watch import Watched


def _attribute(classifier: Watched, pixels: Tensor, target: int, *, layer: str) -> Attribution:
    """Their product (Selvaraju 2017, section 3.2)."""
    coarse = cam_of(classifier, pixels, target, layer)
    lines = bent(classifier.model, classifier.forward, pixels, target)
    return Attribution(enlarged(coarse, pixels) * lines, target)


def _fits(classifier: Classifier) -> str | None:
    return needs_maps(classifier) or needs_relus(classifier)


METHOD = Method(
    name="Guided Grad-CAM",
    kind="image",
    family="rules",
    attribute=_attribute,
    signed=True,
    params=(LAYER,),
    reference="https://arxiv.org/abs/1610.02391",
    summary="Keeps the crisp lines of guided backprop where Grad-CAM sees the class; the lines are hardly evidence.",
    fits=_fits,
)
