"""Tokens to words: a model reads pieces, a visitor reads words."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from core.attribution.base import Encoding
from core.attribution.token_ablation import word_groups


@dataclass(frozen=True)
class Word:
    """A word, its credit in logits, and how many tokens the model reads it as."""

    text: str
    value: float
    tokens: int


def words(encoding: Encoding, values: Tensor) -> list[Word]:
    """The text's words with their tokens' ``values (1, T)`` summed; the model's own marks are left out."""
    numbers = values.flatten().tolist()
    return [
        Word(_joined([encoding.tokens[i] for i in group]), sum(numbers[i] for i in group), len(group))
        for group in word_groups(encoding.word_ids)
    ]


def _joined(pieces: Sequence[str]) -> str:
    """The pieces of one word without the tokenizer's marks (``##`` of WordPiece, ``Ġ`` of BPE, ``▁`` of Unigram)."""
    first, rest = pieces[0].lstrip("Ġ▁") or pieces[0], [piece.removeprefix("##") for piece in pieces[1:]]
    return "".join([first, *rest])
