"""Each way to judge maps as one figure over all methods, with its caveat. There is no grade that adds them up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.attribution.metrics import agreement, completeness, deletion, infidelity, text_deletion
from core.attribution.metrics.base import Curve, Erased
from core.attribution.metrics.infidelity import Falls
from core.attribution.result import Explained

Curves = Mapping[Erased, Curve]

_AREAS: dict[Erased, str] = {
    "deletion": "The strongest evidence is erased first: further left is better.",
    "insertion": "The strongest evidence is shown first: further right is better.",
}


@dataclass(frozen=True)
class Figure:
    """One measure of several maps.

    Attributes:
        says: what is good, in one sentence.
        caveat: what it cannot say, in one sentence.
        axis: the axis' title, with its unit.
        values: by method; None where it has no such figure.
        bands: by method, the range of the control's draws.
        limits: what the axis shows at least.
    """

    title: str
    says: str
    caveat: str
    axis: str
    values: Mapping[str, float | None]
    bands: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    limits: tuple[float, float] = (0.0, 1.0)


def figures(
    judged: Sequence[tuple[Explained, Curves]], control: str, falls: Falls, alone: np.ndarray | None = None
) -> list[Figure]:
    """The figures of several maps of one input.

    Args:
        judged: each map with its curves; empty where they were stopped.
        control: which control of the curves stands beside.
        falls: draws that hid half of the input.
        alone: ``(W,)``, for a text: how far the logit falls without each word.
    """
    made = [_area(judged, kind, control, is_text=alone is not None) for kind in _AREAS]
    if alone is not None:
        made += [_comprehensiveness(judged), _sufficiency(judged), _tau(judged, alone)]
    return [*made, _infidelity(judged, falls), _gap(judged), *_costs(judged)]


def _area(judged: Sequence[tuple[Explained, Curves]], kind: Erased, control: str, *, is_text: bool) -> Figure:
    curves = {one.method.name: curves.get(kind) for one, curves in judged}
    bands = {name: curve.controls[control].aucs for name, curve in curves.items() if curve}
    return Figure(
        title=f"{kind.capitalize()}",
        says=f"{_AREAS[kind]} Grey: what the control reaches.",
        caveat=(text_deletion if is_text else deletion).CAVEAT,
        axis="Area under the curve",
        values={name: curve.auc if curve else None for name, curve in curves.items()},
        bands={name: (min(areas), max(areas)) for name, areas in bands.items()},
    )


def _comprehensiveness(judged: Sequence[tuple[Explained, Curves]]) -> Figure:
    values = {
        one.method.name: text_deletion.comprehensiveness(curves["deletion"]) if curves else None
        for one, curves in judged
    }
    return Figure(
        title="Comprehensiveness",
        says="Probability lost when the strongest words go: further right is better.",
        caveat=text_deletion.COMPREHENSIVENESS_CAVEAT,
        axis="Probability",
        values=values,
    )


def _sufficiency(judged: Sequence[tuple[Explained, Curves]]) -> Figure:
    values = {
        one.method.name: text_deletion.sufficiency(curves["insertion"]) if curves else None for one, curves in judged
    }
    return Figure(
        title="Sufficiency",
        says="What the strongest words alone fall short of: further left is better.",
        caveat=text_deletion.SUFFICIENCY_CAVEAT,
        axis="Probability",
        values=values,
    )


def _tau(judged: Sequence[tuple[Explained, Curves]], alone: np.ndarray) -> Figure:
    return Figure(
        title="As leaving out one word",
        says="Kendall's tau between credit and the fall without each word alone: 1 is the same order.",
        caveat=agreement.TAU_CAVEAT,
        axis="Rank correlation",
        values={one.method.name: agreement.leave_one_out_tau(one.values, alone) for one, _ in judged},
        limits=(-1.0, 1.0),
    )


def _infidelity(judged: Sequence[tuple[Explained, Curves]], falls: Falls) -> Figure:
    return Figure(
        title="Infidelity",
        says="What the map cannot foretell when random halves are hidden: further left is better.",
        caveat=infidelity.CAVEAT,
        axis="Share not foretold",
        values={one.method.name: infidelity.infidelity(falls, one.values) for one, _ in judged},
    )


def _gap(judged: Sequence[tuple[Explained, Curves]]) -> Figure:
    return Figure(
        title="Completeness gap",
        says="How far the values are from adding up to what they explain: under 1 % is good.",
        caveat=completeness.CAVEAT,
        axis="% of the change",
        values={one.method.name: None if one.gap is None else 100 * one.gap.share for one, _ in judged},
    )


def _costs(judged: Sequence[tuple[Explained, Curves]]) -> list[Figure]:
    return [
        Figure(
            title="Time",
            says="How long the map took.",
            caveat="Somebody else's work on this machine makes it longer.",
            axis="Seconds",
            values={one.method.name: one.seconds for one, _ in judged},
        ),
        Figure(
            title="Memory",
            says="What the server's process took on top while the map was made.",
            caveat="All of the process is seen: what it did for others meanwhile counts too.",
            axis="MB",
            values={one.method.name: float(one.megabytes) for one, _ in judged},
        ),
    ]
