"""One explanation as plain numbers: light to keep, ready to draw; the network's tensors stay behind."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from core.attribution import METHODS_BY_NAME, Attribution, Method, explain, refine
from core.attribution.metrics.base import Curve, Erased
from core.attribution.metrics.completeness import Gap, completeness
from core.attribution.words import Word, words
from core.params import clean

if TYPE_CHECKING:
    from core.attribution.base import Encoding, PictureClassifier, TextClassifier


@dataclass(frozen=True)
class Explained:
    """What a method found, and its first evidence.

    Attributes:
        values: ``(H, W)`` for a picture, ``(W,)`` for a text of W words.
        words: the text's words with their credit; empty for a picture.
        gap: the completeness gap, where the method promises a sum.
        seconds: how long it took.
        megabytes: the most memory that the process added meanwhile.
        notes: what a visitor should know about this result, a sentence each.
        rough: it was made with the quick settings, or before the method had ended.
    """

    method: Method
    values: np.ndarray
    words: tuple[Word, ...]
    gap: Gap | None
    seconds: float
    notes: tuple[str, ...] = ()
    rough: bool = False
    megabytes: int = 0


def explain_picture(
    classifier: "PictureClassifier", pixels: Tensor, name: str, target: int, options: Mapping[str, Any]
) -> Explained:
    """The method called ``name`` on one picture ``(1, 3, H, W)``; raises as `explain` does."""
    return explained(explain(classifier, METHODS_BY_NAME[name], pixels, target, **options))


def explain_text(
    classifier: "TextClassifier", encoding: "Encoding", name: str, target: int, options: Mapping[str, Any]
) -> Explained:
    """The method called ``name`` on one text; raises as `explain` does."""
    return explained(explain(classifier, METHODS_BY_NAME[name], encoding, target, **options), encoding)


def refined(
    classifier: "PictureClassifier | TextClassifier",
    inputs: "Tensor | Encoding",
    name: str,
    target: int,
    options: Mapping[str, Any],
    report: Callable[[float, Explained | None], None],
) -> Iterator[Explained]:
    """A rough result first, where the method has quick settings, then the full one.

    Args:
        report: told the fraction done after every pass, and now and then a rough result.
    """
    encoding = None if isinstance(inputs, Tensor) else inputs

    def told(fraction: float, made: Attribution | None) -> None:
        report(fraction, explained(made, encoding, rough=True) if made else None)

    method = METHODS_BY_NAME[name]
    wanted = clean(method.params, {p.name: options[p.name] for p in method.params if p.name in options})
    if options.get("own_baseline") is not None and "baseline" in wanted:
        wanted["baseline"] = "own"
    for made in refine(classifier, method, inputs, target, report=told, **options):
        rough = any(made.options[setting] != wanted[setting] for setting in method.preview)
        yield explained(made, encoding, rough=rough)


def explained(made: Attribution, encoding: "Encoding | None" = None, *, rough: bool = False) -> Explained:
    """``made`` as plain numbers: a map ``(H, W)``, or the credit of each word of ``encoding``."""
    found = () if encoding is None else tuple(words(encoding, made.values))
    values = made.maps[0].cpu().numpy() if encoding is None else np.array([word.value for word in found])
    return Explained(
        METHODS_BY_NAME[made.method],
        values,
        found,
        completeness(made),
        made.seconds,
        made.notes,
        rough,
        made.megabytes,
    )


def evidence_row(explained: Explained, curves: Mapping[Erased, Curve]) -> dict[str, str | float | None]:
    """The figures of one method as a row of a table; areas in [0, 1], the gap in logits."""
    row: dict[str, str | float | None] = {"method": explained.method.name}
    for kind, curve in curves.items():
        row[f"{kind} area"] = round(curve.auc, 3)
        for band in curve.controls.values():
            row[f"{kind}: {band.says}"] = f"{min(band.aucs):.3f} to {max(band.aucs):.3f}"
    row["gap, logits"] = None if explained.gap is None else round(explained.gap.gap, 4)
    row["gap, share"] = None if explained.gap is None else round(explained.gap.share, 4)
    row["seconds"] = round(explained.seconds, 3)
    row["megabytes"] = explained.megabytes
    return row
