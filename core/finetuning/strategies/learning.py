"""Which numbers of a network learn, and how it stands while they do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.finetuning.backbone import Backbone
from core.finetuning.run import RANDOM


@dataclass(frozen=True)
class Learning:
    """The part of a network that changes.

    Attributes:
        model: the whole network.
        modules: what is put into training mode.
        parameters: what the optimizer changes, by name in the network.
        kept: all that changes: the parameters, and statistics and layers that are set by other means.
        norms: batch norms that go on measuring their inputs.
    """

    model: nn.Module
    modules: Sequence[nn.Module]
    parameters: Mapping[str, nn.Parameter]
    kept: Mapping[str, Tensor]
    norms: Sequence[nn.Module]

    @property
    def count(self) -> int:
        """How many numbers learn."""
        return sum(parameter.numel() for parameter in self.parameters.values())

    def snapshot(self) -> dict[str, Tensor]:
        """A copy of all that changes."""
        return {name: tensor.detach().clone() for name, tensor in self.kept.items()}

    def restore(self, snapshot: Mapping[str, Tensor]) -> None:
        """Put a `snapshot` back."""
        with torch.no_grad():
            for name, tensor in self.kept.items():
                tensor.copy_(snapshot[name])

    def train_mode(self) -> None:
        """Dropout only where something learns; other batch norms use the statistics that they came with."""
        self.model.eval()
        for module in self.modules:
            module.train()
            for inner in module.modules():
                if _is_batch_norm(inner) and inner not in self.norms:
                    inner.eval()


def unfreeze(
    backbone: Backbone,
    modules: Sequence[nn.Module],
    also: Iterable[nn.Module] = (),
    around: Sequence[nn.Module] = (),
) -> Learning:
    """Let ``modules`` learn; ``also`` change, but not by the optimizer; ``around`` them dropout acts too.

    Batch norms keep their statistics and scales, since batches here are too small to measure them, except in a network
    from random weights, whose statistics would soon have nothing to do with it. Gates of squeeze-and-excite that are
    one for every input stay so.
    """
    inner = [module for outer in modules for module in outer.modules()]
    norms = [module for module in inner if _is_batch_norm(module)]
    still = [gate for module in inner if (gate := getattr(module, "squeeze_excite", None)) and _is_open(gate)]
    learning_norms = norms if backbone.weights == RANDOM else []
    frozen = _ids([*still, *(norm for norm in norms if norm not in learning_norms)])
    learning, model = _ids(modules) - frozen, backbone.model
    parameters = {name: p for name, p in model.named_parameters() if id(p) in learning}
    for parameter in parameters.values():
        parameter.requires_grad_(True)
    statistics = {id(b) for norm in learning_norms for b in norm.buffers()}
    others = _ids(also)
    kept = {name: b for name, b in model.named_buffers() if id(b) in statistics}
    kept |= {name: p for name, p in model.named_parameters() if id(p) in others}
    return Learning(model, [*around, *modules], parameters, {**parameters, **kept}, learning_norms)


def freeze(backbone: Backbone) -> None:
    """End of learning."""
    backbone.model.requires_grad_(False).eval()


def _ids(modules: Iterable[nn.Module]) -> set[int]:
    return {id(parameter) for module in modules for parameter in module.parameters()}


def _is_batch_norm(module: nn.Module) -> bool:
    return isinstance(module, nn.BatchNorm2d)


def _is_open(gate: nn.Module) -> bool:
    expand = getattr(gate, "expand", None)
    return isinstance(expand, nn.Conv2d) and not expand.weight.any()
