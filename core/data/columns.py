"""Labelled texts from two columns of a table."""

import re

from core.config import Limits
from core.data.labelled import LabelledTexts, index_label_sets, index_labels
from core.data.tables import Table
from core.data.texts import clean_label, strip_unsafe
from core.errors import PlaygroundError

_TEXT_NAMES = ("text", "sentence", "review", "message", "content", "comment")
_LABEL_NAMES = ("label", "labels", "target", "class", "category", "sentiment")

SEPARATOR = "|"  # between the classes of an example that has several; a semicolon is read too


def several_labels(cell: str) -> tuple[str, ...]:
    """The classes that a cell names, ``sad|funny`` or ``sad; funny``, each once."""
    return tuple(dict.fromkeys(filter(None, (clean_label(part) for part in re.split(r"[|;]", cell)))))


def holds_several(table: Table, label_column: str) -> bool:
    """Whether a column looks as if its cells name several classes: parts of its cells come back in other cells."""
    if label_column not in table.columns:
        return False
    cells = [set(several_labels(cell)) for cell in table.column(label_column)[:2000]]
    together = sum(len(cell) > 1 for cell in cells)
    classes = len(set().union(*cells))
    return together > 1 and classes < sum(map(len, cells)) / 2


def guess(table: Table) -> tuple[str, str]:
    """The likeliest text and label columns: by their usual names, else the longest, and that with fewest values."""
    by_name = {name.casefold(): name for name in reversed(table.columns)}
    text = next((by_name[name] for name in _TEXT_NAMES if name in by_name), None)
    label = next((by_name[name] for name in _LABEL_NAMES if name in by_name), None)
    sample = table.rows[:500]
    if text is None:
        rest = [i for i, name in enumerate(table.columns) if name != label]
        text = table.columns[max(rest, key=lambda i: sum(len(row[i]) for row in sample))] if rest else table.columns[0]
    if label is None:
        rest = [i for i, name in enumerate(table.columns) if name != text]
        label = table.columns[min(rest, key=lambda i: len({row[i] for row in sample}))] if rest else text
    return text, label


def labelled(
    table: Table, text_column: str, label_column: str, limits: Limits | None = None, *, several: bool = False
) -> tuple[LabelledTexts, tuple[str, ...]]:
    """The texts of one column with the classes of another, and what was left out or cut, a sentence each.

    Args:
        several: cells name all classes of a text, with bars or semicolons between them (multi-label).

    Raises:
        PlaygroundError: the columns are the same or unknown, or no row has both.
    """
    limit = (limits or Limits.from_env()).text_chars
    for column in (text_column, label_column):
        if column not in table.columns:
            raise PlaygroundError(f"There is no column called {clean_label(column)!r}; choose one of the table's.")
    if text_column == label_column:
        raise PlaygroundError("Text and label are the same column; choose two different ones.")
    kept, cut = [], 0
    for text, cell, line in zip(table.column(text_column), table.column(label_column), table.lines, strict=True):
        cut += bool(limit) and len(text) > limit
        text = strip_unsafe(text[:limit] if limit else text).strip()
        words = several_labels(cell) if several else tuple(filter(None, [clean_label(cell)]))
        if text and words:
            kept.append((text, words, f"line {line}"))
    if not kept:
        raise PlaygroundError(
            f"No row has both a text in {clean_label(text_column)!r} and a label in {clean_label(label_column)!r};"
            " choose other columns."
        )
    notices = []
    if blank := len(table) - len(kept):
        rows = "row has" if blank == 1 else "rows have"
        notices.append(f"{blank:,} {rows} no text or no label and will be left out.")
    if cut:
        notices.append(f"{cut:,} {'text is' if cut == 1 else 'texts are'} cut to {limit:,} characters.")
    texts, words, names = zip(*kept, strict=True)
    if several:
        classes, targets, sets = index_label_sets(words)
        return LabelledTexts(texts, targets, classes, names, target_sets=sets), tuple(notices)
    classes, targets = index_labels([one for (one,) in words])
    return LabelledTexts(texts, targets, classes, names), tuple(notices)
