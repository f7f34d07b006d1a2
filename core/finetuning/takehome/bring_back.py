"""A zip that we packed, uploaded again: a fresh model of ours, filled with the numbers of its one safetensors file.

Nothing else of the zip decides what is built: the network, its configuration, tokenizer and image processor come from
the catalog's base model, the classes from a card that is checked word by word. No file is written under a name from
the zip, and nothing is unpickled.
"""

import io
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from core.config import Limits
from core.data.texts import clean_label
from core.errors import PlaygroundError
from core.finetuning import shelf
from core.finetuning.takehome.names import ADAPTER_FILES, MODEL_FILES
from core.finetuning.takehome.refill import OURS, Brought, rebuild
from core.models import own

UPLOAD = "upload.zip"
WEIGHTS, CARD, REPORT = "model.safetensors", own.CARD_FILE, "report.json"
KNOWN = {*MODEL_FILES, *ADAPTER_FILES, CARD, REPORT, "README.md", "predict.py", "requirements.txt"}
IGNORED = {".DS_Store", "Thumbs.db", "desktop.ini"}
MAX_REPORT_BYTES = 50_000_000
TOKENS = range(16, 257)  # the settings' bounds of the longest text
DEFAULT_TOKENS = 256
_MB = 1024 * 1024
_CHUNK = 1024 * 1024


class Task(Protocol):
    """What `core.jobs` hands to a job's function."""

    @property
    def folder(self) -> Path: ...


def check(size: int, limits: Limits | None = None) -> None:
    """Raise a `PlaygroundError` for an upload of ``size`` bytes that is too large for this server."""
    limit = (limits or Limits.from_env()).model_mb
    if limit and size > limit * _MB:
        raise PlaygroundError(f"The zip has {size / _MB:.0f} MB and the limit on this server is {limit} MB.")


def run(task: Task) -> Iterator[dict[str, Any]]:
    """Turn ``inputs/upload.zip`` into ``result/model``, a model of this visitor as if it had been fine-tuned here.

    Raises:
        PlaygroundError: it is not a zip of ours, or was changed; the sentence says what is wrong.
    """
    yield {"phase": "reading", "fraction": 0.1}
    upload, workplace, result = task.folder / "inputs" / UPLOAD, task.folder / "checkpoint", task.folder / "result"
    for folder in (workplace, result):
        folder.mkdir(exist_ok=True)
    brought = unpack(upload, workplace)
    yield {"phase": "building", "fraction": 0.4}
    building = result / "model.building"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    rebuild(brought, workplace / WEIGHTS, building)
    own.save_card(building, replace(brought.card, slug=shelf.slug_of(task.folder), folder=building))
    shutil.rmtree(result / "model", ignore_errors=True)
    building.rename(result / "model")
    for leftover in (upload, workplace / WEIGHTS, workplace / CARD):  # as large as the model itself
        leftover.unlink(missing_ok=True)
    yield {"phase": "done", "fraction": 1.0, "title": brought.card.title}


def unpack(upload: Path, workplace: Path, limits: Limits | None = None) -> Brought:
    """Check the zip, put its weights and card into ``workplace`` under names of ours, and read the rest.

    Raises:
        PlaygroundError: see `run`.
    """
    limits = limits or Limits.from_env()
    check(upload.stat().st_size, limits)
    try:
        with zipfile.ZipFile(upload) as archive:
            entries = _entries(archive)
            budget = limits.model_mb * _MB if limits.model_mb else None
            _copy(archive, entries[WEIGHTS], workplace / WEIGHTS, budget)
            _copy(archive, entries[CARD], workplace / CARD, own.MAX_CARD_BYTES)
            facts = _facts(archive, entries.get(REPORT))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise PlaygroundError(f"The zip is damaged; {OURS}.") from None
    tokens = facts.get("settings", {}).get("max_seq_length") if isinstance(facts.get("settings"), dict) else None
    max_tokens = tokens if type(tokens) is int and tokens in TOKENS else DEFAULT_TOKENS
    return Brought(own.read_card(workplace), facts.get("problem") == "multi_label", max_tokens)


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The zip's files by their plain names: all in one folder (adapters one deeper), none that we do not pack."""
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        path = PurePosixPath(entry.orig_filename)
        if entry.is_dir() or path.name in IGNORED or path.parts[:1] == ("__MACOSX",):
            continue
        deep = path.parts[-2:-1] == ("adapter",)
        if path.name not in KNOWN or ".." in path.parts or path.is_absolute() or len(path.parts) > 2 + deep:
            shown = clean_label(entry.orig_filename)
            raise PlaygroundError(f"The zip holds {shown!r}, which our downloads never do; {OURS}.")
        if entry.flag_bits & 0x1:
            raise PlaygroundError("The zip is protected by a password; make it again without one.")
        if deep:
            continue
        if path.name in found:
            raise PlaygroundError(f"The zip holds {path.name} twice; bring back one model at a time.")
        found[path.name] = entry
    missing = next((name for name in (WEIGHTS, CARD) if name not in found), None)
    if missing:
        raise PlaygroundError(f"The zip holds no {missing}; {OURS}.")
    return found


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, budget: int | None) -> None:
    """One file out of the zip; what it unpacks to is counted, since the size it states may be a lie."""
    written = 0
    with archive.open(entry) as source, target.open("wb") as out:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if budget is not None and written > budget:
                raise PlaygroundError("The zip unpacks to more than this server takes; bring back a smaller model.")
            out.write(chunk)


def _facts(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | None) -> dict[str, Any]:
    """The report's fields, of which only two are looked at, each checked by who does; nothing where it is unusable."""
    if entry is None:
        return {}
    with archive.open(entry) as source:
        content = source.read(MAX_REPORT_BYTES)
    try:
        facts = json.load(io.BytesIO(content))
    except (ValueError, RecursionError):
        raise PlaygroundError(f"The zip's report.json is damaged; {OURS}.") from None
    return facts if isinstance(facts, dict) else {}
