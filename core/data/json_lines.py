"""A visitor's JSON Lines file (one object a line) as the same rows of words that a CSV gives."""

import json
from typing import Any

from core.config import Limits
from core.data.columns import SEPARATOR
from core.data.tables import Table, check_table_size, decoded, unique_names
from core.errors import PlaygroundError

_WANTED = 'write one object a line, such as {"text": "Great, thank you", "label": "good"}'


def read_json_lines(data: bytes, limits: Limits | None = None) -> Table:
    """Read objects, one a line; what a row lacks is empty, and a list becomes one cell with bars between its parts.

    Raises:
        PlaygroundError: empty, too large, not JSON Lines, or too many rows; with the line's number.
    """
    limits = limits or Limits.from_env()
    check_table_size(data, limits)
    text, notices = decoded(data)
    records: list[dict[str, Any]] = []
    lines: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        records.append(_record(line, number))
        lines.append(number)
        if limits.table_rows and len(records) > limits.table_rows:
            raise PlaygroundError(
                f"The file has more than {limits.table_rows:,} lines, the limit; upload a random part of it."
            )
    if not records:
        raise PlaygroundError(f"The file is empty; {_WANTED}.")
    keys = tuple(dict.fromkeys(key for record in records for key in record))
    if limits.table_columns and len(keys) > limits.table_columns:
        raise PlaygroundError(
            f"The objects have {len(keys):,} different names and the limit is {limits.table_columns:,};"
            " keep those you need."
        )
    columns, renamed = unique_names(keys)
    rows = tuple(tuple(_cell(record.get(key)) for key in keys) for record in records)
    return Table(columns, rows, tuple(lines), (*notices, *renamed))


def _record(line: str, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise PlaygroundError(f"Line {number:,} is not JSON: {_WANTED}.") from None
    if not isinstance(record, dict) or not record:
        raise PlaygroundError(f"Line {number:,} is not an object with names: {_WANTED}.")
    return record


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        return SEPARATOR.join(_cell(part) for part in value)
    return json.dumps(value, ensure_ascii=False)
