"""The shape that every lab has: settings → a generator of frames → figures and words.

A lab is an experiment small enough to train while somebody watches. Its settings are a frozen dataclass whose
fields carry their own controls (`core.params.setting`), its experiment is a generator that yields a `Frame` a
step, and its figures are pure functions of the frames so far. Nothing here knows where the generator runs:
`core.labworker` runs it in a warm process beside the app, a test runs it in a loop.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from core.params import Param, params_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True)
class Frame:
    """One look at a running experiment.

    Attributes:
        step: how far it is, counted from 0 (the state before any learning).
        metrics: scalars by name, one point each on a curve (``train_loss``, ``val_loss`` …).
        arrays: what a picture needs, by name; shapes are told by the lab that makes them.
    """

    step: int
    metrics: Mapping[str, float]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Preset:
    """Known settings, good or bad, with one sentence on what they show."""

    title: str
    says: str
    values: Mapping[str, Any]


def _no_readings(settings: Any, frames: Sequence[Frame]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Lab:
    """One lab: what it is called, what it teaches, how it runs and how it is drawn.

    Attributes:
        slug: its name in URLs.
        summary: one sentence on what a visitor can do here.
        topics: names in `core.topics.TOPICS` that are done here.
        settings: a frozen dataclass; every field made by `core.params.setting`.
        run: the experiment. It yields a `Frame` per step for ever or until it is finished. ``frame = run.send(s)``
            hands over changed settings between two steps (plain iteration sends ``None``); a lab takes what it can
            change without a restart (those names are ``live``) and ignores the rest.
        live: names of settings that act while it runs.
        figures: title → figure, from the settings and the frames so far (the last one is now).
        says: two sentences on what the frames show, in words; also read by screen readers.
        code: the same experiment as a stand-alone Python program.
        presets: settings worth trying first.
        readings: the few figures worth reading off now, as name → text with its unit.
        layout: relative widths row by row, as in ``((2, 3), (3, 2))``: the figures in their order, then one last
            place for readings and words. On a phone all stand below each other, the first on top.
    """

    slug: str
    title: str
    summary: str
    topics: tuple[str, ...]
    settings: type
    run: Callable[[Any], Generator[Frame, Any, None]]
    figures: Callable[[Any, Sequence[Frame]], Mapping[str, "Figure"]]
    says: Callable[[Any, Sequence[Frame]], str]
    code: Callable[[Any], str]
    live: frozenset[str] = frozenset()
    presets: tuple[Preset, ...] = ()
    readings: Callable[[Any, Sequence[Frame]], Mapping[str, str]] = _no_readings
    layout: tuple[tuple[int, ...], ...] = ((1,),)

    @property
    def params(self) -> tuple[Param, ...]:
        """The controls of its settings."""
        return params_of(self.settings)
