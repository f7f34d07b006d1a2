"""A run's inputs on this machine, of any size: pictures are reduced one at a time onto the disk."""

from collections.abc import Callable
from pathlib import Path

from core.config import Limits
from core.data import archives, columns, json_lines, tables
from core.data.folders import read_folder
from core.data.labelled import Labelled
from core.data.packed import Packing
from core.errors import PlaygroundError
from core.finetuning import spool

NO_LIMITS = Limits(**dict.fromkeys(Limits.__dataclass_fields__, 0))
LINES = (".jsonl", ".ndjson")
TABLES = (".csv", ".tsv", ".txt")


def prepare(
    source: Path, inputs: Path, *, text: str = "", label: str = "", told: Callable[[float], None] = lambda _: None
) -> tuple[str, ...]:
    """Write the examples of ``source`` into ``inputs`` as `spool.read` reads them; what is to be said, a sentence each.

    Args:
        text, label: columns of a table; guessed where empty.
        told: hears the fraction that is read.

    Raises:
        PlaygroundError: they cannot be read; the sentence says why.
    """
    inputs.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        with Packing(inputs / spool.IMAGES) as packing:
            found = read_folder(source, NO_LIMITS, told=told, packing=packing)
        (inputs / spool.META).write_bytes(spool.meta(found.data))
        return found.notices
    data, notices = _file(source, text, label)
    for name, content in spool.spool(data).items():
        (inputs / name).write_bytes(content)
    return notices


def _file(source: Path, text: str, label: str) -> tuple[Labelled, tuple[str, ...]]:
    if not source.is_file():
        raise PlaygroundError(f"There is no file or folder {str(source)!r}; check the spelling.")
    kind = source.suffix.lower()
    if kind == ".zip":
        archive = archives.read_archive(source.read_bytes(), NO_LIMITS)
        return archive.data, archive.notices
    if kind not in (*LINES, *TABLES):
        raise PlaygroundError(f"{source.name!r} is no folder, zip or table; use .csv, .tsv, .jsonl or .zip.")
    read = json_lines.read_json_lines if kind in LINES else tables.read_table
    table = read(source.read_bytes(), NO_LIMITS)
    guessed = columns.guess(table)
    text, label = text or guessed[0], label or guessed[1]
    several = columns.holds_several(table, label)
    data, notices = columns.labelled(table, text, label, NO_LIMITS, several=several)
    return data, (f"Texts are in {text!r}, classes in {label!r}.", *table.notices, *notices)
