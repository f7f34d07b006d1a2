"""Attribution: why did the model give this answer? One method per module, in the order that menus show them."""

from core.attribution import (
    grad_cam,
    integrated_gradients,
    layer_integrated_gradients,
    occlusion,
    saliency,
    token_ablation,
)
from core.attribution.base import Attribution, Forward, Kind, Method
from core.attribution.explain import explain

METHODS: tuple[Method, ...] = (
    grad_cam.METHOD,
    occlusion.METHOD,
    integrated_gradients.METHOD,
    saliency.METHOD,
    layer_integrated_gradients.METHOD,
    token_ablation.METHOD,
)
METHODS_BY_NAME: dict[str, Method] = {method.name: method for method in METHODS}


def methods_for(kind: Kind) -> tuple[Method, ...]:
    """The methods that explain pictures (``image``) or texts (``text``)."""
    return tuple(method for method in METHODS if method.kind == kind)


__all__ = ["METHODS", "METHODS_BY_NAME", "Attribution", "Forward", "Kind", "Method", "explain", "methods_for"]
