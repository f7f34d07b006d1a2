"""Which examples are trained on, which choose the best epoch, and which are held out for the report."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from core.data.labelled import Labelled

VALIDATION_SHARE = 0.15
TEST_SHARE = 0.25


@dataclass(frozen=True)
class Split:
    """Positions of examples, three parts without overlap that together are everything.

    Attributes:
        train: the weights learn from these.
        validation: these say when to stop.
        test: nothing is chosen by these; the report counts them.
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    seed: int


def split(data: Labelled, seed: int) -> Split:
    """Stratified by class; variants of one thing (equal concepts, equal content) never lie on both sides.

    Each class gives at least one group to training, then one to the test, then one to validation, as far as it
    goes; beyond that the parts fill to their shares of the class.
    """
    rng = np.random.default_rng(seed)
    members: dict[str, list[int]] = defaultdict(list)
    for i, group in enumerate(groups(data)):
        members[group].append(i)
    targets = np.asarray(data.targets)
    sizes = np.bincount(targets, minlength=len(data.labels))
    wanted = {"test": np.ceil(sizes * TEST_SHARE), "validation": np.ceil(sizes * VALIDATION_SHARE)}
    have = {part: np.zeros(len(data.labels)) for part in ("train", "test", "validation")}
    parts: dict[str, list[int]] = {"train": [], "test": [], "validation": []}
    names = sorted(members)
    for at in rng.permutation(len(names)):
        group = members[names[at]]
        target = int(np.bincount(targets[group]).argmax())  # a group of two classes counts for the commoner
        part = _part(target, len(group), have, wanted)
        parts[part] += group
        for i in group:
            have[part][targets[i]] += 1
    return Split(*(tuple(sorted(parts[part])) for part in ("train", "validation", "test")), seed=seed)


def groups(data: Labelled) -> list[str]:
    """A key per example; equal keys must stay together: the concept where it is known, and equal content."""
    keys = [content_key(example) for example in data.examples]
    if not data.concepts:
        return keys
    first: dict[str, str] = {}
    return [first.setdefault(key, concept) for key, concept in zip(keys, data.concepts, strict=True)]


def content_key(example: bytes | str) -> str:
    """The same for the same picture, and for texts that differ in case and spaces only."""
    content = " ".join(example.split()).casefold().encode() if isinstance(example, str) else example
    return hashlib.sha256(content).hexdigest()[:32]


def _part(target: int, size: int, have: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> str:
    for part in ("train", "test", "validation"):
        if not have[part][target]:
            return part
    for part in ("test", "validation"):
        if have[part][target] + size <= wanted[part][target]:
            return part
    return "train"
