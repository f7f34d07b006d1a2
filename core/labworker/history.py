"""The frames of one run as the app keeps them: every metric thinned to a few hundred points, the last picture whole."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.lab import Frame

MOST = 400  # points of a curve; more than a screen shows


class History:
    """Frames in order; beyond ``MOST`` every second one is dropped and from then on only every second one kept."""

    def __init__(self) -> None:
        self._kept: list[Frame] = []  # without arrays
        self._every, self._count = 1, 0
        self._last: Frame | None = None

    def add(self, told: Sequence[Mapping[str, Any]], arrays: Mapping[str, np.ndarray]) -> None:
        """Take new frames; ``arrays`` belong to the last of them."""
        for one in told:
            self._last = Frame(one["step"], one["metrics"])
            if self._count % self._every == 0:
                self._kept.append(self._last)
            self._count += 1
            if len(self._kept) >= MOST:
                self._kept, self._every = self._kept[::2], self._every * 2
        if told and self._last:
            self._last = Frame(self._last.step, self._last.metrics, arrays)

    def frames(self) -> tuple[Frame, ...]:
        """What is kept; the last one is now and holds its arrays."""
        if self._last is None:
            return ()
        before = self._kept[:-1] if self._kept and self._kept[-1].step == self._last.step else self._kept
        return (*before, self._last)


def csv(frames: Sequence[Frame]) -> str:
    """The curves as a table: a row a frame, the step and every metric."""
    names = list(frames[-1].metrics) if frames else []
    rows = [",".join(["step", *names])]
    rows += [",".join([str(f.step), *(f"{f.metrics[name]:.6g}" for name in names)]) for f in frames]
    return "\n".join(rows) + "\n"
