"""Labelled examples, ready to learn from: pictures as small encoded files, texts as strings."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from core.data.texts import clean_label


@dataclass(frozen=True)
class LabelledImages:
    """Pictures with one class each.

    Attributes:
        examples: N encoded RGB pictures (PNG or JPEG bytes), at most 256 pixels a side: thousands fit in
            memory, and a `core.data.packed.Packed` holds any number on disk.
        targets: N class indices in ``[0, K)``.
        labels: K class names.
        names: N names that a visitor knows the example by (file name, "row 12").
        concepts: N keys, or empty; examples with one key are variants of each other and stay on one side of a split.
        target_sets: empty where each example has one class; else N tuples of class indices (multi-label), and
            ``targets`` holds each example's rarest class, by which a split is stratified.
    """

    examples: Sequence[bytes]
    targets: tuple[int, ...]
    labels: tuple[str, ...]
    names: tuple[str, ...]
    concepts: tuple[str, ...] = ()
    kind: str = "image"
    target_sets: tuple[tuple[int, ...], ...] = ()

    @property
    def multi_label(self) -> bool:
        """Whether an example may have several classes at once."""
        return bool(self.target_sets)

    def __len__(self) -> int:
        return len(self.examples)

    def image(self, index: int) -> Image.Image:
        """One picture, decoded."""
        return decode(self.examples[index])


@dataclass(frozen=True)
class LabelledTexts:
    """Texts with one class each; the fields are those of `LabelledImages`."""

    examples: tuple[str, ...]
    targets: tuple[int, ...]
    labels: tuple[str, ...]
    names: tuple[str, ...]
    concepts: tuple[str, ...] = ()
    kind: str = "text"
    target_sets: tuple[tuple[int, ...], ...] = ()

    @property
    def multi_label(self) -> bool:
        """Whether an example may have several classes at once."""
        return bool(self.target_sets)

    def __len__(self) -> int:
        return len(self.examples)


Labelled = LabelledImages | LabelledTexts


def decode(encoded: bytes) -> Image.Image:
    """RGB pixels of a picture that we encoded ourselves."""
    return Image.open(io.BytesIO(encoded), formats=("PNG", "JPEG")).convert("RGB")


def encode(image: Image.Image, side: int = 256) -> bytes:
    """``image`` reduced to ``side`` pixels: as PNG where that is small, else as a fine JPEG."""
    small = image if max(image.size) <= side else image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if max(small.size) <= 96:
        small.save(buffer, "PNG")
    else:
        small.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def index_labels(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Class names in alphabetical order, and each word's index among them."""
    cleaned = [clean_label(word) for word in words]
    labels = tuple(sorted(set(cleaned), key=lambda label: (label.casefold(), label)))
    index = {label: i for i, label in enumerate(labels)}
    return labels, tuple(index[word] for word in cleaned)


def counts(data: Labelled) -> np.ndarray:
    """How many examples each class has, ``(K,)``; an example of several classes counts for each."""
    if data.multi_label:
        return np.bincount([k for own in data.target_sets for k in own], minlength=len(data.labels))
    return np.bincount(np.asarray(data.targets, dtype=np.int64), minlength=len(data.labels))


def index_label_sets(
    words: Sequence[Sequence[str]],
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Class names in alphabetical order, each example's rarest class, and all its classes (one at least)."""
    labels, flat = index_labels([word for several in words for word in several])
    frequency = np.bincount(np.asarray(flat, dtype=np.int64), minlength=len(labels))
    places = iter(flat)
    sets = tuple(tuple(sorted({next(places) for _ in several})) for several in words)
    return labels, tuple(min(own, key=lambda k: (frequency[k], k)) for own in sets), sets


def target_matrix(data: Labelled) -> np.ndarray:
    """``(N, K)`` of 0 and 1: which classes each example has."""
    matrix = np.zeros((len(data), len(data.labels)), dtype=np.float32)
    for row, own in enumerate(data.target_sets or [(target,) for target in data.targets]):
        matrix[row, list(own)] = 1
    return matrix


def sheet(data: LabelledImages, at: Sequence[int], columns: int = 10, side: int = 96) -> Image.Image:
    """The pictures at these positions as a `contact_sheet`."""
    return contact_sheet([data.image(index) for index in at], columns, side)


def contact_sheet(pictures: Sequence[Image.Image], columns: int = 10, side: int = 96) -> Image.Image:
    """Pictures side by side on clear ground (RGBA), ``columns`` in a row, each fitted into ``side`` pixels."""
    rows = -(-len(pictures) // columns)
    made = Image.new("RGBA", (columns * side, max(rows, 1) * side))
    for place, original in enumerate(pictures):
        picture = original.copy()
        picture.thumbnail((side - 8, side - 8), Image.Resampling.LANCZOS)
        left = (place % columns) * side + (side - picture.width) // 2
        made.paste(picture, (left, (place // columns) * side + (side - picture.height) // 2))
    return made


def spread_over(data: Labelled, most: int) -> Labelled:
    """At most ``most`` of the examples, evenly over their order, so that sets sorted by class keep all classes."""
    size = len(data)
    if size <= most:
        return data
    at = [place * size // most for place in range(most)]

    def of(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(values[i] for i in at) if values else ()

    fields = ("targets", "names", "concepts", "target_sets")
    return replace(data, examples=of(data.examples), **{name: of(getattr(data, name)) for name in fields})


def rows_of(data: Labelled, target: int) -> list[int]:
    """Positions of the examples that have one class."""
    if data.multi_label:
        return [i for i, own in enumerate(data.target_sets) if target in own]
    return [i for i, t in enumerate(data.targets) if t == target]


def label_words(data: Labelled, row: int) -> str:
    """The class of an example as a visitor reads it; several with commas between them."""
    own = data.target_sets[row] if data.multi_label else (data.targets[row],)
    return ", ".join(data.labels[k] for k in own)
