"""What a benchmark reports, and how two callables are timed fairly."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One figure beside what a user would call instead.

    Attributes:
        name: the benchmark's name, with a suffix where it prints several figures.
        ours, reference: the two measurements, in ``unit``.
        ratio: how much better ours is (reference / ours), or the share that it takes where less is asked for.
        goal: what was asked for, in words.
        met: whether it was reached.
        note: accuracies, checks, settings.
    """

    name: str
    ours: float
    reference: float
    unit: str
    ratio: float
    goal: str
    met: bool
    note: str = ""

    def row(self) -> str:
        """The line as it is printed, tab-separated."""
        verdict = "met" if self.met else "short"
        values = (
            self.name,
            f"{self.ours:.4g} {self.unit}",
            f"{self.reference:.4g} {self.unit}",
            f"{self.ratio:.3g}",
            self.goal,
            verdict,
        )
        return "\t".join((*values, self.note) if self.note else values)


def at_least(name: str, ours: float, reference: float, unit: str, goal: float, note: str = "") -> Line:
    """A line whose ratio reference / ours shall reach ``goal``."""
    ratio = reference / ours
    return Line(name, ours, reference, unit, ratio, f"≥ {goal:g}×", ratio >= goal, note)


def at_most(name: str, ours: float, reference: float, unit: str, goal: float, note: str = "") -> Line:
    """A line whose share ours / reference shall stay within ``goal``."""
    ratio = ours / reference
    return Line(name, ours, reference, unit, ratio, f"≤ {goal:g}×", ratio <= goal, note)


def seconds(call: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    gc.collect()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def interleaved(ours: Callable[[], object], reference: Callable[[], object], repeats: int = 5) -> tuple[float, float]:
    """Median seconds of ours, and that times the median of the pairwise ratios: a drifting machine hits both alike."""
    ours()  # warm up
    reference()
    pairs = [(seconds(ours), seconds(reference)) for _ in range(repeats)]
    mine = statistics.median(o for o, _ in pairs)
    return mine, mine * statistics.median(r / o for o, r in pairs)
