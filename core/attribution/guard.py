"""Leave a shared model exactly as it was found: hooks, gradients asked for, training flags, nothing left on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from torch import Tensor, nn

# Where torch keeps what Captum registers on a module. The last three tables are keyed alike.
_HOOK_TABLES = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks_with_kwargs",
)


@contextmanager
def as_it_was(model: nn.Module) -> Iterator[None]:
    """A frozen model in evaluation mode inside; the model as it was found afterwards, also after an exception.

    Frozen parameters save the memory of the activations that only their gradients would need. The caller holds the
    model's lock.
    """
    found = [(vars(module), _Before.of(vars(module))) for module in _modules(model)]
    parameters = [(p, p.requires_grad) for held, _ in found for p in held["_parameters"].values() if p is not None]
    try:
        for held, _ in found:
            held["training"] = False  # past the setter of nn.Module, which takes longer than a small network
        for parameter, asked in parameters:
            if asked:
                parameter.requires_grad_(False)
        yield
    finally:
        for held, before in found:
            before.restore(held)
        for parameter, asked in parameters:
            if parameter.requires_grad != asked:
                parameter.requires_grad_(asked)


class _Before(NamedTuple):
    """One module as it was found. Networks have hundreds, so this copies only what is there.

    Attributes:
        names: how many attributes it had; new ones come behind them.
        hooks: the keys of its tables of hooks that were not empty.
    """

    training: bool
    names: int
    hooks: dict[str, set[int]]

    @classmethod
    def of(cls, held: dict[str, Any]) -> "_Before":
        return cls(held["training"], len(held), {n: set(held[n]) for n in _HOOK_TABLES if held.get(n)})

    def restore(self, held: dict[str, Any]) -> None:
        held["training"] = self.training
        for name in _HOOK_TABLES:
            if table := held.get(name):
                for key in set(table) - self.hooks.get(name, set()):
                    del table[key]
        # DeepLift of Captum keeps activations on the modules, also after an exception.
        for name in list(held)[self.names :] if len(held) > self.names else ():
            if _holds_tensors(held[name]):
                del held[name]


def hook_count(model: nn.Module) -> int:
    """How many hooks of any kind hang on ``model``; for tests that none is left behind."""
    return sum(len(table) for module in model.modules() for table in _tables(module))


def _modules(model: nn.Module) -> list[nn.Module]:
    """As ``model.modules()``, which spells out every name on the way and takes as long as a small network."""
    found, waiting = {model: None}, [model]
    while waiting:
        for module in vars(waiting.pop())["_modules"].values():
            if module is not None and module not in found:
                found[module] = None
                waiting.append(module)
    return list(found)


def _tables(module: nn.Module) -> list[dict]:
    return [table for name in _HOOK_TABLES if (table := vars(module).get(name)) is not None]


def _holds_tensors(value: object) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, tuple) and any(isinstance(v, Tensor) for v in value))
