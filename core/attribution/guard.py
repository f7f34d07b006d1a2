"""Leave a shared model exactly as it was found: hooks, gradients asked for, training flags, nothing left on it."""

from collections.abc import Iterator
from contextlib import contextmanager

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
    training = [(module, module.training) for module in model.modules()]
    asked = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    hooks = [(table, set(table)) for module, _ in training for table in _tables(module)]
    names = [(module, set(vars(module))) for module, _ in training]
    try:
        model.eval()
        model.requires_grad_(False)
        yield
    finally:
        for module, flag in training:
            module.training = flag
        for parameter, flag in asked:
            parameter.requires_grad_(flag)
        for table, known in hooks:
            for key in set(table) - known:
                del table[key]
        for module, known in names:
            for name in [n for n, value in vars(module).items() if n not in known and _holds_tensors(value)]:
                delattr(module, name)  # DeepLift keeps activations on the modules, also after an exception


def hook_count(model: nn.Module) -> int:
    """How many hooks of any kind hang on ``model``; for tests that none is left behind."""
    return sum(len(table) for module in model.modules() for table in _tables(module))


def _tables(module: nn.Module) -> list[dict]:
    return [getattr(module, name) for name in _HOOK_TABLES if hasattr(module, name)]


def _holds_tensors(value: object) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, tuple) and any(isinstance(v, Tensor) for v in value))
