"""Labelled data sets of the Hugging Face Hub, only those that the operator names in ``PLAY_HUB_DATASETS``.

Only parquet files are fetched and read: tables without code. Class names come from the set's own description of
its columns, which the Hub writes into every parquet file.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from core import config
from core.config import Limits
from core.data.gathering import Archive, gather
from core.data.tables import Table
from core.data.texts import clean_label
from core.errors import PlaygroundError, Unavailable

if TYPE_CHECKING:
    from pyarrow import Schema

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
_CONVERTED = "refs/convert/parquet"  # the branch where the Hub keeps every public set as parquet
MOST_MB = 500
_MB = 1_000_000
_BATCH = 64


def allowed() -> tuple[str, ...]:
    """The ids that the operator allows; none by default."""
    ids = (word.strip() for word in os.environ.get("PLAY_HUB_DATASETS", "").split(","))
    return tuple(dict.fromkeys(one for one in ids if _ID.fullmatch(one) and ".." not in one))


def fetch(set_id: str) -> Path:
    """The folder with the set's training part as parquet files, fetched once.

    Raises:
        PlaygroundError: not among the allowed ids, or too large.
        Unavailable: the Hub does not answer, or does not have it.
    """
    if set_id not in allowed():
        raise PlaygroundError(f"The data set {set_id[:60]!r} is not among those that this server offers.")
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        info = HfApi().dataset_info(set_id, revision=_CONVERTED, files_metadata=True, timeout=10)
        files = training_files({one.rfilename: one.size or 0 for one in info.siblings or ()})
        return Path(
            snapshot_download(
                set_id,
                repo_type="dataset",
                revision=_CONVERTED,
                allow_patterns=list(files),
                cache_dir=config.home() / "cache" / "datasets",
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError):
        raise Unavailable(
            f"The data set {set_id!r} cannot be fetched from the Hub now; use your own file or a set that is here."
        ) from None


def training_files(sizes: dict[str, int]) -> tuple[str, ...]:
    """The parquet files of the first configuration's training part, of those that a repository holds (name → bytes).

    Raises:
        PlaygroundError: there is none, or together they are too large.
    """
    parquet = sorted(name for name in sizes if name.endswith(".parquet") and ".." not in name)
    train = [name for name in parquet if "train" in PurePosixPath(name).parent.name]
    if not train:
        raise PlaygroundError("The data set has no training part as parquet; choose another.")
    first = PurePosixPath(train[0]).parts[0]
    chosen = tuple(name for name in train if PurePosixPath(name).parts[0] == first)
    if (size := sum(sizes[name] for name in chosen)) > MOST_MB * _MB:
        raise PlaygroundError(f"The data set has {size / _MB:,.0f} MB and the limit is {MOST_MB} MB; choose another.")
    return chosen


def read_folder(folder: Path, limits: Limits | None = None) -> Table | Archive:
    """A folder of parquet files as labelled pictures where a column holds pictures, else as a table.

    Of a large set rows are taken evenly over its whole length, as many as the limits allow, since sets are often
    sorted by class.

    Raises:
        PlaygroundError: no parquet file, a damaged one, or columns that cannot be used.
    """
    from pyarrow import ArrowException

    limits = limits or Limits.from_env()
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        raise PlaygroundError("The data set has no parquet file; choose another.")
    try:
        return _read(files, limits)
    except (ArrowException, OSError):
        raise PlaygroundError("The data set's files are damaged; choose another.") from None


def _read(files: list[Path], limits: Limits) -> Table | Archive:
    from pyarrow import parquet, types

    schema = parquet.read_schema(files[0])
    names = _class_names(schema)
    picture = next((f.name for f in schema if types.is_struct(f.type) and "bytes" in {g.name for g in f.type}), None)
    if picture is None:
        kept = [f.name for f in schema if types.is_primitive(f.type) or types.is_string(f.type) or f.name in names]
        rows = list(_rows(files, kept, limits.finetune_texts))
        cells = tuple(tuple(_cell(row[name], names.get(name)) for name in kept) for row in rows)
        return Table(tuple(clean_label(name) or "column" for name in kept), cells, tuple(range(1, len(rows) + 1)))
    if not names:
        raise PlaygroundError("The data set does not name the classes of its pictures; choose another.")
    label = next(iter(names))
    pictures = (
        (PurePosixPath(_cell(row[label], names[label]).replace("/", "-")) / f"row {at}", row[picture]["bytes"])
        for at, row in enumerate(_rows(files, [picture, label], limits.finetune_images), 1)
        if row[picture] and row[picture]["bytes"]
    )
    return gather(pictures, limits, 256)


def _class_names(schema: "Schema") -> dict[str, list[str]]:
    """Column → names of its classes, from the description that the Hub keeps in the file."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        return {
            name: [str(word) for word in kind["names"]]
            for name, kind in features.items()
            if isinstance(kind, dict) and kind.get("_type") == "ClassLabel"
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _rows(files: list[Path], names: list[str], most: int) -> Iterator[dict[str, Any]]:
    from pyarrow import parquet

    opened = [parquet.ParquetFile(file) for file in files]
    total = sum(one.metadata.num_rows for one in opened)
    step = max(total / most, 1.0) if most else 1.0
    row, wanted = 0, 0.0
    for one in opened:
        for batch in one.iter_batches(_BATCH, columns=names):
            at = []
            while wanted < row + batch.num_rows:
                at.append(int(wanted) - row)
                wanted += step
            yield from batch.take(at).to_pylist() if at else ()
            row += batch.num_rows


def _cell(value: Any, names: list[str] | None) -> str:
    if names is not None and isinstance(value, int):
        return names[value] if 0 <= value < len(names) else ""
    return "" if value is None else str(value)
