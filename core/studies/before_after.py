"""The same input through the model before and after fine-tuning: the answers, the reasons, and what changed in them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from core.attribution.base import Method
from core.attribution.regions import place, region_sums
from core.attribution.result import Explained, explain_picture, explain_text
from core.errors import PlaygroundError

if TYPE_CHECKING:
    from core.models.image_classifier import ImageClassifier
    from core.models.text_classifier import TextClassifier

GRID = 14  # cells a side on which two maps of a picture are compared: coarse enough for methods with coarse maps
LIKELY = 0.5  # a class counts as given from this probability on where an input may have several
_FEWEST_PLACES = 3  # fewer places have no order worth comparing


@dataclass(frozen=True)
class Rectangle:
    """Part of a picture as the model sees it, in pixels; ``right`` and ``bottom`` are outside."""

    left: int
    top: int
    right: int
    bottom: int

    def mask(self, shape: tuple[int, ...]) -> np.ndarray:
        """``(H, W)``, true inside.

        Raises:
            PlaygroundError: nothing of the picture lies inside.
        """
        inside = np.zeros(shape, dtype=bool)
        inside[max(self.top, 0) : max(self.bottom, 0), max(self.left, 0) : max(self.right, 0)] = True
        if not inside.any():
            raise PlaygroundError("Nothing of the picture lies in the marked region; mark a larger one.")
        return inside

    def area(self, shape: tuple[int, ...]) -> float:
        """The share of the picture that lies inside; raises as `mask`."""
        return float(self.mask(shape).mean())


Region = Rectangle | Collection[int]
"""A rectangle of a picture, or the positions of a text's words."""


@dataclass(frozen=True)
class Side:
    """One model's answer and its reasons.

    Attributes:
        probs: ``(K,)``: of all classes.
        given: the classes that it answers: the likeliest, or each likely one where an input may have several.
        explained: the map of the class that is compared.
        values: the map in the unit that both sides share.
    """

    probs: tuple[float, ...]
    given: tuple[int, ...]
    explained: Explained
    values: np.ndarray


