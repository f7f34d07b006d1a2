"""Answering "unknown" where a model is not sure enough: what is still answered, and how much of that is right."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.finetuning.report import Answer

STEPS = 50


@dataclass(frozen=True)
class Coverage:
    """At one threshold: of ``total`` held-out examples ``answered`` get an answer, of those ``right`` a right one."""

    threshold: float
    answered: int
    right: int
    total: int

    @property
    def share(self) -> float:
        """The part that is answered."""
        return self.answered / self.total

    @property
    def accuracy(self) -> float | None:
        """The part of the answers that is right; None where nothing is answered."""
        return self.right / self.answered if self.answered else None


def coverage(answers: Sequence[Answer], threshold: float) -> Coverage:
    """What becomes of held-out ``answers`` (one at least) if those less probable than ``threshold`` are "unknown"."""
    kept = [answer for answer in answers if answer.prob >= threshold]
    return Coverage(threshold, len(kept), sum(answer.right for answer in kept), len(answers))


def curve(answers: Sequence[Answer]) -> tuple[Coverage, ...]:
    """`coverage` at thresholds from 0 to 0.98."""
    return tuple(coverage(answers, step / STEPS) for step in range(STEPS))
