"""1 × 1 convolutions at twice the speed: torch, with one thread, leaves them to a product that is slower than oneDNN.

A kernel of one pixel is the same kernel however far it is dilated, and dilated convolutions go to oneDNN.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.device import device

_SMALL = 20_480  # numbers; torch leaves smaller single inputs to its own loops, which are slow where they dilate


class Pointwise(nn.Conv2d):
    """A 1 × 1 convolution with the weights and, to rounding, the answers of the one that it was made of."""

    def forward(self, input: Tensor) -> Tensor:
        return _quick(input, self.weight, self.bias)


class PointwiseBack(nn.Conv2d):
    """A 1 × 1 convolution that is quick on the way back alone: its answers are the same to the last bit.

    For frozen weights. A rounding on the way in decides the ReLUs that stand within 1e-6 of their kink, and so changes
    gradients by a part in a thousand; one on the way back changes them by a part in a million.
    """

    def forward(self, input: Tensor) -> Tensor:
        if not (torch.is_grad_enabled() and input.requires_grad):
            return super().forward(input)
        return _PointwiseBack.apply(input, self.weight, self.bias)  # pyright: ignore[reportReturnType]


class _PointwiseBack(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(weight)
        return F.conv2d(input, weight, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore
        (weight,) = ctx.saved_tensors
        return _quick(gradients[0], weight.transpose(0, 1).contiguous(), None), None, None


def quicken(model: Any, kind: type[nn.Conv2d] = Pointwise) -> Any:
    """``model`` itself, its 1 × 1 convolutions turned into ``kind``; with CUDA nothing is to be gained."""
    for module in model.modules() if device().type == "cpu" else ():
        plain = type(module) is nn.Conv2d and (module.kernel_size, module.stride, module.groups) == ((1, 1), (1, 1), 1)
        if plain and module.padding in ((0, 0), "same", "valid"):
            module.__class__ = kind
    return model


def _quick(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    far = 2 if len(input) > 1 or input.numel() > _SMALL else 1
    return F.conv2d(input, weight, bias, dilation=far)
