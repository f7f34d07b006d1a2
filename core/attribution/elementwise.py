"""Which layers of a network are straight, which bend number by number, and which do neither."""

from torch import nn

STRAIGHT = (
    nn.Conv1d,
    nn.Conv2d,
    nn.Linear,
    nn.Embedding,
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
    nn.Dropout,
    nn.Dropout2d,
    nn.Identity,
    nn.Flatten,
    nn.Unflatten,
    nn.ZeroPad2d,
)
"""Straight lines in evaluation mode (Embedding: from where the layer's output is changed)."""

_BENT = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Hardswish, nn.Sigmoid, nn.Tanh, nn.Softplus)
_POOLS = (nn.MaxPool1d, nn.MaxPool2d)


def leaves(model: nn.Module) -> list[nn.Module]:
    """The modules that compute: those without modules inside, and those with weights or code of their own beside."""
    return [module for module in model.modules() if not any(module.children())]


def bends(module: nn.Module) -> bool:
    """Whether it maps each number by itself along a curve."""
    # transformers has its own classes for the same curves, such as GELUActivation.
    return isinstance(module, _BENT) or type(module).__module__ == "transformers.activations"


def strangers(model: nn.Module) -> list[nn.Module]:
    """Layers that are neither straight, nor bend number by number, nor pick a maximum."""
    return [m for m in leaves(model) if not (isinstance(m, (*STRAIGHT, *_POOLS)) or bends(m))]


def why_not(model: nn.Module, method: str) -> str | None:
    """None, or the sentence that names the kind of layer that ``method`` has no rule for."""
    odd = strangers(model)
    if not odd:
        return None
    norms = any("Norm" in type(module).__name__ for module in odd)
    kind = "the layer norms between its layers" if norms else "one of its kinds of layer"
    return f"{method} has no rule for {kind}, so its values would not add up: choose another method."
