"""Completeness: do the values add up to the change in the logit that they explain?"""

from dataclasses import dataclass

from core.attribution.base import Attribution

CAVEAT = "A small gap says that the sum is right, not that each value is."
GOOD_SHARE = 0.01  # below one percent of the change, more steps change nothing that a visitor could see


@dataclass(frozen=True)
class Gap:
    """The values' sum against what they should sum to, in logits.

    Attributes:
        gap: ``sum(values) - moved``.
        moved: ``forward(inputs) - forward(baseline)`` for the class.
    """

    gap: float
    moved: float

    @property
    def share(self) -> float:
        """``|gap|`` as a share of ``|moved|``; infinite where nothing moved and yet a gap is left."""
        if self.moved:
            return abs(self.gap / self.moved)
        return float("inf") if self.gap else 0.0

    @property
    def good(self) -> bool:
        """Whether the gap is under one percent of the change."""
        return self.share < GOOD_SHARE


def completeness(attribution: Attribution) -> Gap | None:
    """The gap of the first example, or None where the method promises no sum."""
    if attribution.delta is None:
        return None
    gap = float(attribution.delta[0])
    return Gap(gap, float(attribution.values[0].sum()) - gap)
