"""Texts in which parts are marked by kind, and the tags that tokens get from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

OUTSIDE = "O"
BEGINS, GOES_ON = "B-", "I-"


@dataclass(frozen=True, order=True)
class Mark:
    """Characters ``start`` to ``end`` (exclusive) of a text are of one kind, its ``label``."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class MarkedTexts:
    """Texts with their marks.

    Attributes:
        examples: N texts.
        marks: of each text, in order, none within another.
        kinds: the names of what is marked.
        names: N names that a reader knows the example by.
        concepts: N keys; examples with one key are variants of each other.
    """

    examples: tuple[str, ...]
    marks: tuple[tuple[Mark, ...], ...]
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    concepts: tuple[str, ...] = ()
    kind: str = "marked text"
    multi_label: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of a token."""
        return tags_of(self.kinds)

    def __len__(self) -> int:
        return len(self.examples)


def tags_of(kinds: Sequence[str]) -> tuple[str, ...]:
    """``O``, then ``B-`` and ``I-`` of each kind: a part's first token, and its further ones (Ramshaw and Marcus)."""
    return (OUTSIDE, *(tag + kind for kind in kinds for tag in (BEGINS, GOES_ON)))


def tagged(offsets: Iterable[tuple[int, int]], marks: Sequence[Mark], kinds: Sequence[str]) -> list[int]:
    """The tag of each token, as its place in `tags_of`.

    Args:
        offsets: of each token its first character and the one after its last.
        marks: of the text; a token belongs to the mark in which it begins.
    """
    tags = tags_of(kinds)
    found, before = [], None
    for start, _ in offsets:
        own = next((mark for mark in marks if mark.start <= start < mark.end), None)
        prefix = GOES_ON if own is not None and own is before else BEGINS
        found.append(tags.index(prefix + own.label) if own else 0)
        before = own
    return found
