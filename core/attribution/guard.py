"""Leave a shared model exactly as it was found: hooks, gradients asked for, training flags, nothing left on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
    found = [_before(vars(module)) for module in _modules(model)]
    parameters = [(p, p.requires_grad) for held, *_ in found for p in held["_parameters"].values() if p is not None]
    try:
        for held, *_ in found:
            held["training"] = False  # past the setter of nn.Module, which takes longer than a small network
        for parameter, asked in parameters:
            if asked:
                parameter.requires_grad_(False)
        yield
    finally:
        for before in found:
            _restore(*before)
        for parameter, asked in parameters:
            if parameter.requires_grad != asked:
                parameter.requires_grad_(asked)


def _before(held: dict[str, Any]) -> tuple[dict[str, Any], bool, int, dict[str, set[int]] | None]:
    """One module's attributes, whether it trained, how many they were (new ones come behind), and its hooks' keys.

    Networks have hundreds of modules, nearly all of them without a hook, so this looks before it copies.
    """
    hooks = {name: set(held[name]) for name in _HOOK_TABLES if held.get(name)} if _is_hooked(held) else None
    return held, held["training"], len(held), hooks


def _restore(held: dict[str, Any], training: bool, names: int, hooks: dict[str, set[int]] | None) -> None:
    held["training"] = training
    if _is_hooked(held):
        for name in _HOOK_TABLES:
            if table := held.get(name):
                for key in set(table) - (hooks or {}).get(name, set()):
                    del table[key]
    if len(held) > names:  # DeepLift of Captum keeps activations on the modules, also after an exception
        for name in list(held)[names:]:
            if _holds_tensors(held[name]):
                del held[name]


def _is_hooked(held: dict[str, Any]) -> bool:
    """Whether any hook hangs there; the tables left out hold only keys of these."""
    get = held.get
    return bool(
        get("_forward_hooks") or get("_backward_hooks") or get("_forward_pre_hooks") or get("_backward_pre_hooks")
    )


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
