"""A visitor's CSV as rows of words, or one sentence that says why not; and CSV that is safe to open in a spreadsheet.

Cells stay strings: "NA", "None" and "null" are words here, and only the visitor knows which column is a number.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.config import Limits
from core.data.texts import clean_label
from core.errors import PlaygroundError

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_MB = 1024 * 1024
_SNIFFED_ROWS = 50
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Table:
    """Rows of cells, each row as long as ``columns``; what is missing is an empty string.

    Attributes:
        lines: the line of the file at which each row begins, counted from 1.
        notices: what was adapted, a sentence each.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> tuple[str, ...]:
        """The cells of one column."""
        at = self.columns.index(name)
        return tuple(row[at] for row in self.rows)

    def frame(self) -> "pd.DataFrame":
        """The same as a frame of strings."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.columns), dtype=object)


def read_table(data: bytes, limits: Limits | None = None, *, header: bool = True) -> Table:
    """Read comma-, semicolon-, tab- or bar-separated text in UTF-8, UTF-16 or Windows-1252.

    Args:
        header: whether the first row holds the names of the columns.

    Raises:
        PlaygroundError: empty, too large, another kind of file, or rows that do not fit; with the line's number.
    """
    limits = limits or Limits.from_env()
    _check_bytes(data, limits)
    text, notices = decoded(data)
    separator = _separator(text)
    rows, lines = _rows(text, separator, limits)
    if not rows:
        raise PlaygroundError("The file is empty; it needs a row of column names and a row per example.")
    head = rows[0] if header else tuple(f"column {i + 1}" for i in range(max(map(len, rows))))
    if header:
        rows, lines = rows[1:], lines[1:]
    if limits.table_columns and len(head) > limits.table_columns:
        raise PlaygroundError(
            f"The table has {len(head):,} columns and the limit is {limits.table_columns:,}; keep those you need."
        )
    if not rows:
        raise PlaygroundError("The file has a header but no rows; add a row per example.")
    fitted, short = _fitted(rows, lines, len(head))
    if short:
        notices.append(
            f"{short:,} {'row has' if short == 1 else 'rows have'} fewer cells than the header; the rest is empty."
        )
    columns, renamed = unique_names(head)
    notices += renamed
    if header and _looks_like_data(columns, fitted):
        notices.append('The first row looks like data; switch "first row holds names" off if it is.')
    return Table(columns, tuple(fitted), tuple(lines), tuple(notices))


def safe_csv(frame: "pd.DataFrame") -> bytes:
    """``frame`` as CSV in which no text is taken for a formula: numbers stay, words that begin one get a quote mark."""
    safe = frame.rename(columns=lambda name: _defused(str(name)))
    for at, dtype in enumerate(safe.dtypes):
        if dtype.kind not in "biufcmM":  # pyright: ignore[reportAttributeAccessIssue]
            safe.isetitem(at, [_defused(v) if isinstance(v, str) else v for v in safe.iloc[:, at]])
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig", errors="replace")


def _defused(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) or cell.startswith(_FORMULA) else cell


def check_table_size(data: bytes, limits: Limits) -> None:
    """Raise a `PlaygroundError` for a table of too many bytes."""
    if limits.table_mb and len(data) > limits.table_mb * _MB:
        raise PlaygroundError(
            f"The table has {len(data) / _MB:.0f} MB and the limit is {limits.table_mb} MB; upload a part of it."
        )


def _check_bytes(data: bytes, limits: Limits) -> None:
    check_table_size(data, limits)
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    said = ""
    if data.startswith(b"PK\x03\x04"):
        said = "an Excel or zip file" if b"xl/" not in data[:4000] else "an Excel file"
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        said = "an old Excel file"
    elif start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        said = "a web page"
    elif start.startswith((b'{"', b"{'", b'[{"', b"[[", b"{\n", b"[\n", b"{\r", b"[\r", b"[ {", b'{ "')):
        said = "JSON"
    elif data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"PAR1", b"BZh", b"7z\xbc\xaf")):
        said = "a binary file"
    if said:
        raise PlaygroundError(f"This is {said}, not a table of text: save it as CSV (UTF-8) and upload that.")


def decoded(data: bytes) -> tuple[str, list[str]]:
    """The letters of ``data``, and a sentence where the encoding had to be guessed.

    Raises:
        PlaygroundError: damaged, or not text.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32")):
        if data.startswith(mark):
            return _strictly(data, encoding), []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(data, "utf-16"), []
    even, odd = data[:2000:2].count(0), data[1:2000:2].count(0)
    if max(even, odd) > 0.3 * min(1000, len(data) / 2):  # Latin text in two bytes each, without a byte-order mark
        return _strictly(data, "utf-16-le" if odd > even else "utf-16-be"), []
    try:
        return _whole(data.decode("utf-8")), []
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return _whole(text), [
        "The file is not UTF-8; it was read as Windows-1252. Check that letters with accents look right."
    ]


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return _whole(data.decode(encoding))
    except UnicodeError:
        raise PlaygroundError("The file's letters are damaged: save it as CSV (UTF-8) and upload that.") from None


