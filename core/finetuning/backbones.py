"""A pretrained network with an empty last layer for K classes, and a run's examples as the batches it reads."""

import hashlib
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.data.labelled import Labelled, LabelledImages, LabelledTexts, decode
from core.device import device
from core.errors import PlaygroundError
from core.models import ModelCard, hub
from core.models.catalog import IMAGE_CLASSIFICATION, TEXT_ENCODING
from core.models.image_classifier import ImageClassifier
from core.models.mean_pooling import with_mean_pooling

IMAGE_BATCH, TEXT_BATCH = 16, 32  # for answers; more is no quicker on a processor
RECIPE = "1"  # raise it when features of the same weights come out different
# Where the blocks are, by model type, in the order in which the input passes them, and what follows them.
_BLOCKS = {"efficientnet": "encoder.blocks", "resnet": "encoder.stages", "convnext": "encoder.stages", "vit": "layers"}
_TOPS = {"efficientnet": ("encoder.top_conv", "encoder.top_bn"), "vit": ("layernorm",), "convnext": ("layernorm",)}

Batch = tuple[list[int], dict[str, Tensor]]
"""Row numbers, and the network's inputs by name."""


class Backbone(ABC):
    """A network about to be fine-tuned on ``data``.

    Attributes:
        card: the model that it starts from.
        model: a stock `transformers` classifier with K outputs, all parameters frozen.
        head: its last layer, ``(D) → (K)``.
        answer_batch: how many examples it reads at once when it only answers.
    """

    card: ModelCard
    data: Labelled
    model: Any
    head: nn.Linear
    answer_batch: int

    @abstractmethod
    def inputs(self, rows: Sequence[int]) -> dict[str, Tensor]:
        """The named inputs of ``rows``, padded to the longest of them."""

    @abstractmethod
    def features(self, inputs: dict[str, Tensor]) -> Tensor:
        """``(B, D)``: what ``head`` reads while the network is as it came, without gradient."""

    @abstractmethod
    def size(self, row: int) -> int:
        """How long an example is; batches hold examples of like length."""

    @abstractmethod
    def last_blocks(self, count: int) -> list[nn.Module]:
        """The modules of the network's last ``count`` blocks and what belongs to them, without the head."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the network and what reads its input as a stock `transformers` folder."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Changes with anything that changes `features`: weights, preprocessing, longest text."""

    @property
    def width(self) -> int:
        """D, how many features an example has."""
        return self.head.in_features

    def keys(self) -> list[bytes]:
        """Per example the hash of its content."""
        examples = (e.encode() if isinstance(e, str) else e for e in self.data.examples)
        return [hashlib.sha256(example).digest() for example in examples]

    def logits(self, inputs: dict[str, Tensor]) -> Tensor:
        """``(B, K)``, differentiable in whatever is not frozen."""
        return self.model(**inputs).logits

    def answer_batches(self, rows: Sequence[int]) -> Iterator[Batch]:
        """``rows`` in batches of like length, longest first, so that a lack of memory shows at once."""
        order = sorted(rows, key=lambda row: -self.size(row))
        for start in range(0, len(order), self.answer_batch):
            batch = order[start : start + self.answer_batch]
            yield batch, self.inputs(batch)

    def training_batches(self, rows: Sequence[int], batch_size: int, seed: int) -> list[list[int]]:
        """``rows`` shuffled into batches; within 16 batches' worth, neighbours in length share one."""
        dice = random.Random(seed)
        order = list(rows)
        dice.shuffle(order)
        batches = []
        for start in range(0, len(order), 16 * batch_size):
            window = sorted(order[start : start + 16 * batch_size], key=self.size)
            batches += [window[at : at + batch_size] for at in range(0, len(window), batch_size)]
        dice.shuffle(batches)
        return batches

    def _new_head(self, head: nn.Linear) -> nn.Linear:
        """An empty last layer of the network's width, and the classes' names in its configuration."""
        labels = self.data.labels
        self.model.config.id2label = dict(enumerate(labels))
        self.model.config.label2id = {label: i for i, label in enumerate(labels)}
        fresh = nn.Linear(head.in_features, len(labels))
        nn.init.zeros_(fresh.weight)
        nn.init.zeros_(fresh.bias)
        return fresh.to(device()).requires_grad_(False)


