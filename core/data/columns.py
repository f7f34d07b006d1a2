"""Labelled texts from two columns of a table."""

from core.config import Limits
from core.data.labelled import LabelledTexts, index_labels
from core.data.tables import Table
from core.data.texts import clean_label, strip_unsafe
from core.errors import PlaygroundError

_TEXT_NAMES = ("text", "sentence", "review", "message", "content", "comment")
_LABEL_NAMES = ("label", "labels", "target", "class", "category", "sentiment")


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
    table: Table, text_column: str, label_column: str, limits: Limits | None = None
) -> tuple[LabelledTexts, tuple[str, ...]]:
    """The texts of one column with the classes of another, and what was left out or cut, a sentence each.

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
    for text, label, line in zip(table.column(text_column), table.column(label_column), table.lines, strict=True):
        cut += bool(limit) and len(text) > limit
        text = strip_unsafe(text[:limit] if limit else text).strip()
        if text and clean_label(label):
            kept.append((text, label, f"line {line}"))
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
    texts, labels, names = zip(*kept, strict=True)
    classes, targets = index_labels(labels)
    return LabelledTexts(texts, targets, classes, names), tuple(notices)
