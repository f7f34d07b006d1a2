"""Files that survive a crash in mid-write: written beside, flushed, put in place, and the one before is kept."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


def save(path: Path, write: Callable[[Path], None]) -> None:
    """Have ``write`` make the new file and put it at ``path``; what was there stays as ``path.prev``.

    A crash or a full disk at any moment leaves at least one whole file for `load`.
    """
    fresh = _beside(path, ".new")
    try:
        write(fresh)
        _flush(fresh)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    if path.exists():
        path.replace(previous(path))
    fresh.replace(path)
    _flush(path.parent)


def load(path: Path, read: Callable[[Path], T]) -> T | None:
    """What ``read`` makes of the newest file that it can read, or None if there is none.

    ``read`` must raise on a damaged file; which exception is the business of the format, so each one counts.
    """
    for candidate in (path, previous(path)):
        if candidate.is_file():
            try:
                return read(candidate)
            except Exception as error:  # a damaged file is what the one before is kept for
                _LOG.warning("%s is damaged (%s); looking at the one before", candidate.name, error)
    return None


def previous(path: Path) -> Path:
    """Where the file before the newest is kept."""
    return _beside(path, ".prev")


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