class ImageBackbone(Backbone):
    """A picture classifier whose last layer is replaced."""

    answer_batch = IMAGE_BATCH

    def __init__(self, card: ModelCard, data: LabelledImages) -> None:
        self.card, self.data = card, data
        self.classifier = ImageClassifier.load(card)
        self.model = self.classifier.model
        old = self.model.classifier
        self.head = self._new_head(old[-1] if isinstance(old, nn.Sequential) else old)  # pyright: ignore
        if isinstance(old, nn.Sequential):
            old[-1] = self.head
        else:
            self.model.classifier = self.head

    def inputs(self, rows: Sequence[int]) -> dict[str, Tensor]:
        assert isinstance(self.data, LabelledImages)
        pixels = torch.cat([self.classifier.pixels(decode(self.data.examples[row])) for row in rows])
        return {"pixel_values": pixels.contiguous(memory_format=torch.channels_last)}

    def features(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.classifier.features(inputs["pixel_values"])

    def size(self, row: int) -> int:
        return 0

    def last_blocks(self, count: int) -> list[nn.Module]:
        kind, base = self.model.config.model_type, self.model.base_model
        blocks = list(base.get_submodule(_BLOCKS[kind]))
        return [*blocks[-count:], *(base.get_submodule(top) for top in _TOPS.get(kind, ()))]

    def save(self, folder: Path) -> None:
        self.model.to(memory_format=torch.contiguous_format).save_pretrained(folder)
        hub.load_image_processor(self.card).save_pretrained(folder)

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.card, repr(self.classifier.preprocessing))


class TextBackbone(Backbone):
    """A sentence encoder as a stock classifier over the mean of its tokens."""

    answer_batch = TEXT_BATCH

    def __init__(self, card: ModelCard, data: LabelledTexts, max_seq_length: int) -> None:
        self.card, self.data, self.max_seq_length = card, data, max_seq_length
        encoder: Any = hub.load_model(card, "AutoModel")
        if encoder.config.model_type != "bert":
            raise PlaygroundError(f"{card.title} cannot be fine-tuned here; choose another model.")
        model: Any = with_mean_pooling(encoder, data.labels)
        self.model = model.to(device()).requires_grad_(False)
        self.model.config.problem_type = "single_label_classification"
        self.head = self.model.classifier = self._new_head(self.model.classifier)
        self.tokenizer: Any = hub.load_tokenizer(card)
        self._ids: list[list[int]] = self.tokenizer(list(data.examples), truncation=True, max_length=max_seq_length)[
            "input_ids"
        ]

    def inputs(self, rows: Sequence[int]) -> dict[str, Tensor]:
        longest = max(len(self._ids[row]) for row in rows)
        input_ids = torch.full((len(rows), longest), self.tokenizer.pad_token_id)
        attention_mask = torch.zeros(len(rows), longest, dtype=torch.long)
        for place, row in enumerate(rows):
            ids = self._ids[row]
            input_ids[place, : len(ids)] = torch.tensor(ids)
            attention_mask[place, : len(ids)] = 1
        return {"input_ids": input_ids.to(device()), "attention_mask": attention_mask.to(device())}

    def features(self, inputs: dict[str, Tensor]) -> Tensor:
        with torch.inference_mode():
            return self.model.bert(**inputs).pooler_output

    def size(self, row: int) -> int:
        return len(self._ids[row])

    def last_blocks(self, count: int) -> list[nn.Module]:
        return list(self.model.bert.encoder.layer[:-1])[-count:]  # the very last one computes the mean and stays so

    def save(self, folder: Path) -> None:
        self.model.save_pretrained(folder)
        self.tokenizer.model_max_length = self.max_seq_length  # so that it is cut elsewhere as it was in training
        self.tokenizer.save_pretrained(folder)

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.card, str(self.max_seq_length))


def load(card: ModelCard, data: Labelled, settings: Any) -> Backbone:
    """The network of ``card``, ready to learn the classes of ``data``; a second or two.

    Raises:
        PlaygroundError: this network does not read this kind of example.
        Unavailable: it cannot be had on this machine now.
    """
    if isinstance(data, LabelledImages) and card.task == IMAGE_CLASSIFICATION:
        return ImageBackbone(card, data)
    if isinstance(data, LabelledTexts) and card.task == TEXT_ENCODING:
        return TextBackbone(card, data, settings.max_seq_length)
    kind = "pictures" if isinstance(data, LabelledImages) else "texts"
    raise PlaygroundError(f"{card.title} does not read {kind}; choose a model that does.")


def _fingerprint(card: ModelCard, preprocessing: str) -> str:
    with (hub.locate(card) / "model.safetensors").open("rb") as weights:
        digest = hashlib.file_digest(weights, "sha256")
    digest.update(f"{preprocessing} {RECIPE}".encode())
    return digest.hexdigest()
