"""Tokens to words, words to sentences: a model reads pieces, a visitor reads words."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from core.attribution.base import Encoding

_ENDS = (".", "!", "?", "…", "。", "！", "？")


@dataclass(frozen=True)
class Word:
    """A word (or a sentence), its credit in logits, and how many tokens the model reads it as."""

    text: str
    value: float
    tokens: int


def words(encoding: Encoding, values: Tensor) -> list[Word]:
    """The text's words with their tokens' ``values (1, T)`` summed; the model's own marks are left out."""
    return _summed(encoding, values, word_groups(encoding.word_ids))


def sentences(encoding: Encoding, values: Tensor) -> list[Word]:
    """The same for whole sentences."""
    return _summed(encoding, values, sentence_groups(encoding))


def units(encoding: Encoding, unit: str) -> list[list[int]]:
    """Positions of the tokens of each ``token``, ``word`` or ``sentence``; the model's own marks belong to none."""
    if unit == "sentence":
        return sentence_groups(encoding)
    groups = word_groups(encoding.word_ids)
    return groups if unit == "word" else [[position] for group in groups for position in group]


def word_groups(word_ids: Sequence[int | None]) -> list[list[int]]:
    """Positions of each word's tokens, in order; the model's own marks belong to no word."""
    groups: dict[int, list[int]] = {}
    for position, word in enumerate(word_ids):
        if word is not None:
            groups.setdefault(word, []).append(position)
    return list(groups.values())


def sentence_groups(encoding: Encoding) -> list[list[int]]:
    """Positions of each sentence's tokens: a sentence goes on until a word that is an end mark or carries one."""
    groups: list[list[int]] = []
    ended = True
    for group in word_groups(encoding.word_ids):
        ends = _joined([encoding.tokens[i] for i in group]).endswith(_ENDS)
        if ended and not (ends and groups):  # a second mark, as in "?!", still belongs to the sentence before
            groups.append([])
        groups[-1].extend(group)
        ended = ends
    return groups


def _summed(encoding: Encoding, values: Tensor, groups: Sequence[Sequence[int]]) -> list[Word]:
    numbers = values.flatten().tolist()
    return [Word(_text(encoding, group), sum(numbers[i] for i in group), len(group)) for group in groups]


def _text(encoding: Encoding, group: Sequence[int]) -> str:
    apart: dict[int | None, list[str]] = {}
    for position in group:
        apart.setdefault(encoding.word_ids[position], []).append(encoding.tokens[position])
    return " ".join(_joined(pieces) for pieces in apart.values())


def _joined(pieces: Sequence[str]) -> str:
    """The pieces of one word without the tokenizer's marks (``##`` of WordPiece, ``Ġ`` of BPE, ``▁`` of Unigram)."""
    first, rest = pieces[0].lstrip("Ġ▁") or pieces[0], [piece.removeprefix("##") for piece in pieces[1:]]
    return "".join([first, *rest])
