"""Three parts that share nothing: one to learn from, one to choose by, one that is looked at once, at the end."""

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.labelled import Labelled
from core.data.near import near_groups

TEST_SHARE = 0.2
ENOUGH_FOR_A_TEST = 40
FEWEST_UNITS = 3  # a class has something for each part only if it falls into as many groups


@dataclass(frozen=True)
class Split:
    """Rows of the data by what they are for.

    Attributes:
        train: learned from.
        val: choose the epoch; never learned from while choosing.
        test: held out for the final figures only; empty where there are too few examples.
    """

    train: tuple[int, ...]
    val: tuple[int, ...]
    test: tuple[int, ...]

    @property
    def held_out(self) -> tuple[int, ...]:
        """The rows that the report is about."""
        return self.test or self.val

    @property
    def says(self) -> str:
        """How the examples were used, for the visitor."""
        parts = f"{len(self.train)} examples to learn from, {len(self.val)} to choose when to stop"
        if self.test:
            return f"{parts}, and {len(self.test)} held out that neither training nor choosing ever saw."
        return f"{parts}. There were too few for a third part, so these figures look somewhat too good."


def split(data: Labelled, *, seed: int, valid_split: float) -> Split:
    """Divide ``data`` so that classes keep their shares and near-duplicates stay together.

    Args:
        seed: the same seed gives the same parts.
        valid_split: share of all examples for ``val``; `TEST_SHARE` goes to ``test`` from `ENOUGH_FOR_A_TEST` examples.
    """
    units = _units(data)
    classes: dict[int, list[list[int]]] = {}
    for rows in units:
        classes.setdefault(_main_class(data, rows), []).append(rows)
    test_share = TEST_SHARE if len(data) >= ENOUGH_FOR_A_TEST else 0.0
    dice = random.Random(seed)
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for k in sorted(classes):
        pool = classes[k]
        dice.shuffle(pool)
        size = sum(map(len, pool))
        for part, share in ((2, test_share), (1, valid_split)):
            taken, pool = _take(pool, share * size)
            parts[part].extend(row for rows in taken for row in rows)
        parts[0].extend(row for rows in pool for row in rows)
    train, val, test = (tuple(sorted(part)) for part in parts)
    return Split(train, val, test)


def content_key(example: str | bytes) -> bytes:
    """Equal for the same picture, and for texts that differ only in case, spaces and marks."""
    if isinstance(example, str):
        words = "".join(c if c.isalnum() else " " for c in example.casefold()).split()
        example = (" ".join(words) or example).encode()
    return hashlib.sha256(example).digest()


def _take(pool: list[list[int]], wanted: float) -> tuple[list[list[int]], list[list[int]]]:
    """Units worth about ``wanted`` rows, at least one if two remain, and what is left (never nothing)."""
    if not wanted:
        return [], pool
    taken: list[list[int]] = []
    left: list[list[int]] = []
    count = 0
    for place, unit in enumerate(pool):
        spare = len(left) + len(pool) - place - 1 > 0
        if spare and count + len(unit) <= max(wanted + 0.5, 1):
            taken.append(unit)
            count += len(unit)
        else:
            left.append(unit)
    if not taken and len(left) > 1:
        smallest = min(left, key=len)
        left.remove(smallest)
        taken = [smallest]
    return taken, left


def near_stay_together(data: Labelled) -> bool:
    """Whether near-duplicates can stay on one side: not where a class is little else, such as frames of one scene."""
    units = Counter(_main_class(data, rows) for rows in _united(data, near_groups(data)))
    return all(units[k] >= FEWEST_UNITS for k in set(data.targets))


def _main_class(data: Labelled, rows: Sequence[int]) -> int:
    return Counter(data.targets[row] for row in rows).most_common(1)[0][0]


def _units(data: Labelled) -> list[list[int]]:
    """Rows that must stay together: the same group, the same content or, where it can be, nearly the same."""
    return _united(data, near_groups(data) if near_stay_together(data) else ())


def _united(data: Labelled, near: Sequence[int]) -> list[list[int]]:
    boss = list(range(len(data)))

    def find(row: int) -> int:
        while boss[row] != row:
            boss[row] = row = boss[boss[row]]
        return row

    def unite(keys: Sequence[object]) -> None:
        first: dict[object, int] = {}
        for row, key in enumerate(keys):
            boss[find(row)] = find(first.setdefault(key, row))

    unite([content_key(example) for example in data.examples])
    unite(data.concepts)
    unite(near)
    units: dict[int, list[int]] = {}
    for row in range(len(data)):
        units.setdefault(find(row), []).append(row)
    return list(units.values())
