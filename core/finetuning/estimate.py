"""How long a run will take and how much memory, from what earlier runs on this machine took. Light to import."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import checkpoint, config
from core.finetuning.split import TEST_SHARE
from core.finetuning.strategies.base import TEXT, Strategy
from core.models import ModelCard

LOADING = 4.0  # seconds until the first example is read
STARTING_MB = 420  # a worker with its libraries
# Until this machine has told: seconds per example to answer, by kind, for a network of a million parameters.
_ANSWER = {"image": 0.006, "text": 0.0005}
# One example of an epoch, in answers; of a network's memory, how many copies of it learning takes.
_EPOCH = {"partial": 1.6, "lora": 3.0, "full": 3.2, "contrastive": 4.5}
_COPIES = {"probe": 1.5, "partial": 2.0, "lora": 2.0, "full": 5.0, "contrastive": 5.0}
# Megabytes that one token takes while it learns, at MiniLM's width; a batch learns in passes of so many at most.
_TOKEN_MB = {"partial": 0.15, "lora": 0.55, "full": 0.25, "contrastive": 0.3}
_PASS = 1024
_WEIGHT = 0.4  # of a new measurement beside the earlier ones


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes:
        seconds: from the start of its work to the finished model.
        megabytes: at its peak.
        measured: the speeds come from earlier runs on this machine with this model and strategy.
    """

    seconds: float
    megabytes: int
    measured: bool

    @property
    def says(self) -> str:
        """In words: ``about 20 s, 600 MB``."""
        memory = f"{round(self.megabytes, -2)} MB" if self.megabytes < 1000 else f"{self.megabytes / 1000:.1f} GB"
        return f"about {_rounded(self.seconds)}, {memory}"


def estimate(strategy: Strategy, card: ModelCard, kind: str, examples: int, settings: Mapping[str, Any]) -> Estimate:
    """The time and memory of a run of ``strategy`` from ``card`` on so many examples."""
    known = _read().get(card.slug, {})
    answer = known.get("answer", _ANSWER[kind] * _millions(card, kind))
    seconds = LOADING + examples * answer
    measured = "answer" in known
    if strategy.name != "probe":
        # An epoch of this strategy may be known, or the answers only, from which it is guessed.
        epoch = known.get(strategy.name, answer * _EPOCH[strategy.name])
        measured = strategy.name in known
        learned = examples * (1 - TEST_SHARE - settings.get("valid_split", 0.2))
        seconds += settings.get("num_train_epochs", 4) * learned * epoch
    guess = STARTING_MB + card.megabytes * _COPIES[strategy.name]
    if kind == TEXT:
        tokens = settings.get("batch_size", 16) * settings.get("max_seq_length", 128)
        if strategy.name != "contrastive":  # which compares all texts of a batch
            tokens = min(tokens, _PASS)
        guess += tokens * _TOKEN_MB.get(strategy.name, 0.0)
    megabytes = known.get(f"{strategy.name} MB", guess)
    return Estimate(seconds, round(megabytes), measured)


def note(card: ModelCard, measured: Mapping[str, float]) -> None:
    """Remember what a run took: ``answer`` and strategies' names in seconds per example, ``… MB`` in megabytes."""
    everything = _read()
    known = everything.setdefault(card.slug, {})
    for name, value in measured.items():
        known[name] = (1 - _WEIGHT) * known[name] + _WEIGHT * value if name in known else value
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)

    def write(path: Path) -> None:
        path.write_text(json.dumps(everything))

    checkpoint.save(file, write)


def _read() -> dict[str, dict[str, float]]:
    return checkpoint.load(_file(), lambda path: json.loads(path.read_text())) or {}


def _file() -> Path:
    return config.home() / "cache" / "speed.json"


def _millions(card: ModelCard, kind: str) -> float:
    """Parameters that take part in an answer: of a text network not its embeddings, about half."""
    return card.parameters / 1e6 * (0.5 if kind == TEXT else 1.0)


def _rounded(seconds: float) -> str:
    if seconds < 10:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 90:
        return f"{round(seconds, -1):.0f} s"
    return f"{seconds / 60:.0f} min"
