"""Inside a Transformer: its blocks, the attention they pay, and which tokens the answer is read from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.attribution.base import Classifier, Forward


@dataclass(frozen=True)
class Attentions:
    """One pass through a Transformer of L blocks.

    Attributes:
        weights: L of ``(B, heads, T, T)``, rows summing to one; part of the graph.
        last: ``(B, T, D)``, what the last block gives; part of the graph.
        logits: ``(B, K)``.
    """

    weights: tuple[Tensor, ...]
    last: Tensor
    logits: Tensor

    def reads(self, target: int) -> Tensor:
        """``(B, T)``, rows summing to one: how much the class's logit reads of each token after the last block.

        All of the class token in a plain ViT, every word alike under mean pooling: by the length of the gradient.
        """
        (slopes,) = torch.autograd.grad(self.logits[:, target].sum(), self.last, retain_graph=True)
        lengths = slopes.norm(dim=-1)
        return lengths / lengths.sum(1, keepdim=True).clamp(min=1e-12)


def blocks(model: nn.Module) -> list[nn.Module]:
    """The Transformer's blocks in order: the longest list of modules with attention inside; empty if none."""
    lists = [list(m) for m in model.modules() if isinstance(m, nn.ModuleList) and all(map(_attends, m)) and len(m)]
    return max(lists, key=len, default=[])


def needs_attention(classifier: Classifier) -> str | None:
    """The `Method.fits` of methods that read attention."""
    if not blocks(classifier.model):
        return "It reads attention, and this model has none: choose another method."
    if hasattr(getattr(classifier.model, "config", None), "window_size"):
        return "It needs attention between all places, and this model attends within windows: choose another method."
    return None


def attentions(model: nn.Module, forward: Forward, *inputs: Tensor, embedding: nn.Module | None = None) -> Attentions:
    """Run ``forward`` and keep the attention of every block of ``model``.

    The attention is computed in the open meanwhile (`eager`), since the fused kernels never form it. The caller holds
    the model's lock: nobody else may run the model now.

    Args:
        embedding: the module whose output the graph starts at, where the inputs are ids.
    """
    weights: list[Tensor] = []
    states: list[Tensor] = []

    def note(module: nn.Module, arguments: Any, output: Any) -> None:
        found = output[1] if isinstance(output, tuple) and len(output) > 1 else None
        if isinstance(found, Tensor) and found.dim() == 4 and not any(found is known for known in weights):
            weights.append(found)

    def keep(module: nn.Module, arguments: Any, output: Any) -> None:
        states.append(output[0] if isinstance(output, tuple) else output)

    found = blocks(model)
    handles = [module.register_forward_hook(note) for block in found for module in block.modules()]
    handles.append(found[-1].register_forward_hook(keep))
    if embedding is not None:
        handles.append(embedding.register_forward_hook(lambda m, i, o: o.detach().requires_grad_()))
    else:
        inputs = (inputs[0].detach().requires_grad_(), *inputs[1:])
    try:
        with _eager(model), torch.enable_grad():
            logits = forward(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return Attentions(tuple(weights), states[-1], logits)


def patches(tokens: Tensor) -> Tensor:
    """``(B, N, …)`` tokens of a picture → ``(B, g, g, …)``: the patches, without class tokens before them."""
    side = int(tokens.shape[1] ** 0.5)
    return tokens[:, -side * side :].unflatten(1, (side, side))


@contextmanager
def _eager(model: nn.Module) -> Iterator[None]:
    configs = {id(c): c for m in model.modules() if (c := getattr(m, "config", None)) is not None}.values()
    before = [(config, config._attn_implementation) for config in configs]
    try:
        for config, _ in before:
            config._attn_implementation = "eager"
        yield
    finally:
        for config, name in before:
            config._attn_implementation = name


def _attends(module: nn.Module) -> bool:
    return any("Attention" in type(inner).__name__ for inner in module.modules())
