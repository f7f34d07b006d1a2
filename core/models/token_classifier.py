"""A token classifier: which parts of a text are names, dates, amounts, or whatever else it learned to mark."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from core.device import device
from core.errors import PlaygroundError
from core.models import hub
from core.models.catalog import ModelCard
from core.models.text_encoder import MAX_TOKENS, batches

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

OUTSIDE = "O"
_HANGING = "'\"-,;:()[]<>*_/!?"
OVERLAP = 32  # tokens that two neighbouring windows of a long text share, so that each is judged with words around it


@dataclass(frozen=True)
class Span:
    """Characters ``start`` to ``end`` (exclusive) of a text are of the kind ``label``; ``prob`` is its words' mean."""

    start: int
    end: int
    label: str
    prob: float


@dataclass(frozen=True)
class Reading:
    """What a classifier made of a text.

    Attributes:
        kinds: what a token can be, "none of them" first (as ``O``).
        tokens: T pieces, without the model's own marks.
        places: T pairs of first character and the one after the last.
        word_of: T numbers: which word a token belongs to; all tokens of a word get one answer.
        probs: ``(T, 1 + kinds)`` each row a distribution.
        begins: ``(T,)`` whether a new part begins here even after one of the same kind.
        spans: what was found, in order, from the card's `unknown_below` on.
        windows: in how many pieces the text was read.
    """

    kinds: tuple[str, ...]
    tokens: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    word_of: tuple[int, ...]
    probs: np.ndarray
    begins: np.ndarray
    spans: tuple[Span, ...]
    windows: int


