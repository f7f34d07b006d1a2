"""Gradients: of the logit where the picture comes in, or at the output of a layer."""

from typing import Any

import torch
from torch import Tensor, nn

from core.attribution.base import Forward


def slope(forward: Forward, inputs: Tensor, target: int) -> Tensor:
    """``d forward(inputs)[:, target] / d inputs``, of the shape of ``inputs``; parameters get no gradient."""
    asking = inputs.detach().requires_grad_()
    with torch.enable_grad():
        return torch.autograd.grad(forward(asking)[:, target].sum(), asking)[0]


def output_and_slope(forward: Forward, layer: nn.Module, *inputs: Tensor, target: int) -> tuple[Tensor, Tensor]:
    """The output of ``layer``, and the gradient of the logit there, of the same shape.

    Nothing below the layer is differentiated: the graph starts at its output. Where the layer gives several tensors,
    the first is meant.
    """
    kept: list[Tensor] = []

    def hook(module: nn.Module, arguments: Any, output: Any) -> Any:
        kept.append((output[0] if isinstance(output, tuple) else output).detach().requires_grad_())
        return (kept[-1], *output[1:]) if isinstance(output, tuple) else kept[-1]

    handle = layer.register_forward_hook(hook)
    try:
        with torch.enable_grad():
            logit = forward(*(tensor.detach() for tensor in inputs))[:, target].sum()
            (slopes,) = torch.autograd.grad(logit, kept[-1])
    finally:
        handle.remove()
    return kept[-1].detach(), slopes
