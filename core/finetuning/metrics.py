"""The figures of a report from probabilities: shares with their intervals, F1, and what two models differ by."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.data.labelled import Labelled, target_matrix
from core.finetuning.report import Answer, ClassRow
from core.finetuning.split import Split

Z95 = 1.959964
THRESHOLD = 0.5  # a class is given from this probability on where an example may have several
RESAMPLES = 1000
_TAILS = (2.5, 97.5)  # percent


def figures(data: Labelled, split: Split, probs: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """The measured fields of a `Report` from ``probs (H, K)`` of the held-out rows; ``seed`` draws resamples."""
    rows = list(split.held_out)
    truth, given = target_matrix(data)[rows] > 0, predictions(probs, multi_label=data.multi_label)
    right = (truth == given).all(1)
    low, high = wilson(int(right.sum()), len(rows))
    per_class = class_rows(data.labels, truth, given)
    f1_low, f1_high = f1_interval(truth, given, seed)
    majority = majority_class(data, split)
    counts = target_matrix(data).sum(0)
    return {
        "problem": "multi_label" if data.multi_label else "single_label",
        "answers": _answers(data, rows, probs, given),
        "confusion": () if data.multi_label else _confusion(truth, given),
        "accuracy": float(right.mean()),
        "low": low,
        "high": high,
        "per_class": per_class,
        "macro_f1": macro_f1(truth, given),
        "f1_low": f1_low,
        "f1_high": f1_high,
        "micro_f1": micro_f1(truth, given),
        "majority_label": data.labels[majority],
        "majority_accuracy": float((truth == _always(majority, truth)).all(1).mean()),
        "class_counts": tuple(int(count) for count in counts),
        "counts": {"train": len(split.train), "val": len(split.val), "test": len(split.test)},
        "is_test": bool(split.test),
    }


def predictions(probs: np.ndarray, *, multi_label: bool) -> np.ndarray:
    """``(H, K)`` of True where a class is given: the likeliest, or each from `THRESHOLD` on."""
    if multi_label:
        return probs >= THRESHOLD
    return np.arange(probs.shape[1]) == probs.argmax(1)[:, None]


def majority_class(data: Labelled, split: Split) -> int:
    """The most frequent class among the rows that are not held out."""
    held_out = set(split.held_out)
    counts = Counter(data.targets[row] for row in range(len(data)) if row not in held_out)
    return max(sorted(counts), key=lambda k: counts[k])


def wilson(right: int, total: int, z: float = Z95) -> tuple[float, float]:
    """The interval of a share (Wilson 1927); unlike the textbook's ± it holds for few examples and near 0 and 1."""
    share = right / total
    middle = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    # Rounding must not put the share itself outside.
    return min(max((middle - half) / scale, 0.0), share), max(min((middle + half) / scale, 1.0), share)


def class_rows(labels: Sequence[str], truth: np.ndarray, given: np.ndarray) -> tuple[ClassRow, ...]:
    """Per class its four counts, precision, recall and F1; None where nothing was given it, or none of it held out."""
    rows = []
    for k, label in enumerate(labels):
        tp = int((truth[:, k] & given[:, k]).sum())
        fp, fn = int(given[:, k].sum()) - tp, int(truth[:, k].sum()) - tp
        rows.append(
            ClassRow(
                label,
                precision=tp / (tp + fp) if tp + fp else None,
                recall=tp / (tp + fn) if tp + fn else None,
                f1=2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None,
                support=tp + fn,
                tp=tp,
                fp=fp,
                fn=fn,
                tn=len(truth) - tp - fp - fn,
            )
        )
    return tuple(rows)


def macro_f1(truth: np.ndarray, given: np.ndarray) -> float:
    """The mean of the classes' F1, of those that were held out or given; inputs ``(H, K)`` of True and False."""
    return float(_macro_f1s((truth & given).sum(0)[None], truth.sum(0)[None], given.sum(0)[None])[0])


def micro_f1(truth: np.ndarray, given: np.ndarray) -> float:
    """F1 over all answers about all classes; equals the accuracy where each example has one class."""
    return float(2 * (truth & given).sum() / max(truth.sum() + given.sum(), 1))


def f1_interval(truth: np.ndarray, given: np.ndarray, seed: int) -> tuple[float, float]:
    """The bootstrap percentile interval of the macro-F1: held-out examples drawn anew `RESAMPLES` times."""
    times = _drawn(len(truth), seed)
    f1s = _macro_f1s(times @ (truth & given), times @ truth.astype(float), times @ given.astype(float))
    low, high = np.percentile(f1s, _TAILS)
    return float(low), float(high)


def gain_interval(right: np.ndarray, others: np.ndarray, seed: int) -> tuple[float, float]:
    """The interval of the difference of two accuracies on the same examples: both are drawn together.

    Args:
        right, others: ``(H,)`` of True where one model, and the other, is right.
    """
    differences = _drawn(len(right), seed) @ (right.astype(float) - others.astype(float)) / len(right)
    low, high = np.percentile(differences, _TAILS)
    return float(low), float(high)


def _drawn(count: int, seed: int) -> np.ndarray:
    """``(RESAMPLES, count)``: how often each example is drawn."""
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return drawn.astype(np.float64)


def _macro_f1s(hits: np.ndarray, truths: np.ndarray, givens: np.ndarray) -> np.ndarray:
    """``(R,)`` of counts ``(R, K)``."""
    sums = truths + givens
    f1s = np.divide(2 * hits, sums, out=np.zeros(sums.shape), where=sums > 0)
    return f1s.sum(1) / np.maximum((sums > 0).sum(1), 1)


def _confusion(truth: np.ndarray, given: np.ndarray) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in (truth.T.astype(int) @ given.astype(int)).tolist())


def _always(k: int, truth: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.arange(truth.shape[1]) == k, truth.shape)


def _answers(data: Labelled, rows: Sequence[int], probs: np.ndarray, given: np.ndarray) -> tuple[Answer, ...]:
    return tuple(
        Answer(
            index=row,
            name=data.names[row] if row < len(data.names) else "",
            target=data.targets[row],
            predicted=int(probs[i].argmax()),
            prob=float(probs[i].max()),
            prob_of_target=float(probs[i, data.targets[row]]),
            targets=data.target_sets[row] if data.multi_label else (data.targets[row],),
            predicted_set=tuple(int(k) for k in given[i].nonzero()[0]),
        )
        for i, row in enumerate(rows)
    )
