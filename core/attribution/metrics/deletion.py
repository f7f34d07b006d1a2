"""Erase a picture in the order of its map, or show it in that order, and watch the class's probability.

Deletion and insertion (Petsiuk 2018, RISE) feed the model pictures with holes, which it never saw: holes scattered
everywhere break texture and lower the answer whatever they hide. So a map is compared with controls made the same
way (`core.attribution.metrics.controls`): scattered cells, and one that shares the map's clumps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.attribution.base import Forward, PictureClassifier
from core.attribution.baselines import baseline_of, choice
from core.attribution.guard import as_it_was
from core.attribution.metrics.base import KINDS, Band, Curve, Erased, steps_of
from core.attribution.metrics.controls import CONTROLS, cell_grid, cell_sums, controls_of
from core.params import Choice, IntRange

PICTURES_AT_ONCE = 2  # more do not fit the processor's cache, and take longer each
CAVEAT = (
    "Erased pictures look like nothing the model has seen, so a fall alone proves little: compare with the controls."
)


PARAMS = (
    Choice(
        "control",
        "Compare with",
        tuple(CONTROLS),
        "shifted",
        help="Moved: the same map shifted and mirrored, its clumps in another place. Shapeless: as coarse as the map, "
        "without its shapes. Edges know nothing of the model. Random cells break texture everywhere, which can lower "
        "the answer faster than any map.",
        titles=tuple(words.capitalize() for words in CONTROLS.values()),
    ),
    choice("blur", help="What stands where the picture is erased; each choice is unnatural in its own way."),
    IntRange("steps", "Steps", 5, 30, 10, help="Points on a curve. More: smoother, slower."),
    IntRange("draws", "Draws of each control", 2, 8, 3, help="More: a fairer comparison, slower."),
)


@dataclass(frozen=True)
class Plan:
    """How to erase: in square cells, so many steps, over what, and how many draws of each control.

    Attributes:
        cell: side of a cell in pixels.
        steps: points on a curve after the first.
        baseline: what stands in an erased cell: ``blur``, ``grey``, ``black``, ``white`` or ``noise``.
        draws: of each control; every draw costs as much as the curve itself.
        control: what the map is compared with beside scattered cells: one of `CONTROLS`.
    """

    cell: int = 16
    steps: int = 20
    baseline: str = "blur"
    draws: int = 3
    seed: int = 0
    control: str = "shifted"


def trust_curves(
    classifier: PictureClassifier,
    pixels: Tensor,
    one_map: np.ndarray,
    target: int,
    plan: Plan | None = None,
    scattered: Mapping[Erased, Band] | None = None,
) -> dict[Erased, Curve]:
    """The deletion and insertion curve of one map of one picture, beside controls.

    Args:
        pixels: ``(1, 3, H, W)``, normalised.
        one_map: ``(H, W)``, larger where there is more evidence for ``target``.
        scattered: what `scattered_bands` gave for the same picture, target and plan: it serves every map.
    """
    plan = plan or Plan()
    scattered = scattered or scattered_bands(classifier, pixels, target, plan)
    grid = cell_sums(one_map, plan.cell)
    other = plan.control != "scattered"
    alike = controls_of(plan.control, grid, pixels, plan.cell, plan.draws, plan.seed) if other else ()
    orders = [order(grid), *map(order, alike)]
    eraser = _Eraser(classifier, pixels, target, plan)
    curves: dict[Erased, Curve] = {}
    with classifier.lock, as_it_was(classifier.model):
        for kind in KINDS:
            probs = eraser.probs(orders, kind)
            controls = {"scattered": scattered[kind]}
            if other:
                controls = {plan.control: Band(CONTROLS[plan.control], probs[1:], eraser.fractions), **controls}
            curves[kind] = Curve(kind, eraser.fractions, probs[0], controls)
    return curves


def scattered_bands(
    classifier: PictureClassifier, pixels: Tensor, target: int, plan: Plan | None = None
) -> dict[Erased, Band]:
    """Deletion and insertion with cells in random order."""
    plan = plan or Plan()
    rng = np.random.default_rng([plan.seed, 0])
    eraser = _Eraser(classifier, pixels, target, plan)
    orders = [rng.permutation(eraser.count) for _ in range(plan.draws)]
    with classifier.lock, as_it_was(classifier.model):
        return {kind: Band("random cells", eraser.probs(orders, kind), eraser.fractions) for kind in KINDS}


def order(grid: np.ndarray) -> np.ndarray:
    """Indices of cells from the most evidence for the class to the most against it."""
    return np.argsort(-grid, axis=None, kind="stable")


def erased(pixels: Tensor, baseline: Tensor, gone: Tensor, cell: int) -> Tensor:
    """``pixels (1, 3, H, W)`` with the cells of ``gone (N, rows, columns)`` replaced by ``baseline``."""
    holes = gone.repeat_interleave(cell, 1).repeat_interleave(cell, 2)
    holes = holes[:, None, : pixels.shape[-2], : pixels.shape[-1]]  # (N, 1, H, W)
    return torch.where(holes, baseline, pixels)


class _Eraser:
    """Runs erasing orders through one model; the two ends of every curve are computed once."""

    def __init__(self, classifier: PictureClassifier, pixels: Tensor, target: int, plan: Plan) -> None:
        self.logits: Forward = classifier.logits
        self.pixels, self.target, self.cell = pixels.detach(), target, plan.cell
        self.baseline = baseline_of(self.pixels, plan.baseline, classifier.mean, classifier.std, plan.seed)
        self.grid = cell_grid(pixels.shape[-2], pixels.shape[-1], plan.cell)
        self.count = self.grid[0] * self.grid[1]
        self.counts = steps_of(self.count, plan.steps)
        self.fractions = self.counts / self.count
        self._ends: np.ndarray | None = None

    def probs(self, orders: Sequence[np.ndarray], kind: Erased) -> np.ndarray:
        """``(len(orders), S)``: the class's probability after each step of each order."""
        rows, columns = self.grid
        between = self.counts[1:-1]
        gone = np.zeros((len(orders), len(between), self.count), dtype=bool)
        for row, one in enumerate(orders):
            for step, count in enumerate(between):
                gone[row, step, one[:count]] = True
        gone = gone if kind == "deletion" else ~gone
        inner = self._run(torch.from_numpy(gone.reshape(-1, rows, columns))).reshape(len(orders), -1)
        whole, nothing = self.ends()
        first, last = (whole, nothing) if kind == "deletion" else (nothing, whole)
        return np.column_stack([np.full(len(orders), first), inner, np.full(len(orders), last)])

    def ends(self) -> np.ndarray:
        """The class's probability for the whole picture and for the bare baseline."""
        if self._ends is None:
            gone = torch.zeros(2, *self.grid, dtype=torch.bool)
            gone[1] = True
            self._ends = self._run(gone)
        return self._ends

    def _run(self, gone: Tensor) -> np.ndarray:
        probs = []
        with torch.inference_mode():
            for some in torch.split(gone.to(self.pixels.device), PICTURES_AT_ONCE):
                batch = erased(self.pixels, self.baseline, some, self.cell)
                logits = self.logits(batch.contiguous(memory_format=torch.channels_last))
                probs.append(logits.softmax(-1)[:, self.target].cpu())
        return torch.cat(probs).numpy() if probs else np.zeros(0)
