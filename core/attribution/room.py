"""How many inputs fit into one pass: sized from what the network keeps and from the memory that is free."""

from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from core.attribution.base import Forward
from core.device import MB, free_mb

BUDGET = 256 * MB  # no method may take more than half a gigabyte, and this is an estimate
SHARE = 4  # of the free memory: others are here too
_KNOWN: "WeakKeyDictionary[nn.Module, dict[tuple[int, ...], tuple[int, int]]]" = WeakKeyDictionary()


def at_once(model: nn.Module, forward: Forward, *example: Tensor, gradient: bool, most: int) -> int:
    """How many inputs like ``example`` (its tensors' first row) go through ``model`` at once, from 1 to ``most``.

    Costs one pass without gradient the first time that a network meets a shape. The caller holds the model's lock.

    Args:
        forward: what is called, with ``model`` inside.
        gradient: whether activations are kept for the way back.
    """
    rows = tuple(tensor[:1] for tensor in example)
    kept, largest = _footprint(model, forward, rows)
    each = kept if gradient else min(kept, 4 * largest)  # a layer's input and output, and what a convolution unfolds
    return max(1, min(most, min(BUDGET, free_mb() * MB // SHARE) // max(each, 1)))


def _footprint(model: nn.Module, forward: Forward, rows: tuple[Tensor, ...]) -> tuple[int, int]:
    """Bytes of all different layer outputs together, and of the largest, for one input."""
    known = _KNOWN.setdefault(model, {})
    shape = tuple(rows[0].shape)
    if shape not in known:
        outputs: list[Tensor] = []  # kept alive, so that no address is seen twice

        def note(*arguments: object) -> None:
            if isinstance(arguments[-1], Tensor):
                outputs.append(arguments[-1])

        leaves = [module for module in model.modules() if not any(module.children())]
        handles = [leaf.register_forward_hook(note) for leaf in leaves]
        try:
            with torch.no_grad():
                forward(*rows)
        finally:
            for handle in handles:
                handle.remove()
        sizes = {output.data_ptr(): output.numel() * output.element_size() for output in outputs}
        known[shape] = (sum(sizes.values()), max(sizes.values(), default=0))
    return known[shape]
