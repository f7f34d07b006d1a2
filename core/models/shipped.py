"""What we trained ourselves and ship: the facts that its recipe wrote beside the weights."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("weights")
FACTS = "facts.json"


@dataclass(frozen=True)
class Figure:
    """A measured share in [0, 1] with its 95 % interval, on ``count`` examples.

    Attributes:
        what: the examples, in words.
        chance: what guessing gets.
        measure: what the share is a share of: ``right`` answers, ``mean IoU`` …
    """

    what: str
    value: float
    low: float
    high: float
    chance: float
    count: int
    measure: str = "right"


@dataclass(frozen=True)
class Facts:
    """How one of our models was made and how good it is.

    Attributes:
        recipe: the command that makes it again.
        data: what it learned from, and its licence.
        labels: names of the classes, in the order of the logits.
        max_seq_length: of text models, how many tokens they read.
        seconds: of training, on ``machine``.
        figures: on examples that it never saw.
        notes: what else was measured, one sentence each.
    """

    recipe: str
    data: str
    labels: tuple[str, ...]
    max_seq_length: int
    seconds: int
    machine: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


@cache
def facts(name: str) -> Facts:
    """The facts of the model in ``weights/<name>``."""
    held = json.loads((FOLDER / name / FACTS).read_text(encoding="utf-8"))
    figures = tuple(Figure(**figure) for figure in held.pop("figures"))
    lists = {name: tuple(held.get(name, ())) for name in ("labels", "notes")}
    return Facts(**{**held, **lists, "figures": figures})
