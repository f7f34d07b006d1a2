"""A sentence encoder: texts in, unit vectors out, near each other where the texts mean alike."""

from collections.abc import Iterator, Sequence
from threading import RLock
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from core.device import device
from core.models import hub
from core.models.catalog import ModelCard

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MAX_TOKENS = 256  # what the sentence encoders were trained on; more is cut
BATCH = 32


class TextEncoder:
    """A Transformer whose mean token vector stands for the text (Reimers and Gurevych 2019).

    Attributes:
        card: its row in the catalog.
        lock: held by whoever puts hooks on ``model``.
        model, tokenizer: the stock `transformers` pair, parameters frozen.
    """

    def __init__(self, card: ModelCard, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> None:
        self.card = card
        self.model = model.to(device()).requires_grad_(False)  # pyright: ignore[reportArgumentType]
        self.tokenizer = tokenizer
        self.lock = RLock()

    @classmethod
    def load(cls, card: ModelCard) -> "TextEncoder":
        """The encoder of ``card``.

        Raises:
            Unavailable: it cannot be had on this machine now.
        """
        return cls(card, hub.load_model(card, "AutoModel"), hub.load_tokenizer(card))

    @property
    def width(self) -> int:
        """D, the length of a vector."""
        return self.model.config.hidden_size

    def tokens(self, text: str) -> list[str]:
        """The pieces that the model reads, its own start and end marks included; at most `MAX_TOKENS`."""
        return self.tokenizer.convert_ids_to_tokens(self._ids([text])[0])  # pyright: ignore[reportReturnType]

    def is_cut(self, text: str) -> bool:
        """Whether ``text`` has more tokens than the model reads."""
        return len(self.tokenizer(text, truncation=True, max_length=MAX_TOKENS + 1)["input_ids"]) > MAX_TOKENS  # pyright: ignore

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors ``(N, D)`` of ``texts``; only their first `MAX_TOKENS` tokens count (see `is_cut`).

        Texts of like length share a batch, so that little is computed for padding.
        """
        vectors = torch.empty(len(texts), self.width)
        for rows, input_ids, attention_mask in batches(self._ids(texts), self.tokenizer.pad_token_id):  # pyright: ignore
            with self.lock, torch.inference_mode():
                states = self.model(
                    input_ids=input_ids.to(device()), attention_mask=attention_mask.to(device())
                ).last_hidden_state
                vectors[rows] = mean_of(states, attention_mask.to(device())).float().cpu()
        return F.normalize(vectors, dim=1)

    def similarity(self, texts: Sequence[str], others: Sequence[str]) -> Tensor:
        """Cosines ``(N, M)`` between ``texts`` and ``others``: 1 means alike, 0 unrelated."""
        return self.embed(texts) @ self.embed(others).T

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        return self.tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS)["input_ids"]  # pyright: ignore


def batches(
    ids: Sequence[Sequence[int]], pad_token_id: int, size: int = BATCH
) -> Iterator[tuple[list[int], Tensor, Tensor]]:
    """Rows of ``ids`` in batches of like length, longest first so that a lack of memory shows at once.

    Yields:
        row numbers, ``input_ids (B, T)`` and ``attention_mask (B, T)``.
    """
    order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        longest = len(ids[rows[0]])
        input_ids = torch.full((len(rows), longest), pad_token_id)
        attention_mask = torch.zeros(len(rows), longest, dtype=torch.long)
        for place, row in enumerate(rows):
            input_ids[place, : len(ids[row])] = torch.tensor(ids[row])
            attention_mask[place, : len(ids[row])] = 1
        yield rows, input_ids, attention_mask


def mean_of(hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
    """``(B, D)``: the mean of ``hidden_states (B, T, D)`` over the tokens that ``attention_mask (B, T)`` keeps."""
    mask = attention_mask[..., None].to(hidden_states.dtype)
    return (hidden_states * mask).sum(1) / mask.sum(1).clamp(min=1)