class TokenClassifier:
    """A network that gives every token of a text a class, shared by all visitors.

    Attributes:
        card: its row in the catalog.
        labels: K classes of a token in the order of the logits: ``O``, and ``B-`` and ``I-`` of every kind.
        kinds: the kinds alone, in the order in which they come.
        lock: held by whoever puts hooks on ``model``.
        model: the network, parameters frozen, in evaluation mode.
        max_tokens: how many tokens it reads at once, its own marks included; longer texts are read in windows.
    """

    def __init__(self, card: ModelCard, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> None:
        self.card = card
        self.model = model.to(device()).eval().requires_grad_(False)  # pyright: ignore[reportArgumentType]
        self.tokenizer: Any = tokenizer
        self.labels = hub.label_names(model)
        self.kinds = tuple(dict.fromkeys(kind for label in self.labels if (kind := kind_of(label))))
        self.max_tokens = min(MAX_TOKENS, tokenizer.model_max_length)
        self.lock = RLock()

    @classmethod
    def load(cls, card: ModelCard) -> "TokenClassifier":
        """The classifier of ``card``.

        Raises:
            Unavailable: it cannot be had on this machine now.
        """
        return cls(card, hub.load_model(card, "AutoModelForTokenClassification"), hub.load_tokenizer(card))

    def find(self, text: str) -> tuple[Span, ...]:
        """The marked parts of ``text``, in order, by its characters.

        Raises:
            PlaygroundError: nothing to read.
        """
        return self.read(text).spans

    def read(self, text: str) -> Reading:
        """`find`, with what led to it.

        Raises:
            PlaygroundError: nothing to read.
        """
        return self.read_all([text])[0]

    def read_all(self, texts: Sequence[str]) -> list[Reading]:
        """`read` of each of ``texts``, windows of like length in one batch.

        Raises:
            PlaygroundError: one of them has nothing to read.
        """
        if not all(text.strip() for text in texts):
            raise PlaygroundError("The text is empty; enter some words.")
        if not texts:
            return []
        # The tokenizer would warn of long texts, which are cut into windows here.
        encoded = self.tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        every = [_windows(len(ids), self.max_tokens - 2) for ids in encoded["input_ids"]]
        pieces = [
            [self.tokenizer.cls_token_id, *ids[start:end], self.tokenizer.sep_token_id]
            for ids, own in zip(encoded["input_ids"], every, strict=True)
            for start, end in own
        ]
        logits = iter(self._logits(pieces))
        found = []
        for at, (ids, windows) in enumerate(zip(encoded["input_ids"], every, strict=True)):
            merged = _merged([next(logits) for _ in windows], windows, len(ids))
            tokens = tuple(self.tokenizer.convert_ids_to_tokens(ids))
            places = tuple((int(a), int(b)) for a, b in encoded["offset_mapping"][at])
            words = tuple(int(word or 0) for word in encoded.word_ids(at))
            found.append(self._reading(texts[at], merged, tokens, places, words, len(windows)))
        return found

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits ``(B, T, K)`` of tokens ``(B, T)``."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    def _logits(self, pieces: list[list[int]]) -> list[Tensor]:
        """``(T, K)`` of each piece, without the model's own marks."""
        found: list[Tensor] = [torch.empty(0)] * len(pieces)
        for rows, input_ids, attention_mask in batches(pieces, self.tokenizer.pad_token_id):
            with self.lock, torch.inference_mode():
                logits = self.forward(input_ids.to(device()), attention_mask.to(device())).float().cpu()
            for place, row in enumerate(rows):
                found[row] = logits[place, 1 : len(pieces[row]) - 1].clone()
        return found

    def _reading(
        self,
        text: str,
        logits: Tensor,
        tokens: tuple[str, ...],
        places: tuple[tuple[int, int], ...],
        words: tuple[int, ...],
        windows: int,
    ) -> Reading:
        probs = logits.softmax(-1).numpy()
        kinds = (OUTSIDE, *self.kinds)
        own = np.array([kinds.index(kind_of(label) or OUTSIDE) for label in self.labels])
        shares = np.stack([probs[:, own == at].sum(1) for at in range(len(kinds))], 1)
        begin = np.array([label.startswith("B-") for label in self.labels])
        inside = np.array([label.startswith("I-") for label in self.labels])
        begins = probs[:, begin].sum(1) > probs[:, inside].sum(1)
        found = (_trimmed(span, text) for span in _spans(shares, begins, places, words, kinds))
        spans = tuple(span for span in found if span.start < span.end and span.prob >= self.card.unknown_below)
        return Reading(kinds, tokens, places, words, shares, begins, spans, windows)


def _trimmed(span: Span, text: str) -> Span:
    """``span`` without marks that hang on its ends: the quote after a name, the dash before it."""
    start, end = span.start, span.end
    while start < end and text[start] in _HANGING:
        start += 1
    # Behind a figure, quotes are feet and inches.
    while start < end and text[end - 1] in _HANGING and not (text[end - 1] in "'\"" and text[end - 2].isdigit()):
        end -= 1
    return Span(start, end, span.label, span.prob)


def kind_of(label: str) -> str:
    """The kind in a token's class (``B-name`` → ``name``); empty for none."""
    return "" if label == OUTSIDE else label.removeprefix("B-").removeprefix("I-")


def _windows(length: int, width: int) -> list[tuple[int, int]]:
    """First token and the one after the last of each window over ``length`` tokens."""
    step = max(width - OVERLAP, 1)
    count = 1 + max(0, -(-(length - width) // step))
    return [(i * step, min(i * step + width, length)) for i in range(count)]


def _merged(parts: list[Tensor], windows: list[tuple[int, int]], length: int) -> Tensor:
    """``(length, K)``: of a token in two windows, what that one says in which it is farther from an edge."""
    if len(parts) == 1:
        return parts[0]
    merged = torch.empty(length, parts[0].shape[1])
    for at, (part, (start, end)) in enumerate(zip(parts, windows, strict=True)):
        keep = start if at == 0 else start + (windows[at - 1][1] - start) // 2
        merged[keep:end] = part[keep - start :]
    return merged


def _spans(
    probs: np.ndarray,
    begins: np.ndarray,
    places: Sequence[tuple[int, int]],
    words: Sequence[int],
    kinds: Sequence[str],
) -> tuple[Span, ...]:
    """Neighbouring words of one kind as one span; a word is what its tokens say together."""
    found: list[Span] = []
    shares: list[float] = []
    open_kind = at = 0
    while at < len(words):
        end = at
        while end < len(words) and words[end] == words[at]:
            end += 1
        mean = probs[at:end].mean(0)
        kind = int(mean.argmax())
        if kind and kind == open_kind and not begins[at]:
            shares.append(float(mean[kind]))
            found[-1] = Span(found[-1].start, places[end - 1][1], kinds[kind], float(np.mean(shares)))
        elif kind:
            shares = [float(mean[kind])]
            found.append(Span(places[at][0], places[end - 1][1], kinds[kind], shares[0]))
        open_kind, at = kind, end
    return tuple(found)