@dataclass(frozen=True)
class Comparison:
    """Before and after.

    Attributes:
        target: the class whose credit is compared.
        unit: ``logits`` where the method's values add up in both, else ``share`` (of all credit, sign ignored).
    """

    method: Method
    labels: tuple[str, ...]
    target: int
    before: Side
    after: Side
    unit: str

    @property
    def difference(self) -> np.ndarray:
        """After minus before, in ``unit``: positive where the class gets more credit than before."""
        return self.after.values - self.before.values

    @property
    def flipped(self) -> bool:
        """Whether the answer changed."""
        return self.before.given != self.after.given

    @property
    def agreement(self) -> float | None:
        """The rank correlation of the two maps, from -1 to 1; None where one of them is flat."""
        return map_agreement(self.before.values, self.after.values)

    @property
    def words(self) -> tuple[str, ...]:
        """The text's words; empty for a picture."""
        return tuple(word.text for word in self.after.explained.words)

    def inside(self, region: Region) -> tuple[float | None, float | None]:
        """Share of the positive credit inside ``region`` before and after; None where nothing is positive."""
        return share_inside(self.before.values, region), share_inside(self.after.values, region)

    @property
    def says(self) -> str:
        """What changed, in words."""
        label = self.labels[self.target]
        first = ", ".join(f"“{self.labels[k]}”" for k in self.before.given) or "none of the classes"
        then = ", ".join(f"“{self.labels[k]}”" for k in self.after.given) or "none of the classes"
        answer = f"The answer changed from {first} to {then}" if self.flipped else f"The answer stayed {first}"
        chances = f"“{label}” went from {self.before.probs[self.target]:.0%} to {self.after.probs[self.target]:.0%}"
        return f"{answer}; {chances}. {self._moved()}"

    def _moved(self) -> str:
        change, where = self.difference, self._place
        if not np.abs(change).max(initial=0.0) > 0:
            return f"{self.method.name} gives the same reasons."
        cells = region_sums(change, _COARSE) if change.ndim == 2 else change
        parts = []
        if cells.max() > 0:
            parts.append(f"most credit was gained {where(int(cells.argmax()))}")
        if cells.min() < 0:
            parts.append(f"most was lost {where(int(cells.argmin()))}")
        return f"{self.method.name}: {' and '.join(parts)}."

    def _place(self, index: int) -> str:
        if self.words:
            return f"by “{self.words[index]}”"
        found = place(index // _COARSE, index % _COARSE, _COARSE)
        return "in the centre" if found == "centre" else f"at the {found}"


_COARSE = 7


def compare(
    before: Any, after: Any, example: Image.Image | str, method: Method, target: int, **options: Any
) -> Comparison:
    """Explain class ``target`` of the same ``example`` by two classifiers of the same classes.

    Args:
        before, after: two `ImageClassifier` or two `TextClassifier`.
        options: the method's settings, and ``stopping``; see `core.attribution.explain`.

    Raises:
        PlaygroundError: the classes differ, the inputs are read differently, or as `explain` says.
    """
    if tuple(before.labels) != tuple(after.labels):
        raise PlaygroundError("The two models know different classes, so their reasons cannot be compared.")
    sides = [_explained(classifier, example, method, target, options) for classifier in (before, after)]
    (first, _), (then, _) = sides
    if first.values.shape != then.values.shape:
        raise PlaygroundError("The two models read this input in different parts, so their maps cannot be subtracted.")
    added = first.gap is not None and then.gap is not None
    made = [
        Side(probs, given(probs, several=getattr(after, "multi_label", False)), one, _in_unit(one.values, added))
        for one, probs in sides
    ]
    return Comparison(method, tuple(after.labels), target, made[0], made[1], "logits" if added else "share")


def probabilities(classifier: Any, inputs: Any) -> tuple[float, ...]:
    """``(K,)`` of encoded inputs: they sum to one unless an input may have several classes."""
    with classifier.lock, torch.inference_mode():
        if isinstance(inputs, torch.Tensor):
            logits = classifier.logits(inputs)
        else:
            logits = classifier.forward(inputs.input_ids, inputs.attention_mask)
    several = getattr(classifier, "multi_label", False)
    return tuple((logits.sigmoid() if several else logits.softmax(-1))[0].tolist())


def given(probs: Sequence[float], *, several: bool) -> tuple[int, ...]:
    """The classes that these probabilities answer."""
    if several:
        return tuple(k for k, prob in enumerate(probs) if prob >= LIKELY)
    return (int(np.argmax(probs)),)


def share_inside(values: np.ndarray, region: Region) -> float | None:
    """The part of all positive ``values`` (``(H, W)`` or ``(W,)``) that lies in ``region``; None where none is."""
    positive = np.clip(values, 0, None)
    total = float(positive.sum())
    if isinstance(region, Rectangle):
        held = positive[region.mask(values.shape)]
    else:
        chosen = sorted(set(region))
        if not chosen or chosen[0] < 0 or chosen[-1] >= len(values):
            raise PlaygroundError(f"Mark at least one of the {len(values)} words.")
        held = positive[chosen]
    return float(held.sum()) / total if total else None


def map_agreement(one: np.ndarray, other: np.ndarray, grid: int = GRID) -> float | None:
    """The rank correlation (Spearman) of two maps over the cells of a grid, or of two texts' words.

    None where either is flat or there are fewer than three places: then there is no order to compare.
    """
    if one.ndim == 2:
        one, other = (region_sums(m, min(grid, *m.shape)).ravel() for m in (one, other))
    if len(one) < _FEWEST_PLACES or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(ranks(one), ranks(other))[0, 1])


def ranks(values: np.ndarray) -> np.ndarray:
    """Each value's place among all, from 1; equal values share the mean of their places."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    return (ends - (counts - 1) / 2)[inverse]


def _explained(
    classifier: "ImageClassifier | TextClassifier",
    example: Image.Image | str,
    method: Method,
    target: int,
    options: dict[str, Any],
) -> tuple[Explained, tuple[float, ...]]:
    inputs, explain = read(classifier, example)
    return explain(classifier, inputs, method.name, target, options), probabilities(classifier, inputs)


def read(classifier: Any, example: Image.Image | str) -> tuple[Any, Any]:
    """The example as ``classifier`` reads it, and what explains it."""
    if isinstance(example, str):
        return classifier.encode(example), explain_text
    return classifier.pixels(example), explain_picture


def _in_unit(values: np.ndarray, added: bool) -> np.ndarray:
    total = np.abs(values).sum()
    return values if added or not total else values / total
