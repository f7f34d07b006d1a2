"""Fold batch norms and paddings into the convolutions beside them: the same function, fewer passes over memory."""

import copy
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from core.models.pointwise import quicken

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Convolution → batch norm, as they follow each other in these networks.
_PAIRS = {
    "efficientnet": (
        ("convolution", "batchnorm"),
        ("expand_conv", "expand_bn"),
        ("depthwise_conv", "depthwise_norm"),
        ("project_conv", "project_bn"),
        ("top_conv", "top_bn"),
    ),
    "resnet": (("convolution", "normalization"),),
}
# Zero padding → the convolution with stride that reads it.
_PADDED = (("padding", "convolution"), ("depthwise_conv_pad", "depthwise_conv"))


def fused(model: "PreTrainedModel") -> "PreTrainedModel":
    """A copy of ``model`` in which every convolution has swallowed its batch norm; the model itself where none has.

    For evaluation only. Logits agree to about 1e-5, gradients to about one percent, so attributions use the original.
    """
    pairs = _PAIRS.get(model.config.model_type)
    if not pairs:
        return model
    made = copy.deepcopy(model).eval()
    for module in list(made.modules()):
        for conv_name, norm_name in pairs:
            conv, norm = getattr(module, conv_name, None), getattr(module, norm_name, None)
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                _fuse(conv, norm)
                setattr(module, norm_name, nn.Identity())
    if model.config.model_type == "efficientnet":
        drop_open_gates(made)
    return made.requires_grad_(False)


def quick(model: "PreTrainedModel") -> "PreTrainedModel":
    """`fused`, as fast as it goes for answers: no pass for padding, activations in place, `Pointwise` convolutions."""
    made = fused(model)
    if made is model:
        return model
    for module in list(made.modules()):
        for pad_name, conv_name in _PADDED:
            pad, conv = getattr(module, pad_name, None), getattr(module, conv_name, None)
            if isinstance(pad, nn.ZeroPad2d) and isinstance(conv, nn.Conv2d) and conv.stride == (2, 2):
                _widen(conv, pad.padding)
                setattr(module, pad_name, nn.Identity())
        if isinstance(module, nn.ReLU | nn.ReLU6):
            module.inplace = True
    return quicken(made)


def sharing_copy(model: "PreTrainedModel") -> "PreTrainedModel":
    """A copy of ``model`` in evaluation mode whose modules are its own and whose weights are the model's."""
    shared: dict[int, Any] = {id(tensor): tensor for tensor in chain(model.parameters(), model.buffers())}
    return copy.deepcopy(model, shared).eval()


def _widen(conv: nn.Conv2d, padding: tuple[int, int, int, int]) -> None:
    """Have ``conv`` pad by itself, alike on all sides; a zero too many at the near end meets a zero of the kernel."""
    near, far = padding[0], padding[1]
    if padding != (near, far, near, far) or not 0 <= far - near <= 1:
        raise ValueError(f"padding {padding} is not what this network has")
    wider = F.pad(conv.weight, (far - near, 0, far - near, 0))
    conv.weight = nn.Parameter(wider.contiguous(memory_format=torch.channels_last), requires_grad=False)
    conv.kernel_size = (wider.shape[-2], wider.shape[-1])
    conv.padding = (far, far)


def _fuse(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    assert norm.running_mean is not None and norm.running_var is not None
    weight, bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
    conv.weight = nn.Parameter(weight.detach().contiguous(memory_format=torch.channels_last), requires_grad=False)
    conv.bias = nn.Parameter(bias.detach(), requires_grad=False)


def drop_open_gates(model: nn.Module) -> None:
    """Take out squeeze-and-excite where its gate is one for every input (see `core.models.efficientnet`)."""
    for module in model.modules():
        gate = getattr(module, "squeeze_excite", None)
        if gate is not None and not gate.expand.weight.any() and bool((gate.expand.bias.sigmoid() == 1).all()):
            module.squeeze_excite = nn.Identity()
