"""Attribution: why did the model give this answer? One method per module, in the order that menus show them."""

from core.attribution import (
    attention_rollout,
    deep_lift,
    feature_ablation,
    grad_cam,
    gradient_shap,
    guided_backprop,
    guided_grad_cam,
    input_x_gradient,
    integrated_gradients,
    kernel_shap,
    layer_deep_lift,
    layer_gradient_x_activation,
    layer_integrated_gradients,
    lime,
    lrp,
    occlusion,
    saliency,
    shapley,
    smooth_grad,
    token_ablation,
    token_cam,
)
from core.attribution.base import Attribution, Forward, Kind, Method
from core.attribution.explain import explain, refine

METHODS: tuple[Method, ...] = (
    grad_cam.METHOD,
    occlusion.METHOD,
    integrated_gradients.METHOD,
    saliency.METHOD,
    input_x_gradient.METHOD,
    smooth_grad.SMOOTH_GRAD,
    smooth_grad.VAR_GRAD,
    gradient_shap.METHOD,
    deep_lift.METHOD,
    deep_lift.SHAP,
    lrp.METHOD,
    guided_backprop.GUIDED,
    guided_backprop.DECONVOLUTION,
    guided_grad_cam.METHOD,
    feature_ablation.METHOD,
    lime.PICTURE,
    kernel_shap.PICTURE,
    shapley.PICTURE,
    attention_rollout.PICTURE,
    token_cam.METHOD,
    layer_integrated_gradients.METHOD,
    token_ablation.METHOD,
    layer_gradient_x_activation.METHOD,
    layer_deep_lift.METHOD,
    lime.TEXT,
    kernel_shap.TEXT,
    shapley.TEXT,
    attention_rollout.TEXT,
)
METHODS_BY_NAME: dict[str, Method] = {method.name: method for method in METHODS}


def methods_for(kind: Kind) -> tuple[Method, ...]:
    """The methods that explain pictures (``image``) or texts (``text``)."""
    return tuple(method for method in METHODS if method.kind == kind)


__all__ = ["METHODS", "METHODS_BY_NAME", "Attribution", "Forward", "Kind", "Method", "explain", "methods_for", "refine"]
