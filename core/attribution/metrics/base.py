"""The result that erasing inputs step by step gives, for pictures and texts alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Erased = Literal["deletion", "insertion"]
KINDS: tuple[Erased, ...] = ("deletion", "insertion")


@dataclass(frozen=True)
class Band:
    """Several draws of one control, made the same way as the curve that it is compared with.

    Attributes:
        says: what the control is, in words for a visitor.
        draws: ``(N, S)`` probabilities in [0, 1], N draws of S steps.
        fractions: ``(S,)`` shares of the input erased or shown.
    """

    says: str
    draws: np.ndarray
    fractions: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """``(S,)``: the mean over draws."""
        return self.draws.mean(0)

    @property
    def low(self) -> np.ndarray:
        """``(S,)``: the lowest draw at each step."""
        return self.draws.min(0)

    @property
    def high(self) -> np.ndarray:
        """``(S,)``: the highest draw at each step."""
        return self.draws.max(0)

    @property
    def auc(self) -> float:
        """The mean of the draws' areas."""
        return float(np.mean(self.aucs))

    @property
    def aucs(self) -> list[float]:
        """Each draw's area."""
        return [area(self.fractions, draw) for draw in self.draws]


@dataclass(frozen=True)
class Curve:
    """How the class's probability changes while the input is erased (``deletion``) or shown (``insertion``).

    Attributes:
        kind: ``deletion`` (a good map makes it fall early) or ``insertion`` (makes it rise early).
        fractions: ``(S,)`` shares of the input erased or shown, from 0 to 1.
        probs: ``(S,)`` the class's probability.
        controls: the same in other orders, by name (``scattered``, ``shifted``, ``shuffled``).
    """

    kind: Erased
    fractions: np.ndarray
    probs: np.ndarray
    controls: Mapping[str, Band]

    @property
    def auc(self) -> float:
        """The area under ``probs``, in [0, 1]: small is good for deletion, large for insertion."""
        return area(self.fractions, self.probs)

    def beats(self, control: str) -> bool | None:
        """Whether the map does better than every draw of ``control``, worse than every draw, or neither (None)."""
        aucs = self.controls[control].aucs
        better, worse = self.auc < min(aucs), self.auc > max(aucs)
        if self.kind == "insertion":
            better, worse = worse, better
        return True if better else False if worse else None


def area(fractions: Sequence[float] | np.ndarray, probs: Sequence[float] | np.ndarray) -> float:
    """The area under a curve by the trapezoid rule."""
    return float(np.trapezoid(probs, fractions))


def steps_of(count: int, steps: int) -> np.ndarray:
    """How many of ``count`` parts are gone at each step, from none to all, at most ``steps`` steps."""
    return np.unique(np.round(np.linspace(0, count, min(steps, count) + 1)).astype(int))
