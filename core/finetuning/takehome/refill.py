"""A network of ours, filled with the numbers of a file that we did not write just now."""

import copy
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.texts import clean_label
from core.errors import PlaygroundError
from core.models import MODELS, ModelCard
from core.models.catalog import IMAGE_CLASSIFICATION, TEXT_CLASSIFICATION, TEXT_ENCODING

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MAX_HEADER_BYTES = 4_000_000  # of a safetensors file; the largest of the catalog needs 50 kB
_LAYER = re.compile(r"bert\.encoder\.layer\.(\d+)\.")
_TEXT_CLASSIFIER = "AutoModelForSequenceClassification"
OURS = "upload a zip that was downloaded here"


@dataclass(frozen=True)
class Brought:
    """What was read of a zip.

    Attributes:
        card: checked; its ``folder`` and ``slug`` are not those of this server.
        multi_label: whether each class is judged by itself.
        max_tokens: how many tokens of a text were read in training.
    """

    card: ModelCard
    multi_label: bool
    max_tokens: int


def rebuild(brought: Brought, weights: Path, folder: Path) -> None:
    """Write a stock folder into ``folder``: our own configuration and reader, the numbers of ``weights``.

    Raises:
        PlaygroundError: the numbers do not fit the network, or are none.
        Unavailable: the base model cannot be had on this machine now.
    """
    from core.models import hub

    base, header = base_of(brought.card), _header(weights)
    model = empty(base, brought, header)
    _fill(model, weights, header)
    model.save_pretrained(folder)
    if base.task == IMAGE_CLASSIFICATION:
        hub.load_image_processor(base).save_pretrained(folder)
        return
    tokenizer: Any = hub.load_tokenizer(base)
    tokenizer.model_max_length = brought.max_tokens
    tokenizer.save_pretrained(folder)


def base_of(card: ModelCard) -> ModelCard:
    """The catalog's model that ``card`` says it started from.

    Raises:
        PlaygroundError: there is none of that name for its task.
    """
    tasks = (IMAGE_CLASSIFICATION,) if card.task == IMAGE_CLASSIFICATION else (TEXT_ENCODING, TEXT_CLASSIFICATION)
    found = next((base for base in MODELS if base.hub_id == card.hub_id and base.task in tasks), None)
    if found is None:
        raise PlaygroundError(
            f"This model started from {clean_label(card.hub_id)!r}, which is not in the list here; "
            "bring back one that started from a model in the list."
        )
    return found


def empty(base: ModelCard, brought: Brought, header: dict[str, Any]) -> "PreTrainedModel":
    """The network that fine-tuning ``base`` for the card's classes makes, its numbers not yet the visitor's."""
    import transformers

    from core.models import hub
    from core.models.mean_pooling import keep_layers, with_mean_pooling

    labels = brought.card.labels
    if base.task == TEXT_ENCODING:
        encoder: Any = hub.load_model(base, "AutoModel")
        model: Any = with_mean_pooling(encoder, labels)
        depth = len({found[1] for name in header if (found := _LAYER.match(name))}) - 1  # the last one computes a mean
        if 1 <= depth < encoder.config.num_hidden_layers:  # a probe may have kept the lower layers only
            keep_layers(model, depth)
    else:
        kind = "AutoModelForImageClassification" if base.task == IMAGE_CLASSIFICATION else _TEXT_CLASSIFIER
        config = copy.deepcopy(hub.load_model(base, kind).config)
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: i for i, label in enumerate(labels)}
        model = getattr(transformers, kind).from_config(config)
    model.config.problem_type = f"{'multi' if brought.multi_label else 'single'}_label_classification"
    return model.eval()


def _fill(model: "PreTrainedModel", weights: Path, header: dict[str, Any]) -> None:
    """Put the numbers of ``weights`` into ``model``: exactly its tensors, of its shapes and kinds, all finite."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    wanted = model.state_dict()
    _check_shapes(header, {name: list(tensor.shape) for name, tensor in wanted.items()})
    try:
        tensors = load_file(weights)
    except SafetensorError:
        raise PlaygroundError(f"The weights are damaged; {OURS}.") from None
    for name, tensor in tensors.items():
        if tensor.dtype != wanted[name].dtype or not bool(torch.isfinite(tensor).all()):
            raise PlaygroundError(f"The weights hold something other than finite 32-bit numbers; {OURS}.")
    model.load_state_dict(tensors)


def _header(weights: Path) -> dict[str, Any]:
    """What a safetensors file says about its tensors, by name.

    Raises:
        PlaygroundError: it is no such file.
    """
    size = weights.stat().st_size
    header: Any = None
    with weights.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size > 8 and length <= min(MAX_HEADER_BYTES, size - 8):
            try:
                header = json.loads(file.read(length))
            except (ValueError, RecursionError):
                header = None
    if not isinstance(header, dict):
        raise PlaygroundError(f"The weights are not a safetensors file; {OURS}.")
    header.pop("__metadata__", None)
    return header


def _check_shapes(header: dict[str, Any], shapes: dict[str, list[int]]) -> None:
    """Raise a `PlaygroundError` unless the file says that it holds tensors of exactly these names and shapes."""
    found = {name: tensor.get("shape") if isinstance(tensor, dict) else None for name, tensor in header.items()}
    if found != shapes:
        wrong = next(iter({*found} ^ {*shapes}), None) or next(name for name in shapes if found[name] != shapes[name])
        raise PlaygroundError(
            f"The weights do not fit the model that the card names ({clean_label(wrong)!r} differs); {OURS}."
        )
