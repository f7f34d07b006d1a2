"""What a run over a whole set has left on disk, read back for a page: its table and its first maps."""

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from core.studies.attribution_batch import MAPS, TABLE

if TYPE_CHECKING:
    import pandas as pd

Words = tuple[tuple[str, float], ...]


def table(folder: Path) -> "pd.DataFrame | None":
    """A row per example, as `core.studies.attribution_batch.run` wrote it; None where the job left none."""
    import pandas as pd

    file = folder / "result" / TABLE
    if not file.is_file():
        return None
    try:
        return pd.read_csv(file)
    except pd.errors.EmptyDataError:  # stopped before the first example
        return None


def maps(folder: Path, most: int) -> dict[int, bytes | Words]:
    """The first ``most`` maps by the number of their row: a PNG, or the words of a text with their credit."""
    file = folder / "result" / MAPS
    if not file.is_file():
        return {}
    with zipfile.ZipFile(file) as archive:
        names = sorted(name for name in archive.namelist() if _is_map(name))[:most]
        return {_row(Path(name)): _map(name, archive.read(name)) for name in names}


def newest(folder: Path, most: int) -> dict[int, bytes | Words]:
    """As `maps`, the newest ones of a job that still runs, in the order of their rows."""
    files = sorted(file for file in (folder / "checkpoint" / "maps").glob("*") if _is_map(f"maps/{file.name}"))
    found: dict[int, bytes | Words] = {}
    for file in files[-most - 1 : -1]:  # the last one may not be written to its end
        found[_row(file)] = _map(file.name, file.read_bytes())
    return found


def _is_map(name: str) -> bool:
    return name.startswith("maps/") and name.endswith((".png", ".csv"))


def _row(file: Path) -> int:
    return int(file.name.split("-", 1)[0]) - 1


def _map(name: str, content: bytes) -> bytes | Words:
    if name.endswith(".png"):
        return content
    import pandas as pd

    read = pd.read_csv(io.BytesIO(content), keep_default_na=False, dtype={"word": str})
    return tuple(zip(read["word"].tolist(), read["credit"].astype(float).tolist(), strict=True))
