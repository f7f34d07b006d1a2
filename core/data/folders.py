"""A folder of class folders on this machine as labelled pictures: what a zip holds, without the zip."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from core.config import Limits
from core.data.gathering import LAYOUT, LIST, Archive, gather, ignored, picture_list
from core.data.packed import Packing
from core.errors import PlaygroundError


def read_folder(
    folder: Path,
    limits: Limits | None = None,
    *,
    side: int = 256,
    told: Callable[[float], None] | None = None,
    packing: Packing | None = None,
) -> Archive:
    """Read the pictures in ``folder``, one at a time, by the class folders that they are in or by its ``labels.csv``.

    Args:
        side: pixels that the longer side of a picture is reduced to.
        told: hears the fraction that is read.
        packing: where the reduced pictures go, so that a folder of any size can be read; else they stay in memory.

    Raises:
        PlaygroundError: no such folder, a bad ``labels.csv``, or no pictures with a class.
    """
    limits = limits or Limits.from_env()
    if not folder.is_dir():
        raise PlaygroundError(f"There is no folder {folder.name[:60]!r}; {LAYOUT}.")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    found = [(path, PurePosixPath(path.relative_to(folder).as_posix())) for path in paths]
    wanted = [(path, name) for path, name in found if name.name != LIST and not ignored(name)]
    table = folder / LIST
    listed = picture_list(table.read_bytes(), limits) if table.is_file() else None

    def files() -> Iterator[tuple[PurePosixPath, bytes]]:
        for done, (path, name) in enumerate(wanted):
            yield name, path.read_bytes()
            if told:
                told((done + 1) / len(wanted))

    return gather(files(), limits, side, listed, packing)
