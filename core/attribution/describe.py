"""What an attribution says, in two sentences, for everybody and for screen readers."""

from collections.abc import Sequence

import numpy as np

from core.attribution.base import Method
from core.attribution.metrics.base import Curve
from core.attribution.regions import ranked_regions
from core.attribution.words import Word

_FEW = 3


def describe_picture(method: Method, one_map: np.ndarray, label: str) -> str:
    """Where the strongest evidence for ``label`` lies in ``one_map (H, W)``, and what speaks against it."""
    ranked = ranked_regions(one_map)
    if not any(region.value for region in ranked):
        return f"{method.name} finds nothing that matters for “{label}”."
    if ranked[0].value <= 0:
        return f"{method.name} finds no evidence for “{label}”. Most against it lies {_at(ranked[-1].place)}."
    best = [region for region in ranked[:_FEW] if region.value > 0]
    share = sum(region.share for region in best)
    kind = "evidence for" if method.signed else "weight for"
    says = (
        f"{method.name} puts most {kind} “{label}” {_at(best[0].place)}; "
        f"the {len(best)} strongest of 49 regions hold {share:.0%} of it."
    )
    if method.signed and ranked[-1].value < 0:
        return f"{says} Most against it lies {_at(ranked[-1].place)}."
    return says


def describe_words(method: Method, words: Sequence[Word], label: str) -> str:
    """The words that speak most for and against ``label``."""
    ranked = sorted(words, key=lambda word: -word.value)
    best = [word for word in ranked[:_FEW] if word.value > 0]
    worst = [word for word in reversed(ranked[-_FEW:]) if word.value < 0]
    if not best and not worst:
        return f"{method.name} finds nothing that matters for “{label}”."
    says = f"{method.name}: " + (f"most for “{label}” are {_listed(best)}" if best else f"nothing is for “{label}”")
    return f"{says}; most against are {_listed(worst)}." if worst else f"{says}; nothing is against it."


def describe_trust(curve: Curve, control: str) -> str:
    """Whether erasing in the map's order does better than a control, in one sentence."""
    band = curve.controls[control]
    verdict = {True: "better than all", False: "worse than all", None: "no clear difference from"}
    low, high = min(band.aucs), max(band.aucs)
    compared = f"{verdict[curve.beats(control)]} {band.says} ({low:.2f} to {high:.2f})"
    return f"{curve.kind.capitalize()} area {curve.auc:.2f}, {compared}."


def _at(place: str) -> str:
    return "in the centre" if place == "centre" else f"at the {place}"


def _listed(words: Sequence[Word]) -> str:
    return ", ".join(f"“{word.text}” ({word.value:+.2f})" for word in words)
