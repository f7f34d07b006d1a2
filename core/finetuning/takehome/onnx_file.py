"""A fine-tuned model as one ONNX file, for runtimes without Python; a job, since the exporter takes some 900 MB."""

import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import Unavailable
from core.finetuning.takehome.names import MODEL_FILES
from core.models import ModelCard, own
from core.models.catalog import IMAGE_CLASSIFICATION

if TYPE_CHECKING:
    from torch import Tensor, nn

    Traced = tuple[nn.Module, dict[str, Tensor], dict[str, Any]]
    """A network, inputs to follow through it, and which of their sides may change."""

FILE = "model.onnx"
NEEDED = ("onnx", "onnxscript")


class Task(Protocol):
    """What `core.jobs` hands to a job's function."""

    @property
    def folder(self) -> Path: ...


def available() -> bool:
    """Whether this installation can write ONNX; asked without importing anything."""
    return all(importlib.util.find_spec(name) for name in NEEDED)


def inputs(card: ModelCard) -> dict[str, Path]:
    """The files that `run` needs, for `core.jobs.submit`."""
    assert card.folder is not None, "a fine-tuned model has a folder"
    names = (*MODEL_FILES, own.CARD_FILE)
    return {name: card.folder / name for name in names if (card.folder / name).is_file()}


def run(task: Task) -> Iterator[dict[str, Any]]:
    """Turn the model in ``inputs`` into ``result/model.onnx``; about ten seconds.

    Raises:
        Unavailable: the exporter is not installed here.
    """
    yield {"phase": "exporting", "fraction": 0.1}
    result = task.folder / "result"
    result.mkdir(exist_ok=True)
    write(own.read_card(task.folder / "inputs"), result / FILE)
    yield {"phase": "done", "fraction": 1.0}


def write(card: ModelCard, file: Path) -> None:
    """Write the network of ``card`` to ``file``: named inputs of any batch size and length, output ``logits (B, K)``.

    Raises:
        Unavailable: the exporter is not installed here.
    """
    if not available():
        raise Unavailable("This server cannot write ONNX files: install onnx and onnxscript, or take the zip home.")
    import torch

    network, example, shapes = _text(card) if card.task != IMAGE_CLASSIFICATION else _pictures(card)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about its own use of other libraries
        program = torch.onnx.export(
            network,
            args=(),
            kwargs=example,
            dynamo=True,
            input_names=list(example),
            output_names=["logits"],
            dynamic_shapes=shapes,
            verbose=False,
        )
    assert program is not None
    part = file.with_suffix(".part")
    program.save(part, external_data=False)
    part.replace(file)


def _pictures(card: ModelCard) -> "Traced":
    import torch

    from core.models import hub
    from core.models.preprocessing import Preprocessing

    class Logits(torch.nn.Module):
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, pixel_values: "Tensor") -> "Tensor":
            return self.model(pixel_values=pixel_values).logits

    height, width = Preprocessing.of(hub.load_image_processor(card)).size
    example = {"pixel_values": torch.zeros(2, 3, height, width)}
    network = Logits(hub.load_model(card, "AutoModelForImageClassification"))
    return network.eval(), example, {"pixel_values": {0: torch.export.Dim("batch")}}


def _text(card: ModelCard) -> "Traced":
    import torch

    from core.models import hub

    class Logits(torch.nn.Module):
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: "Tensor", attention_mask: "Tensor") -> "Tensor":
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    model: Any = hub.load_model(card, "AutoModelForSequenceClassification")
    batch, tokens = torch.export.Dim("batch"), torch.export.Dim("tokens", max=model.config.max_position_embeddings)
    names = ("input_ids", "attention_mask")
    example = {name: torch.ones(2, 12, dtype=torch.long) for name in names}
    return Logits(model).eval(), example, {name: {0: batch, 1: tokens} for name in names}
