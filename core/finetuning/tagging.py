"""Learning to mark parts of a text: a class for every token instead of one for the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.data.marked import MarkedTexts, tagged
from core.device import device
from core.finetuning.backbone import Backbone
from core.finetuning.objective import Objective
from core.finetuning.run import PRETRAINED, Run
from core.models import ModelCard, hub
from core.models.token_head import with_token_head

UNTAGGED = -100  # of the model's own marks and of padding; cross-entropy passes over it
BATCH = 32  # for answers


@dataclass(frozen=True)
class TaggingRun(Run):
    """A run whose examples are `MarkedTexts` and whose backbone is a `TokenBackbone`."""

    data: Any

    @cached_property
    def objective(self) -> "TaggingObjective":
        """What is made small."""
        assert isinstance(self.backbone, TokenBackbone)
        return TaggingObjective(self.backbone.targets(), len(self.data.labels))


class TaggingObjective(Objective):
    """Cross-entropy over the K classes of every token; an example is right if all its tokens are.

    Attributes:
        targets: ``(N, T)`` class indices, `UNTAGGED` where there is nothing to learn.
    """

    def __init__(self, targets: Tensor, classes: int) -> None:
        self.targets, self.classes, self.weights = targets, classes, None

    def loss(self, logits: Tensor, rows: Sequence[int]) -> Tensor:
        """The mean loss of a token of ``logits (B, T, K)``, in nats."""
        targets = self._of(rows, logits)
        return F.cross_entropy(logits.reshape(-1, self.classes), targets.reshape(-1), ignore_index=UNTAGGED)

    def rights(self, logits: Tensor, rows: Sequence[int]) -> Tensor:
        targets = self._of(rows, logits)
        return ((logits.argmax(-1) == targets) | (targets == UNTAGGED)).all(1)

    def wrong(self, logits: Tensor, rows: Sequence[int]) -> list[list[float]]:
        """Empty: a wrong sentence has no single predicted class."""
        return []

    def probs(self, logits: Tensor) -> Tensor:
        return logits.softmax(-1)

    def _of(self, rows: Sequence[int], like: Tensor) -> Tensor:
        return self.targets[list(rows), : like.shape[1]].to(like.device)

    def _mass(self, rows: Sequence[int]) -> float:
        return float((self.targets[list(rows)] != UNTAGGED).sum())


class TokenBackbone(Backbone):
    """A BERT encoder of the catalog with an empty layer on every token.

    Attributes:
        width_of_answers: T, the tokens of the longest example; answers are padded to it, so that they are of one shape.
    """

    data: Any
    answer_batch = BATCH
    low_precision = True

    def __init__(self, card: ModelCard, data: MarkedTexts, max_seq_length: int) -> None:
        self.card, self.data, self.weights, self.seed = card, data, PRETRAINED, 0
        self.max_seq_length = max_seq_length
        # On a processor the fused attention's way back is slower than that of plain matrix products.
        encoder: Any = hub.load_model(card, "AutoModel", attn_implementation="eager")
        self.model = with_token_head(encoder, data.labels).requires_grad_(False)
        self.model.to(device())  # pyright: ignore[reportArgumentType]
        self.head = self.model.classifier = self.new_head(self.model.classifier)
        self.depths = (len(self.blocks()),)
        self.tokenizer: Any = hub.load_tokenizer(card)
        read = self.tokenizer(
            list(data.examples), truncation=True, max_length=max_seq_length, return_offsets_mapping=True
        )
        self._ids: list[list[int]] = read["input_ids"]
        self._offsets: list[list[tuple[int, int]]] = read["offset_mapping"]
        self.width_of_answers = max(map(len, self._ids))

    def targets(self) -> Tensor:
        """``(N, T)``: the class of each token of each example; `UNTAGGED` for the model's own marks and padding."""
        made = torch.full((len(self.data), self.width_of_answers), UNTAGGED)
        for row, (offsets, marks) in enumerate(zip(self._offsets, self.data.marks, strict=True)):
            inner = tagged(offsets[1:-1], marks, self.data.kinds)
            made[row, 1 : 1 + len(inner)] = torch.tensor(inner, dtype=torch.long)
        return made

    def inputs(self, rows: Sequence[int]) -> dict[str, Tensor]:
        ids = [self._ids[row] for row in rows]
        input_ids = torch.full((len(ids), max(map(len, ids))), self.tokenizer.pad_token_id)
        attention_mask = torch.zeros_like(input_ids)
        for place, own in enumerate(ids):
            input_ids[place, : len(own)] = torch.tensor(own)
            attention_mask[place, : len(own)] = 1
        return {"input_ids": input_ids.to(device()), "attention_mask": attention_mask.to(device())}

    def logits(self, inputs: dict[str, Tensor]) -> Tensor:
        """``(B, T, K)``, T as `width_of_answers`."""
        found = self.model(**inputs).logits
        return F.pad(found, (0, 0, 0, self.width_of_answers - found.shape[1]))

    def features(self, inputs: dict[str, Tensor]) -> Tensor:
        raise NotImplementedError("a probe has one class an example; begin with the empty layer")

    def size(self, row: int) -> int:
        return len(self._ids[row])

    def blocks(self) -> list[nn.Module]:
        return list(self.model.bert.encoder.layer)

    def settle(self, rows: Sequence[int]) -> None:
        pass  # layer norms need no statistics

    def save(self, folder: Path) -> None:
        self.model.config.problem_type = None  # that is of whole texts
        self.model.save_pretrained(folder)
        self.tokenizer.model_max_length = self.max_seq_length
        self.tokenizer.save_pretrained(folder)

    @property
    def fingerprint(self) -> str:
        return self.fingerprint_of(f"tokens {self.max_seq_length}")
