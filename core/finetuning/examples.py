"""Labelled examples out of a table, and into a file that a job reads back."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.config import Limits
from core.data.labelled import Labelled, LabelledImages, LabelledTexts, index_labels
from core.data.tables import Table
from core.data.texts import clean_label, strip_unsafe
from core.errors import PlaygroundError

FILE = "examples.npz"


def texts_from_table(
    table: Table, text_column: str, label_column: str, limits: Limits | None = None
) -> tuple[LabelledTexts, tuple[str, ...]]:
    """Labelled texts from two columns, and what was left out or changed, a sentence each.

    Raises:
        PlaygroundError: the columns are the same or unknown, or no row has both.
    """
    limits = limits or Limits.from_env()
    for column in (text_column, label_column):
        if column not in table.columns:
            raise PlaygroundError(f"There is no column called {clean_label(column)!r}; choose one of the table's.")
    if text_column == label_column:
        raise PlaygroundError("Text and label are the same column; choose two different ones.")
    kept, cut = [], 0
    pairs = zip(table.column(text_column), table.column(label_column), table.lines, strict=True)
    for text, label, line in pairs:
        text = strip_unsafe(text[: limits.text_chars or None]).strip()
        cut += bool(limits.text_chars) and len(text) >= limits.text_chars
        if text and clean_label(label):
            kept.append((text, label, f"line {line}"))
    notices = []
    if blank := len(table) - len(kept):
        notices.append(
            f"{blank:,} {'row has' if blank == 1 else 'rows have'} no text or no label and will be left out."
        )
    if cut:
        notices.append(f"{cut:,} {'text is' if cut == 1 else 'texts are'} cut to {limits.text_chars:,} characters.")
    if not kept:
        raise PlaygroundError(
            f"No row has both a text in {clean_label(text_column)!r} and a label in {clean_label(label_column)!r};"
            " choose other columns."
        )
    labels, targets = index_labels([label for _, label, _ in kept])
    texts, names = tuple(text for text, _, _ in kept), tuple(name for _, _, name in kept)
    return LabelledTexts(texts, targets, labels, names), tuple(notices)


def guess_columns(table: Table) -> tuple[str, str]:
    """The likeliest text and label columns: by their usual names, else the longest and the one with fewest values."""
    names = {name.casefold(): name for name in table.columns}
    text = next((names[n] for n in ("text", "sentence", "review", "message", "content") if n in names), None)
    label = next(
        (names[n] for n in ("label", "labels", "target", "class", "category", "sentiment") if n in names), None
    )
    sample = table.rows[:500]
    if text is None:
        rest = [i for i, name in enumerate(table.columns) if name != label]
        text = table.columns[max(rest, key=lambda i: sum(len(row[i]) for row in sample))] if rest else table.columns[0]
    if label is None:
        rest = [i for i, name in enumerate(table.columns) if name != text]
        label = table.columns[min(rest, key=lambda i: len({row[i] for row in sample}))] if rest else text
    return text, label


def pack(data: Labelled) -> bytes:
    """``data`` as one file without pickles: contents end to end, with where each ends."""
    contents = [e.encode() if isinstance(e, str) else e for e in data.examples]
    buffer = io.BytesIO()
    np.savez(
        buffer,
        kind=np.array(data.kind),
        blob=np.frombuffer(b"".join(contents), dtype=np.uint8),
        ends=np.cumsum([len(c) for c in contents], dtype=np.int64),
        targets=np.array(data.targets, dtype=np.int64),
        labels=np.array(data.labels, dtype=np.str_),
        names=np.array(data.names, dtype=np.str_),
        concepts=np.array(data.concepts, dtype=np.str_),
    )
    return buffer.getvalue()


def unpack(file: Path) -> Labelled:
    """What `pack` wrote.

    Raises:
        PlaygroundError: the file is gone or damaged.
    """
    try:
        with np.load(file, allow_pickle=False) as archive:
            parts = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError):
        raise PlaygroundError("The examples of this job are gone or damaged; start a new one.") from None
    blob = parts["blob"].tobytes()
    ends = parts["ends"].tolist()
    contents = [blob[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    labels, names, concepts = (tuple(map(str, parts[name])) for name in ("labels", "names", "concepts"))
    targets = tuple(int(target) for target in parts["targets"])
    if str(parts["kind"]) == "image":
        return LabelledImages(tuple(contents), targets, labels, names, concepts)
    return LabelledTexts(tuple(c.decode() for c in contents), targets, labels, names, concepts)


def spool(data: Labelled) -> dict[str, bytes]:
    """The input files of a job on ``data``, for `core.jobs.submit`."""
    return {FILE: pack(data)}


def subset(data: Labelled, at: Sequence[int]) -> Labelled:
    """The examples at these positions."""
    return type(data)(
        tuple(data.examples[i] for i in at),  # pyright: ignore[reportArgumentType]
        tuple(data.targets[i] for i in at),
        data.labels,
        tuple(data.names[i] for i in at),
        tuple(data.concepts[i] for i in at) if data.concepts else (),
    )
