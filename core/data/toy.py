"""Small point sets in the plane, each easy for one kind of network and hard for another.

Every generator draws ``n`` points ``(n, 2)`` with labels ``(n,)`` in {0, 1}. Coordinates have a standard deviation
near 1, as the columns of a standardised table would, and lie within about ±2. The functions stand alone (NumPy
only), since labs show and export them as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Points = tuple[np.ndarray, np.ndarray]


def circles(n: int, rng: np.random.Generator) -> Points:
    """A disc (label 1) inside a ring (label 0)."""
    labels = np.arange(n) % 2
    radius = np.where(labels == 1, rng.uniform(0.0, 0.9, n), rng.uniform(1.3, 2.0, n))
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), labels


def xor(n: int, rng: np.random.Generator) -> Points:
    """Four squares; the label is 1 where both coordinates have the same sign."""
    points = rng.uniform(0.15, 1.8, (n, 2)) * rng.choice([-1, 1], (n, 2))
    return points, (points[:, 0] * points[:, 1] > 0).astype(int)


def moons(n: int, rng: np.random.Generator) -> Points:
    """Two half circles that reach into each other."""
    labels = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    x = np.where(labels == 1, np.cos(angle), 1 - np.cos(angle)) - 0.5
    y = np.where(labels == 1, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return 1.3 * np.stack([x, y], axis=1), labels


def spirals(n: int, rng: np.random.Generator) -> Points:
    """Two arms wound round each other, the second one the first turned by half a circle."""
    labels = np.arange(n) % 2
    t = rng.uniform(0.03, 1, n)  # how far out along the arm
    angle = 2.75 * np.pi * t + np.pi * labels
    return 2 * np.stack([t * np.sin(angle), t * np.cos(angle)], axis=1), labels


def gaussians(n: int, rng: np.random.Generator) -> Points:
    """Two round clouds that a straight line can part."""
    labels = np.arange(n) % 2
    centre = np.where(labels[:, None] == 1, 0.9, -0.9)
    return centre + rng.normal(0, 0.4, (n, 2)), labels


@dataclass(frozen=True)
class ToySet:
    """One generator and its name for people."""

    name: str
    title: str
    draw: Callable[[int, np.random.Generator], Points]


TOY_SETS = (
    ToySet("circles", "Circles", circles),
    ToySet("xor", "Exclusive or", xor),
    ToySet("moons", "Two moons", moons),
    ToySet("spirals", "Spirals", spirals),
    ToySet("gaussians", "Two clouds", gaussians),
)
TOY_SETS_BY_NAME = {toy.name: toy for toy in TOY_SETS}
