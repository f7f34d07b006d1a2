"""The card of a model that a visitor fine-tuned: written beside its weights, and distrusted when read back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import PlaygroundError
from core.models import MODELS
from core.models.catalog import (
    IMAGE_CLASSIFICATION,
    IMAGE_SEGMENTATION,
    OBJECT_DETECTION,
    TEXT_CLASSIFICATION,
    TEXT_ENCODING,
    ModelCard,
)

CARD_FILE = "card.json"
TASKS = (IMAGE_CLASSIFICATION, IMAGE_SEGMENTATION, OBJECT_DETECTION, TEXT_CLASSIFICATION)
MAX_CARD_BYTES = 256 * 1024
MAX_LABELS = 1000
MAX_WORDS = 300  # characters of any one text on a card
_TEXTS = ("slug", "title", "task", "hub_id", "licence", "about", "limits")
_NUMBERS = ("parameters", "megabytes")


def save_card(folder: Path, card: ModelCard) -> None:
    """Write ``card`` into ``folder``, beside the weights that ``save_pretrained`` wrote there."""
    facts: dict[str, Any] = {name: getattr(card, name) for name in (*_TEXTS, *_NUMBERS)}
    facts |= {"labels": list(card.labels), "unknown_below": card.unknown_below}
    _clean(facts)
    building = folder / f"{CARD_FILE}.building"
    building.write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")
    building.replace(folder / CARD_FILE)


def read_card(folder: Path) -> ModelCard:
    """The card in ``folder``, its ``folder`` set to where it was read.

    Raises:
        PlaygroundError: there is no card, or it holds anything that `save_card` would not have written.
    """
    file = folder / CARD_FILE
    try:
        if file.stat().st_size > MAX_CARD_BYTES:
            raise ValueError("too large")
        facts = _clean(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise PlaygroundError("This fine-tuned model has no readable card; fine-tune it again.") from error
    labels = tuple(facts.pop("labels"))
    return ModelCard(**facts, revision=None, revision_source="yours", labels=labels, folder=folder)


def set_threshold(folder: Path, value: float) -> None:
    """Have the model in ``folder`` answer "unknown" where its best probability is below ``value``, in [0, 1).

    Raises:
        PlaygroundError: no such number, or the folder has no readable card.
    """
    if not 0 <= value < 1:
        raise PlaygroundError(f"The threshold {value:g} makes no sense; choose one from 0 to 0.99.")
    save_card(folder, replace(read_card(folder), unknown_below=round(float(value), 4)))


def base_of(card: ModelCard) -> ModelCard | None:
    """The catalog's model that a fine-tuned one started from; None for others, and where the catalog lost it."""
    if card.folder is None:
        return None
    task = TEXT_ENCODING if card.task == TEXT_CLASSIFICATION else card.task
    return next((base for base in MODELS if (base.hub_id, base.task) == (card.hub_id, task)), None)


def _clean(facts: Any) -> dict[str, Any]:
    """``facts`` if every field is there, of its type and within bounds, and nothing else is.

    Raises:
        ValueError: which field is wrong.
    """
    if not isinstance(facts, dict) or {*facts} | {"unknown_below"} != {*_TEXTS, *_NUMBERS, "labels", "unknown_below"}:
        raise ValueError("other fields than a card has")
    below = facts.get("unknown_below", 0.0)  # cards of earlier versions have none
    if isinstance(below, bool) or not isinstance(below, int | float) or not 0 <= below < 1:
        raise ValueError("unknown_below")
    for name in _TEXTS:
        if not isinstance(facts[name], str) or len(facts[name]) > MAX_WORDS:
            raise ValueError(name)
    for name in _NUMBERS:
        if type(facts[name]) is not int or facts[name] < 0:
            raise ValueError(name)
    labels = facts["labels"]
    if not isinstance(labels, list) or not 2 <= len(labels) <= MAX_LABELS or len(set(map(str, labels))) < len(labels):
        raise ValueError("labels")
    if not all(isinstance(label, str) and 0 < len(label) <= MAX_WORDS for label in labels):
        raise ValueError("labels")
    if facts["task"] not in TASKS:
        raise ValueError("task")
    return facts
