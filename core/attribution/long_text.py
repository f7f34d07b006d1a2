"""Long texts, chunk by chunk: a model reads a few hundred tokens, so a longer text is explained in pieces, in sight."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from core.attribution.base import Attribution, Encoding, Method, TextClassifier
from core.attribution.explain import explain
from core.errors import PlaygroundError

MOST_CHUNKS = 20
_ENDS = ".!?…\n"
_FIRST_LOOK = 1000  # characters; tokenizing all that follows again and again would take seconds


class Encoded(Encoding, Protocol):
    """A text as a model reads it, and whether it went on."""

    @property
    def truncated(self) -> bool: ...


class Reader(TextClassifier, Protocol):
    """A text classifier that reads texts as they are written."""

    @property
    def encode(self) -> Callable[[str], Any]: ...


@dataclass(frozen=True)
class Chunk:
    """A piece of a text that the model reads whole.

    Attributes:
        text: the piece; all pieces one after another are the text.
        start: where it begins in the text, in characters.
        encoding: the piece as the model reads it.
    """

    text: str
    start: int
    encoding: Encoded


@dataclass(frozen=True)
class ExplainedChunk:
    """A chunk, what the model says of it alone (``prob`` of the class), and the credit of its tokens."""

    chunk: Chunk
    number: int
    of: int
    prob: float
    attribution: Attribution


def chunks(classifier: Reader, text: str) -> list[Chunk]:
    """``text`` in pieces that the model reads whole, cut after a sentence where there is one in the last half.

    Raises:
        PlaygroundError: nothing to read, or more than `MOST_CHUNKS` pieces.
    """
    pieces: list[Chunk] = []
    start = 0
    while start < len(text):
        if not text[start:].strip() and pieces:
            break
        if len(pieces) == MOST_CHUNKS:
            raise PlaygroundError(f"The text is longer than {MOST_CHUNKS} chunks: shorten it, or explain a part of it.")
        end = _reach(classifier, text, start)
        pieces.append(Chunk(text[start:end], start, classifier.encode(text[start:end])))
        start = end
    return pieces or [Chunk(text, 0, classifier.encode(text))]


def explain_long(
    classifier: Reader, method: Method, text: str, target: int, **options: Any
) -> Iterator[ExplainedChunk]:
    """Each chunk of ``text`` explained by itself, in order; takes what `explain` takes.

    The model never sees the chunks together, so the credit of one says nothing about the others.
    """
    pieces = chunks(classifier, text)
    for number, chunk in enumerate(pieces, 1):
        made = explain(classifier, method, chunk.encoding, target, **options)
        with classifier.lock, torch.inference_mode():
            logits = classifier.forward(chunk.encoding.input_ids, chunk.encoding.attention_mask)
        yield ExplainedChunk(chunk, number, len(pieces), float(logits[0].softmax(-1)[target]), made)


def _reach(classifier: Reader, text: str, start: int) -> int:
    """Where the longest piece from ``start`` that the model reads whole ends, moved back to a good place."""
    fits, breaks = start + 1, start + _FIRST_LOOK
    while not (piece := text[start:breaks]).strip() or not classifier.encode(piece).truncated:
        if breaks >= len(text):
            return len(text)
        fits, breaks = breaks, 2 * breaks - start
    breaks = min(breaks, len(text))
    while breaks - fits > 1:
        middle = (fits + breaks) // 2
        piece = text[start:middle]
        if not piece.strip() or not classifier.encode(piece).truncated:
            fits = middle
        else:
            breaks = middle
    for marks in (_ENDS, " \t\n"):
        at = max(text.rfind(mark, start + (fits - start) // 2, fits) for mark in marks)
        if at > start:
            return at + 1
    return fits