def _whole(text: str) -> str:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise PlaygroundError(
            f"Line {line:,} holds a NUL byte, so this is not a table of text: save it as CSV (UTF-8)."
        )
    return text.lstrip("\ufeff")


def _separator(text: str) -> str:
    """The separator under which most rows have as many cells as the first; a comma if there is only one column."""
    best, score = ",", (0.0, 0)
    for separator in SEPARATORS:
        widths = []
        try:
            for row in csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=separator):
                if any(cell.strip() for cell in row):
                    widths.append(len(row))
                if len(widths) >= _SNIFFED_ROWS:
                    break
        except csv.Error:  # told with its line by the real reading
            pass
        if widths and widths[0] > 1:
            found = (sum(w == widths[0] for w in widths) / len(widths), widths[0])
            if found > score:
                best, score = separator, found
    return best


def _rows(text: str, separator: str, limits: Limits) -> tuple[list[tuple[str, ...]], list[int]]:
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for line, row in _parsed(text, separator):
        if not any(cell.strip() for cell in row):
            continue
        rows.append(tuple(row))
        lines.append(line)
        if limits.table_rows and len(rows) > limits.table_rows + 1:
            raise PlaygroundError(
                f"The table has more than {limits.table_rows:,} rows, the limit; upload a random part of it."
            )
    return rows, lines


def _parsed(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line at which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise PlaygroundError(_trouble(str(error), line, separator)) from None


def _trouble(error: str, line: int, separator: str) -> str:
    if "unexpected end" in error:
        return f"Line {line:,}: a quote is opened and never closed; close it, or double the quotes inside a text."
    if "field larger" in error:
        limit = csv.field_size_limit()
        return f"Line {line:,}: a cell has more than {limit:,} characters, or its quote is never closed; shorten it."
    if "expected after" in error:
        name = SEPARATORS[separator]
        return f"Line {line:,}: a quote ends in the middle of a cell; double the quotes inside a text, or add a {name}."
    return f"Line {line:,} cannot be read as part of a table; save the file as CSV (UTF-8) again."


def _fitted(rows: list[tuple[str, ...]], lines: list[int], width: int) -> tuple[list[tuple[str, ...]], int]:
    fitted, short = [], 0
    for row, line in zip(rows, lines, strict=True):
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            raise PlaygroundError(
                f"Line {line:,} has {len(row)} cells where the first row has {width}; put quotes around texts that"
                " hold the separator."
            )
        short += len(row) < width
        fitted.append((*row[:width], *[""] * (width - len(row))))
    return fitted, short


def unique_names(head: tuple[str, ...]) -> tuple[tuple[str, ...], list[str]]:
    """Column names, unique and not empty, and a sentence for each that had to be renamed."""
    names: list[str] = []
    said: list[str] = []
    seen: Counter[str] = Counter()
    for at, raw in enumerate(head):
        name = clean_label(raw) or f"column {at + 1}"
        seen[name] += 1
        unique, copy = name, seen[name]
        while unique in names:
            unique = f"{name} ({copy})"
            copy += 1
        if unique != name:
            said.append(f"Two columns are called {name}; the second is shown as {unique}.")
        names.append(unique)
    return tuple(names), said[:3]


def _looks_like_data(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> bool:
    """Whether a name is a number, or comes back as a value of its own column."""
    first = rows[:500]
    return any(
        name.replace(".", "", 1).lstrip("-").isdigit() or sum(row[at] == name for row in first) > 1
        for at, name in enumerate(columns)
    )
