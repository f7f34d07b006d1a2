"""A small network of our own on disk: its settings are ``config.json``, its numbers ``model.safetensors``."""

import json
from pathlib import Path
from typing import Any, Self

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from core.errors import PlaygroundError
from core.models import hub
from core.models.catalog import ModelCard


class Plain(nn.Module):
    """A network that is made again from ``settings``, the arguments of its ``__init__``, and its state."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.settings = settings

    def save_pretrained(self, folder: Path) -> None:
        """Write both files; numbers take 16 bits there, which changes no digit that anyone could see."""
        text = json.dumps({"class": type(self).__name__, **self.settings}, indent=1)
        (folder / "config.json").write_text(text + "\n", encoding="utf-8")
        state = {
            name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in self.state_dict().items()
        }
        save_file(state, folder / "model.safetensors")

    @classmethod
    def load(cls, card: ModelCard) -> Self:
        """The network of ``card``, see `read`.

        Raises:
            Unavailable: it is not on this machine.
        """
        return cls.read(hub.locate(card))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The network in ``folder`` in evaluation mode, in 32 bits, its parameters frozen.

        Raises:
            PlaygroundError: its files do not fit each other or are damaged.
        """
        try:
            settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            settings.pop("class")
            network = cls(**settings)
            network.load_state_dict(load_file(folder / "model.safetensors"))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise PlaygroundError(f"The files of {folder.name} are damaged; install them again.") from error
        return network.eval().requires_grad_(False)
