"""What a recipe leaves in ``core/models/weights/<name>``: the network, how pictures are made ready, and its facts."""

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from core.models import shipped
from core.models.shipped import Facts, Figure


def ship(name: str, model: Any, facts: Facts, *others: Any, weights: str = "model.safetensors") -> Path:
    """Save ``model`` and ``others`` (anything with ``save_pretrained``) with ``facts``; prints the weights' sha256."""
    folder = shipped.FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for one in (model, *others):
        one.save_pretrained(folder)
    write_facts(name, facts)
    print(f"sha256 {hashlib.sha256((folder / weights).read_bytes()).hexdigest()}")
    return folder


def write_facts(name: str, facts: Facts) -> None:
    """``facts.json`` of ``name``, printed too."""
    text = json.dumps(asdict(facts), indent=1)
    (shipped.FOLDER / name / shipped.FACTS).write_text(text + "\n", encoding="utf-8")
    print(text)


def figure(
    what: str, value: float, interval: tuple[float, float], chance: float, count: int, measure: str = "right"
) -> Figure:
    """A `Figure` whose numbers are rounded to four places."""
    low, high = interval
    shares = {"value": value, "low": low, "high": high, "chance": chance}
    return Figure(what, count=count, measure=measure, **{name: round(float(v), 4) for name, v in shares.items()})


def machine(packages: Sequence[str] = ("torch", "transformers")) -> str:
    """Cores and the versions that decide, in words."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    return f"one of {os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}, {versions}"
