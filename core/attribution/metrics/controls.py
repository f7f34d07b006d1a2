"""What a map is compared with: maps that know nothing of the answer, but look alike in one way or another.

Holes scattered everywhere break texture and lower an answer whatever they hide, so a control must share the map's
spatial structure: the very same map shifted and mirrored keeps its clumps but not their place; the same map with the
phases of its waves thrown anew keeps how coarse it is but no shape; the edges of the picture know nothing of the model.
"""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_gradient_magnitude
from torch import Tensor

CONTROLS = {"shifted": "moved maps", "phases": "shapeless maps", "edges": "edge maps", "scattered": "random cells"}
"""Each control by name, as a visitor reads it."""


def controls_of(name: str, grid: np.ndarray, pixels: Tensor, cell: int, draws: int, seed: int) -> Sequence[np.ndarray]:
    """``draws`` grids of the control called ``name`` for a map's ``grid (rows, columns)`` of ``pixels (1, 3, H, W)``.

    An edge map has no dice: its draws look for edges of 1, 2, 4 … pixels' width.
    """
    rng = np.random.default_rng([seed, 1])
    if name == "edges":
        return [cell_sums(edges(pixels, 2.0**number), cell) for number in range(draws)]
    if name == "scattered":
        return [rng.random(grid.shape) for _ in range(draws)]
    make = other_phases if name == "phases" else elsewhere
    return [make(grid, rng) for _ in range(draws)]


def cell_grid(height: int, width: int, cell: int) -> tuple[int, int]:
    """Rows and columns of cells that cover a picture; those at the far edges may be smaller."""
    return -(-height // cell), -(-width // cell)


def cell_sums(one_map: np.ndarray, cell: int) -> np.ndarray:
    """``(rows, columns)``: the map ``(H, W)`` summed over each cell."""
    height, width = one_map.shape
    rows, columns = cell_grid(height, width, cell)
    padded = np.zeros((rows * cell, columns * cell))
    padded[:height, :width] = one_map
    return padded.reshape(rows, cell, columns, cell).sum((1, 3))


def elsewhere(grid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same map in another place: rolled by at least a quarter of each side and perhaps mirrored."""
    rows, columns = grid.shape
    shift = tuple(int(rng.integers(n // 4, n - n // 4 + 1)) if n > 1 else 0 for n in (rows, columns))
    moved = np.roll(grid, shift, axis=(0, 1))
    for axis in (0, 1):
        if rng.random() < 0.5:
            moved = np.flip(moved, axis)
    return moved


def other_phases(grid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A map of the same coarseness and spread without its shapes: its waves keep their sizes and get random phases.

    The phases are those of white noise, so that the result is real; its mean stays.
    """
    waves = np.fft.fft2(grid)
    noise = np.fft.fft2(rng.standard_normal(grid.shape))
    turned = np.abs(waves) * np.exp(1j * np.angle(noise))
    turned[0, 0] = waves[0, 0]
    return np.fft.ifft2(turned).real


def edges(pixels: Tensor, width: float) -> np.ndarray:
    """``(H, W)``: how much the grey of ``pixels (1, 3, H, W)`` changes over ``width`` pixels, in any direction."""
    grey = pixels[0].mean(0).cpu().numpy()
    return gaussian_gradient_magnitude(grey, width)
