"""A visitor's zip of class folders as labelled pictures; read entry by entry, never unpacked to disk."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from core.config import Limits
from core.data.gathering import LAYOUT, LIST, Archive, gather, ignored, picture_list
from core.data.texts import clean_label
from core.errors import PlaygroundError

_NESTED = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst")
_END, _END_SIZE = b"PK\x05\x06", 22
_MB = 1024 * 1024
_CHUNK = 256 * 1024


def read_archive(
    data: bytes, limits: Limits | None = None, *, side: int = 256, told: Callable[[float], None] | None = None
) -> Archive:
    """Read labelled pictures from a zip whose folders are classes; memory grows by the reduced pictures only.

    Args:
        side: pixels that the longer side of a picture is reduced to.
        told: hears the fraction that is read.

    Raises:
        PlaygroundError: not a sound zip, hostile names, too many or too large files, no pictures in class folders.
    """
    limits = limits or Limits.from_env()
    _check_bytes(data, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = _entries(archive, limits)
            return _read(archive, entries, limits, side, told)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise PlaygroundError("The zip is damaged or of an unusual kind; make it again and upload that.") from None


def _read(
    archive: zipfile.ZipFile,
    entries: list[zipfile.ZipInfo],
    limits: Limits,
    side: int,
    told: Callable[[float], None] | None,
) -> Archive:
    lists = [entry for entry in entries if PurePosixPath(entry.filename).name.lower() == LIST]
    pictures = [entry for entry in entries if entry not in lists]
    table_bytes = limits.table_mb * _MB or None
    listed = picture_list(_content(archive, lists[0], table_bytes), limits) if lists else None

    def files() -> Iterator[tuple[PurePosixPath, bytes]]:
        budget = limits.archive_unpacked_mb * _MB or None
        for done, entry in enumerate(pictures):
            content = _content(archive, entry, budget)
            if budget is not None:
                budget -= len(content)
            yield PurePosixPath(entry.filename), content
            if told:
                told((done + 1) / len(pictures))

    return gather(files(), limits, side, listed)


def _check_bytes(data: bytes, limits: Limits) -> None:
    if not data:
        raise PlaygroundError("The file is empty; choose a zip.")
    if limits.archive_mb and len(data) > limits.archive_mb * _MB:
        raise PlaygroundError(
            f"The zip has {len(data) / _MB:.0f} MB and the limit is {limits.archive_mb} MB; reduce the pictures first."
        )
    end = data.rfind(_END)
    if end < 0 or len(data) < end + _END_SIZE:
        kind = "is incomplete; upload it again" if data.startswith(b"PK") else f"is not a zip: {LAYOUT}"
        raise PlaygroundError(f"The file {kind}.")
    # The directory of a million files would fill the memory before the first could be counted.
    directory = int.from_bytes(data[end + 12 : end + 16], "little")
    if limits.archive_files and directory > limits.archive_files * 2048:
        raise PlaygroundError(f"The zip holds too many files; the limit is {limits.archive_files:,}.")


def _entries(archive: zipfile.ZipFile, limits: Limits) -> list[zipfile.ZipInfo]:
    entries = []
    for entry in archive.infolist():
        _check_name(entry)
        if not entry.is_dir() and not ignored(PurePosixPath(entry.filename)):
            entries.append(entry)
    if limits.archive_files and len(entries) > limits.archive_files:
        raise PlaygroundError(
            f"The zip holds {len(entries):,} files and the limit is {limits.archive_files:,}; keep a part of them."
        )
    return entries


def _check_name(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    parts = re.split(r"[/\\]", name)
    if name.startswith(("/", "\\")) or "\\" in name or ".." in parts or re.match(r"[A-Za-z]:", name) or "\0" in name:
        raise PlaygroundError(f"The zip holds a file with an unsafe name ({clean_label(name)!r}): {LAYOUT}.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise PlaygroundError(
            f"The zip holds a link ({clean_label(name)!r}) instead of a file; put the file itself in."
        )
    if entry.flag_bits & 0x1:
        raise PlaygroundError("The zip is protected by a password; make it again without one.")
    if name.lower().endswith(_NESTED):
        raise PlaygroundError(f"The zip holds another archive ({clean_label(name)!r}); put the pictures in directly.")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: int | None) -> bytes:
    """One file's bytes; what it unpacks to is counted while reading, since the size it states may be a lie."""
    parts: list[bytes] = []
    total = 0
    for chunk in _chunks(archive, entry):
        total += len(chunk)
        if budget is not None and total > budget:
            raise PlaygroundError("The zip unpacks to more than this server takes; reduce the pictures first.")
        parts.append(chunk)
    return b"".join(parts)


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK):
            yield chunk
