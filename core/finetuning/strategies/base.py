"""What a fine-tuning strategy is: a row that pages can read, with the address of the code that trains."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

IMAGE, TEXT = "image", "text"


@dataclass(frozen=True)
class Strategy:
    """One way to fine-tune.

    Attributes:
        name: its name in URLs and reports.
        trains: one sentence for the visitor: what learns, what stays as it was, how long it takes.
        recommended: whether it is what a page offers first.
        settings: for ``image``, ``text`` or both the frozen dataclass of its controls (see `core.params`).
        entry: ``module:function`` of the training code: ``train(run) -> Training`` (see `core.finetuning.run`).
    """

    name: str
    title: str
    trains: str
    recommended: bool
    settings: Mapping[str, type]
    entry: str

    def train(self) -> Callable[..., Any]:
        """The training code, imported now (seconds: it brings torch)."""
        module, function = self.entry.split(":")
        return getattr(importlib.import_module(module), function)
