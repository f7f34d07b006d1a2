"""How well places agree: overlap of boxes and masks, the choice among overlapping boxes, hits and misses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST = 0.05  # a score below this is not even offered
HIT = 0.5  # a box that overlaps the truth by this much has found it, as in Pascal VOC (Everingham et al., 2010)


@dataclass(frozen=True)
class Judged:
    """One thing, as it is and as it was found.

    Attributes:
        truth: index of the true box, or None for a false alarm.
        found: index of the box that found it, or None where it was missed.
        iou: overlap of the two; for a miss or a false alarm the best with any box of its class.
    """

    truth: int | None
    found: int | None
    iou: float

    @property
    def verdict(self) -> str:
        """``found``, ``missed`` or ``false alarm``."""
        if self.truth is None:
            return "false alarm"
        return "missed" if self.found is None else "found"


def box_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union ``(N, M)`` of boxes ``(N, 4)`` and ``(M, 4)``: left, top, right, bottom."""
    one, two = first.reshape(-1, 1, 4).astype(float), second.reshape(1, -1, 4).astype(float)
    sides = np.minimum(one[..., 2:], two[..., 2:]) - np.maximum(one[..., :2], two[..., :2])
    both = sides.clip(0).prod(-1)
    union = (one[..., 2:] - one[..., :2]).prod(-1) + (two[..., 2:] - two[..., :2]).prod(-1) - both
    return both / np.maximum(union, 1e-9)


def without_overlaps(boxes: np.ndarray, scores: np.ndarray, most: float) -> list[int]:
    """Indices of the boxes that stay, surest first: each drops all less sure ones that overlap it by over ``most``."""
    order = np.argsort(-scores, kind="stable")
    overlaps = box_iou(boxes, boxes)
    kept: list[int] = []
    for at in order:
        if not kept or overlaps[at, kept].max() <= most:
            kept.append(int(at))
    return kept


def judge_boxes(
    boxes: np.ndarray, labels: Sequence[str], true_boxes: np.ndarray, true_labels: Sequence[str]
) -> list[Judged]:
    """Every true thing with the box that found it, then the false alarms; ``boxes`` come surest first."""
    overlaps = box_iou(true_boxes, boxes)
    same = np.array([[label == true for label in labels] for true in true_labels], bool).reshape(overlaps.shape)
    overlaps = np.where(same, overlaps, 0.0)
    finder: dict[int, int] = {}
    for box in range(len(labels)):
        free = [truth for truth in range(len(true_labels)) if truth not in finder]
        best = max(free, key=lambda truth: overlaps[truth, box], default=None)
        if best is not None and overlaps[best, box] >= HIT:
            finder[best] = box
    rows = []
    for truth in range(len(true_labels)):
        box = finder.get(truth)
        iou = overlaps[truth].max(initial=0.0) if box is None else overlaps[truth, box]
        rows.append(Judged(truth, box, float(iou)))
    false = [box for box in range(len(labels)) if box not in finder.values()]
    return rows + [Judged(None, box, float(overlaps[:, box].max(initial=0.0))) for box in false]


def mask_iou(mask: np.ndarray, truth: np.ndarray, kind: int) -> float:
    """Intersection over union of the pixels that are ``kind`` in either; 0 where it is in neither."""
    given, right = mask == kind, truth == kind
    return float((given & right).sum() / max((given | right).sum(), 1))
