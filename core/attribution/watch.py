"""Watch a method while it runs: stop it between two passes, hear how far it is, keep the best map so far."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

from torch import Tensor, nn

from core.attribution.base import Attribution, Forward
from core.attribution.baselines import baseline_of
from core.errors import PlaygroundError

Report = Callable[[float, Attribution | None], None]
"""Called with the fraction done in [0, 1] and, where the method has one already, a rough map."""

WAIT = 0.1  # seconds between two looks at the wish to stop, while another visitor uses the model


class Stopped(PlaygroundError):
    """The visitor stopped the method before it had anything to show."""


class Watch:
    """One run of one method.

    Args:
        stopping: asked before every pass of the network; true ends the run.
        report: told after every pass.
    """

    def __init__(self, stopping: Callable[[], bool] | None = None, report: Report | None = None) -> None:
        self._stopping, self._report = stopping, report
        self._expected = self._done = 0
        self.best: Attribution | None = None

    def expect(self, rows: int) -> None:
        """So many more inputs will be shown to the network."""
        self._expected += rows

    def tick(self, rows: int = 0) -> None:
        """So many inputs are shown now; raises `Stopped` if the visitor wants to stop."""
        if self._stopping and self._stopping():
            raise Stopped("Stopped before there was anything to show: run the method again.")
        if self._report and self._expected:
            self._report(min(self._done / self._expected, 1.0), None)
        self._done += rows if self._expected else 0  # what comes before the plan only measures the network

    def offer(self, attribution: Attribution) -> None:
        """A map that is worth showing, should the visitor stop now."""
        self.best = attribution
        if self._report:
            self._report(min(self._done / max(self._expected, 1), 1.0), attribution)

    @contextmanager
    def holding(self, lock: RLock) -> Iterator[None]:
        """Hold ``lock``; whoever waits for it can stop too."""
        while not lock.acquire(timeout=WAIT):
            self.tick()
        try:
            yield
        finally:
            lock.release()


class Watched:
    """A classifier as methods see it: the same, but every pass is watched, and it knows the visitor's own baseline."""

    # What it hands through, of pictures and of texts.
    model: nn.Module
    labels: Sequence[str]
    lock: RLock
    gradient_model: nn.Module
    folded_model: nn.Module
    feature_layer: nn.Module | None
    mean: Sequence[float]
    std: Sequence[float]
    embedding_layer: nn.Module
    mask_token_id: int
    pad_token_id: int

    def __init__(self, classifier: Any, watch: Watch, own_baseline: Tensor | None = None) -> None:
        self.classifier, self.watch, self.own_baseline = classifier, watch, own_baseline

    def __getattr__(self, name: str) -> Any:
        return getattr(self.classifier, name)

    @property
    def forward(self) -> Forward:
        return self._watched(self.classifier.forward)

    @property
    def logits(self) -> Forward:
        return self._watched(self.classifier.logits)

    @property
    def gradients(self) -> Forward:
        return self._watched(self.classifier.gradients)

    @property
    def folded(self) -> Forward:
        return self._watched(self.classifier.folded)

    def baseline(self, pixels: Tensor, name: str, seed: int = 0) -> Tensor:
        """The "nothing here" picture called ``name``, or the visitor's own, of the shape of ``pixels``."""
        if self.own_baseline is not None:
            return self.own_baseline.expand_as(pixels).clone()
        return baseline_of(pixels, name, self.classifier.mean, self.classifier.std, seed)

    def _watched(self, forward: Forward) -> Forward:
        def call(inputs: Tensor, *others: Tensor) -> Tensor:
            self.watch.tick(len(inputs))
            return forward(inputs, *others)

        return call


class Clock:
    """Seconds since it was made, and the clock that a rough map may be offered by: not more often than ``every``."""

    def __init__(self, every: float = 0.5) -> None:
        self.start = self._last = time.perf_counter()
        self._every = every

    def due(self) -> bool:
        """Whether ``every`` seconds have passed since it was last due."""
        now = time.perf_counter()
        if now - self._last < self._every:
            return False
        self._last = now
        return True
