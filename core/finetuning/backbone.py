"""A pretrained network with an empty last layer for K classes, and a run's examples as the batches it reads."""

import hashlib
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from core.data.labelled import Labelled
from core.device import device
from core.finetuning.run import PRETRAINED
from core.models import ModelCard, hub

RECIPE = "2"  # raise it when features of the same weights come out different
TOKENS_AT_ONCE = 1024  # for answers: a third of a second of MiniLM on one thread; and for a pass of learning

Batch = tuple[list[int], dict[str, Tensor]]
"""Row numbers, and the network's inputs by name."""


class Backbone(ABC):
    """A network about to be fine-tuned on ``data``.

    Attributes:
        card: the model that it starts from.
        weights: ``pretrained``, or ``random``: the same network that has learned nothing.
        model: a stock `transformers` classifier with K outputs, all parameters frozen.
        head: its last layer, ``(D) → (K)``.
        answer_batch: how many examples it reads at once when it only answers.
        depths: how many blocks a probe may leave standing below its head; the last is all of them.
        low_precision: whether its training steps gain from 16-bit arithmetic where the processor is good at it.
    """

    card: ModelCard
    data: Labelled
    weights: str
    seed: int
    model: Any
    head: nn.Linear
    answer_batch: int
    depths: tuple[int, ...]
    low_precision: bool

    @abstractmethod
    def inputs(self, rows: Sequence[int]) -> dict[str, Tensor]:
        """The named inputs of ``rows``, padded to the longest of them."""

    def training_inputs(self, rows: Sequence[int], seed: int) -> dict[str, Tensor]:
        """The same for learning: changed at random where the settings ask for it, decided by ``seed``."""
        return self.inputs(rows)

    def passes(self, rows: Sequence[int]) -> list[list[int]]:
        """``rows`` of a training batch in the parts that go through the network one after another.

        Their gradients add up to the batch's, and memory is that of the largest part.
        """
        return [list(rows)]

    @abstractmethod
    def features(self, inputs: dict[str, Tensor]) -> Tensor:
        """``(B, F)`` without gradient: what ``head`` reads while the network is as it came, for each of ``depths``."""

    @abstractmethod
    def size(self, row: int) -> int:
        """How long an example is; batches hold examples of like length."""

    @abstractmethod
    def blocks(self) -> list[nn.Module]:
        """The network's blocks in the order in which the input passes them."""

    def top(self) -> list[nn.Module]:
        """What follows the last block and can learn, without the head."""
        return []

    def last_blocks(self, count: int) -> list[nn.Module]:
        """The last ``count`` blocks and what follows them, without the head."""
        return [*self.blocks()[-count:], *self.top()]

    def body(self) -> list[nn.Module]:
        """All that learns in a full fine-tune, without the head."""
        return [*self.blocks(), *self.top()]

    def cut(self, depth: int) -> None:
        """Drop the blocks above ``depth``, one of ``depths``."""
        assert depth == self.depths[-1], "this network is used whole"

    @abstractmethod
    def settle(self, rows: Sequence[int]) -> None:
        """Have a network from random weights see ``rows`` once, where that is needed before it answers sensibly."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the network and what reads its input as a stock `transformers` folder."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Changes with anything that changes `features`: weights, preprocessing, longest text."""

    @property
    def width(self) -> int:
        """D, how many features the head reads."""
        return self.head.in_features

    @property
    def feature_width(self) -> int:
        """F, how many numbers `features` gives an example: D for each of ``depths``."""
        return self.width * len(self.depths)

    def at_depth(self, features: Tensor, depth: int) -> Tensor:
        """``(N, D)`` of ``features (N, F)``: what the head would read above ``depth`` blocks."""
        place = self.depths.index(depth)
        return features[:, place * self.width : (place + 1) * self.width]

    def keys(self) -> list[bytes]:
        """Per example the hash of its content."""
        examples = (e.encode() if isinstance(e, str) else e for e in self.data.examples)
        return [hashlib.sha256(example).digest() for example in examples]

    def logits(self, inputs: dict[str, Tensor]) -> Tensor:
        """``(B, K)``, differentiable in whatever is not frozen."""
        return self.model(**inputs).logits

    def answer_batches(self, rows: Sequence[int]) -> Iterator[Batch]:
        """``rows`` in batches of like length, longest first, so that a lack of memory shows at once.

        A batch of long examples holds fewer, so that Stop, which is heard between batches, never waits for a second.
        """
        order = sorted(rows, key=lambda row: -self.size(row))
        start = 0
        while start < len(order):
            count = max(1, min(self.answer_batch, TOKENS_AT_ONCE // max(self.size(order[start]), 1)))
            batch = order[start : start + count]
            start += count
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

    def new_head(self, head: nn.Linear) -> nn.Linear:
        """An empty last layer as wide as ``head``, and the classes and their kind in the model's configuration."""
        labels, config = self.data.labels, self.model.config
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: i for i, label in enumerate(labels)}
        config.problem_type = f"{'multi' if self.data.multi_label else 'single'}_label_classification"
        fresh = nn.Linear(head.in_features, len(labels))
        nn.init.zeros_(fresh.weight)
        nn.init.zeros_(fresh.bias)
        return fresh.to(device()).requires_grad_(False)

    def fingerprint_of(self, reading: str) -> str:
        """A hash of the card's weights and of ``reading``, how examples become inputs."""
        with (hub.locate(self.card) / "model.safetensors").open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        began = self.weights if self.weights == PRETRAINED else f"{self.weights} {self.seed}"
        digest.update(f"{reading} {RECIPE} {self.depths} {began}".encode())
        return digest.hexdigest()
