"""Where the evidence lies, in words and numbers: a picture's map as ranked regions."""

from dataclasses import dataclass

import numpy as np

GRID = 7
_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


@dataclass(frozen=True)
class Region:
    """One cell of a 7 by 7 grid.

    Attributes:
        row, column: from 1, counted from the upper left.
        place: where that is, in words.
        value: its credit, in the map's unit.
        share: of all credit of the same sign.
    """

    row: int
    column: int
    place: str
    value: float
    share: float


def ranked_regions(one_map: np.ndarray, grid: int = GRID) -> list[Region]:
    """Cells of ``one_map (H, W)`` from the most evidence for the class to the most against it."""
    sums = region_sums(one_map, grid)
    totals = {True: sums[sums > 0].sum(), False: sums[sums < 0].sum()}
    regions = [
        Region(r + 1, c + 1, place(r, c, grid), float(v), float(v / totals[bool(v > 0)]) if v else 0.0)
        for (r, c), v in np.ndenumerate(sums)
    ]
    return sorted(regions, key=lambda region: -region.value)


def region_sums(one_map: np.ndarray, grid: int = GRID) -> np.ndarray:
    """``(grid, grid)``: the map summed over cells as equal as whole pixels allow; nothing is lost."""
    edges = [np.linspace(0, side, grid + 1).round().astype(int)[:-1] for side in one_map.shape]
    return np.add.reduceat(np.add.reduceat(one_map, edges[0], axis=0), edges[1], axis=1)


def place(row: int, column: int, grid: int = GRID) -> str:
    """``upper left`` … ``centre`` … ``lower right`` of a cell counted from 0."""
    vertical, horizontal = _ROWS[3 * row // grid], _COLUMNS[3 * column // grid]
    if vertical == "middle":
        return horizontal
    return f"{vertical} {horizontal}"
