"""A text classifier: tokens in, logits out; fine-tuned ones, and one made on the spot from the names of its labels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import RLock
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.device import device
from core.errors import PlaygroundError
from core.models import hub
from core.models.catalog import TEXT_CLASSIFICATION, ModelCard
from core.models.text_encoder import MAX_TOKENS, TextEncoder, batches, mean_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ZERO_SHOT_SCALE = 20.0  # the inverse temperature that sentence encoders are trained with (Reimers and Gurevych)


@dataclass(frozen=True)
class Encoding:
    """A text as a model reads it.

    Attributes:
        input_ids, attention_mask: ``(1, T)``.
        tokens: T pieces; word pieces that continue a word begin with ``##``.
        word_ids: per token, which word of the text it belongs to; None for the model's own marks.
        truncated: whether the text went on.
    """

    input_ids: Tensor
    attention_mask: Tensor
    tokens: tuple[str, ...]
    word_ids: tuple[int | None, ...]
    truncated: bool


class TextClassifier:
    """A network that sorts texts, shared by all visitors.

    Attributes:
        card: its row in the catalog, or the visitor's own model.
        labels: K class names in the order of the logits.
        lock: held by whoever puts hooks on ``model``.
        model: the network, parameters frozen, in evaluation mode.
        embedding_layer: the module that turns ``input_ids (B, T)`` into ``(B, T, D)``.
        max_tokens: how many tokens of a text it reads, its own marks included.
        multi_label: a text may have several classes: each probability stands for itself.
    """

    def __init__(
        self,
        card: ModelCard,
        model: "PreTrainedModel | ZeroShot",
        tokenizer: "PreTrainedTokenizerBase",
        labels: Sequence[str],
        lock: "RLock | None" = None,
    ) -> None:
        self.card = card
        self.model = model.to(device()).eval().requires_grad_(False)  # pyright: ignore[reportArgumentType]
        self.tokenizer = tokenizer
        self.labels = tuple(labels)
        self.multi_label = hub.is_multi_label(model)
        # A fine-tuned model says how long its texts were in training.
        self.max_tokens = min(MAX_TOKENS, tokenizer.model_max_length)
        self.lock = lock or RLock()
        encoder: Any = model.encoder if isinstance(model, ZeroShot) else model
        self.embedding_layer: nn.Module = encoder.get_input_embeddings()
        self.pad_token_id: int = tokenizer.pad_token_id  # pyright: ignore[reportAttributeAccessIssue]
        self.mask_token_id: int = tokenizer.mask_token_id  # pyright: ignore[reportAttributeAccessIssue]

    @classmethod
    def load(cls, card: ModelCard) -> "TextClassifier":
        """The classifier of ``card``, or of the folder that fine-tuning wrote.

        Raises:
            Unavailable: it cannot be had on this machine now.
        """
        model = hub.load_model(card, "AutoModelForSequenceClassification")
        return cls(card, model, hub.load_tokenizer(card), hub.label_names(model))

    def over(self, model: "PreTrainedModel | ZeroShot") -> "TextClassifier":
        """The same classifier with another network of this kind."""
        return TextClassifier(self.card, model, self.tokenizer, self.labels)

    def encode(self, text: str) -> Encoding:
        """``text`` as tokens; at most ``max_tokens`` are read.

        Raises:
            PlaygroundError: nothing to read.
        """
        if not text.strip():
            raise PlaygroundError("The text is empty; enter some words.")
        read = self.tokenizer(text, truncation=True, max_length=self.max_tokens, return_tensors="pt")
        beyond = self.tokenizer(text, truncation=True, max_length=self.max_tokens + 1)["input_ids"]
        input_ids: Tensor = read["input_ids"]  # pyright: ignore[reportAssignmentType]
        mask: Tensor = read["attention_mask"]  # pyright: ignore[reportAssignmentType]
        return Encoding(
            input_ids.to(device()),
            mask.to(device()),
            tuple(self.tokenizer.convert_ids_to_tokens(input_ids[0].tolist())),
            tuple(read.word_ids(0)),
            len(beyond) > self.max_tokens,  # pyright: ignore[reportArgumentType]
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits ``(B, K)`` of tokens ``(B, T)``; differentiable in the output of ``embedding_layer``."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    def predict(self, texts: Sequence[str]) -> Tensor:
        """Probabilities ``(N, K)`` of ``texts``, those of like length in one batch."""
        probs = torch.empty(len(texts), len(self.labels))
        if not texts:
            return probs
        ids = self.tokenizer(list(texts), truncation=True, max_length=self.max_tokens)["input_ids"]
        for rows, input_ids, attention_mask in batches(ids, self.pad_token_id):  # pyright: ignore[reportArgumentType]
            with self.lock, torch.inference_mode():
                logits = self.forward(input_ids.to(device()), attention_mask.to(device()))
                probs[rows] = hub.probs_of(logits.float(), multi_label=self.multi_label).cpu()
        return probs


@dataclass(frozen=True)
class _Output:
    logits: Tensor


class ZeroShot(nn.Module):
    """``logits = 20 · cos(text, label)``: a classifier whose weights are the embedded names of its classes."""

    def __init__(self, encoder: "PreTrainedModel", label_vectors: Tensor) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("label_vectors", label_vectors, persistent=False)  # (K, D), unit length

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> _Output:
        """Logits ``(B, K)`` in the field where a stock classifier has them."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # (B, T, D)
        vectors = F.normalize(mean_of(states, attention_mask), dim=1)  # (B, D)
        return _Output(ZERO_SHOT_SCALE * vectors @ self.label_vectors.T)  # pyright: ignore[reportOperatorIssue]


def zero_shot(encoder: TextEncoder, labels: Sequence[str], template: str = "This text is about {}.") -> TextClassifier:
    """A classifier for ``labels`` without any training: a text belongs where its meaning is nearest the label's.

    Args:
        template: the sentence that a label is put in; ``{}`` marks the place.

    Raises:
        PlaygroundError: fewer than two different labels, or a template without a place.
    """
    named = [label.strip() for label in labels if label.strip()]
    if len(named) < 2 or len(set(named)) < len(named):
        raise PlaygroundError(f"Zero-shot needs at least two different labels; found {len(set(named))}.")
    if "{}" not in template:
        raise PlaygroundError("The sentence around a label needs {} where the label goes.")
    vectors = encoder.embed([template.replace("{}", label) for label in named]).to(device())
    card = replace(encoder.card, task=TEXT_CLASSIFICATION, labels=tuple(named))
    # The encoder is shared with its other users, hence so is its lock.
    return TextClassifier(card, ZeroShot(encoder.model, vectors), encoder.tokenizer, named, encoder.lock)
