"""A visitor's examples as plain files for a job, and back: bytes and JSON, never a pickle; pictures stay on disk."""

import json
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

from core.data.labelled import Labelled, LabelledImages, LabelledTexts
from core.data.packed import Packed
from core.models import ModelCard, own

_FIELDS = ("targets", "labels", "names", "concepts", "target_sets")
META, TEXTS, IMAGES = "meta.json", "texts.jsonl", "images.bin"
BASE = "base-"  # before the name of each file of a visitor's own model that a run starts from
_BASE_FILES = (
    "card.json",
    "config.json",
    "model.safetensors",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
)


def spool(data: Labelled) -> dict[str, bytes]:
    """``data`` as files by name, for `core.jobs.submit`."""
    if isinstance(data, LabelledImages):
        return {META: meta(data), IMAGES: b"".join(data.examples)}
    return {META: meta(data), TEXTS: "".join(json.dumps(text) + "\n" for text in data.examples).encode()}


def meta(data: Labelled) -> bytes:
    """Everything but the examples themselves; of pictures, where each ends in their file."""
    facts: dict[str, Any] = {"kind": data.kind, **{name: list(getattr(data, name)) for name in _FIELDS}}
    if isinstance(data, LabelledImages):
        facts["ends"] = list(accumulate(len(example) for example in data.examples))
    return json.dumps(facts).encode()


def read(inputs: Path) -> Labelled:
    """What `spool` wrote."""
    facts = json.loads((inputs / META).read_text())
    fields: dict[str, Any] = {name: tuple(facts[name]) for name in _FIELDS[:-1]}
    fields["target_sets"] = tuple(map(tuple, facts[_FIELDS[-1]]))
    if facts["kind"] == "image":
        return LabelledImages(examples=Packed(inputs / IMAGES, facts["ends"]), **fields)
    lines = (inputs / TEXTS).read_text(encoding="utf-8").split("\n")
    return LabelledTexts(examples=tuple(json.loads(line) for line in lines if line), **fields)


def base_files(card: ModelCard, mark: str = BASE) -> dict[str, Path]:
    """The files of a visitor's own model, so that a job can start from it; none for a model of the catalog.

    ``mark`` is what their names begin with.
    """
    if card.folder is None:
        return {}
    return {mark + name: card.folder / name for name in _BASE_FILES if (card.folder / name).is_file()}


def read_base(inputs: Path, folder: Path, mark: str = BASE) -> ModelCard | None:
    """The model that `base_files` spooled, put together in ``folder``; None where there is none.

    Raises:
        PlaygroundError: its card is damaged.
    """
    if not (inputs / f"{mark}{own.CARD_FILE}").is_file():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name in _BASE_FILES:
        if (inputs / f"{mark}{name}").is_file():
            with suppress(FileExistsError):  # of an earlier attempt, or of a process that trains beside this one
                (folder / name).hardlink_to(inputs / f"{mark}{name}")
    return own.read_card(folder)
