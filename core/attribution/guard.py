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
    found = [_Before(module) for module in model.modules()]
    asked = [parameter for parameter in model.parameters() if parameter.requires_grad]
    not_asked = [parameter for parameter in model.parameters() if not parameter.requires_grad]
    try:
        for before in found:
            vars(before.module)["training"] = False  # not through nn.Module's slow setter
        for parameter in asked:
            parameter.requires_grad_(False)
        yield
    finally:
        for before in found:
            before.restore()
        for parameter in asked:
            parameter.requires_grad_(True)
        for parameter in not_asked:
            parameter.requires_grad_(False)


class _Before:
    """One module as it was found. Networks have hundreds, so this looks at what is there and copies little."""

    def __init__(self, module: nn.Module) -> None:
        self.module, self.training, self.names = module, module.training, set(vars(module))
        self.hooks = [(table, set(table)) for table in _tables(module) if table]

    def restore(self) -> None:
        vars(self.module)["training"] = self.training
        known = {id(table): keys for table, keys in self.hooks}
        for table in _tables(self.module):
            for key in set(table) - known.get(id(table), set()) if table else ():
                del table[key]
        # DeepLift of Captum keeps activations on the modules, also after an exception.
        held = vars(self.module)
        for name in [n for n in held.keys() - self.names if _holds_tensors(held[n])]:
            delattr(self.module, name)


def hook_count(model: nn.Module) -> int:
    """How many hooks of any kind hang on ``model``; for tests that none is left behind."""
    return sum(len(table) for module in model.modules() for table in _tables(module))


def _tables(module: nn.Module) -> list[dict]:
    held = vars(module)
    return [held[name] for name in _HOOK_TABLES if name in held]


def _holds_tensors(value: object) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, tuple) and any(isinstance(v, Tensor) for v in value))
