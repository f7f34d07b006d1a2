"""Many picture files as labelled pictures: each is reduced when it is read, so memory grows by small pictures only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.config import Limits
from core.data.columns import several_labels
from core.data.images import read_image
from core.data.labelled import LabelledImages, encode, index_label_sets, index_labels
from core.data.packed import Packing
from core.data.tables import read_table
from core.data.texts import clean_label
from core.errors import PlaygroundError

LAYOUT = (
    "put the pictures of each class into a folder named after it, such as cat/1.jpg and dog/1.jpg, "
    "or add a table labels.csv with the columns file and labels"
)
LIST = "labels.csv"  # beside the pictures: which classes each file has
IGNORED = {"__macosx", ".ds_store", "thumbs.db", "desktop.ini"}
NO_CLASS = "not in a class folder"


@dataclass(frozen=True)
class Archive:
    """What a zip or a folder held.

    Attributes:
        data: the readable pictures, reduced to 256 pixels.
        skipped: (file, why) of what was left out.
        notices: a sentence each.
    """

    data: LabelledImages
    skipped: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()


def ignored(path: PurePosixPath) -> bool:
    """Whether a file is what operating systems leave behind, not a visitor's."""
    return any(part in IGNORED or part.startswith("._") for part in (p.lower() for p in path.parts))


def picture_list(data: bytes, limits: Limits) -> dict[str, tuple[str, ...]]:
    """File → its classes, from the table beside the pictures; several classes are separated by bars or semicolons.

    Raises:
        PlaygroundError: not a table, or without the columns.
    """
    table = read_table(data, limits)
    names = [name.casefold() for name in table.columns]
    file = next((i for i, name in enumerate(names) if name in {"file", "file_name", "filename", "image"}), None)
    labels = next((i for i, name in enumerate(names) if name in {"labels", "label", "class", "classes"}), None)
    if file is None or labels is None:
        found = ", ".join(table.columns[:5])
        raise PlaygroundError(f"{LIST} needs the columns file and labels, and has {found}; rename them.")
    return {row[file].strip().replace("\\", "/"): several_labels(row[labels]) for row in table.rows}


def gather(
    files: Iterable[tuple[PurePosixPath, bytes]],
    limits: Limits,
    side: int,
    listed: dict[str, tuple[str, ...]] | None = None,
    packing: Packing | None = None,
) -> Archive:
    """The readable pictures among ``files`` (path, content), of the class that their folder or ``listed`` names.

    They are kept in memory, or on disk where ``packing`` is given.

    Raises:
        PlaygroundError: there is no readable picture with a class.
    """
    examples: list[bytes] | Packing = [] if packing is None else packing
    classes: list[tuple[str, ...]] = []
    names: list[str] = []
    skipped: list[tuple[str, str]] = []
    seen, adapted = 0, 0
    for path, content in files:
        seen += 1
        shown = clean_label(path.name) or f"file {seen}"
        words = _words(path, listed)
        if not words:
            skipped.append((shown, NO_CLASS if listed is None else f"not in {LIST}"))
            continue
        name = f"{words[0]}/{shown}" if listed is None else shown
        try:
            picture = read_image(content, limits, max_side=side)
        except PlaygroundError as error:
            skipped.append((name, str(error)))
            continue
        adapted += bool(picture.notices)
        examples.append(encode(picture.image, side))
        classes.append(words)
        names.append(name)
    if not len(examples):
        raise PlaygroundError(_nothing(seen, skipped))
    kept = tuple(examples) if isinstance(examples, list) else examples.packed()
    return Archive(_labelled(kept, classes, names), tuple(skipped), tuple(_notices(skipped, adapted)))


def _words(path: PurePosixPath, listed: dict[str, tuple[str, ...]] | None) -> tuple[str, ...]:
    if listed is None:
        return tuple(filter(None, [clean_label(path.parent.name)]))
    ends = ("/".join(path.parts[at:]) for at in range(len(path.parts)))  # a zip may have one folder around all
    return next((listed[end] for end in ends if end in listed), ())


def _labelled(examples: Sequence[bytes], classes: list[tuple[str, ...]], names: list[str]) -> LabelledImages:
    if any(len(words) > 1 for words in classes):
        labels, targets, sets = index_label_sets(classes)
        return LabelledImages(examples, targets, labels, tuple(names), target_sets=sets)
    labels, targets = index_labels([word for (word,) in classes])
    return LabelledImages(examples, targets, labels, tuple(names))


def _nothing(seen: int, skipped: list[tuple[str, str]]) -> str:
    if not seen:
        return f"There are no pictures: {LAYOUT}."
    if all(why == NO_CLASS for _, why in skipped):
        return f"The files are not in class folders: {LAYOUT}."
    name, why = next(((n, w) for n, w in skipped if w != NO_CLASS), skipped[0])
    return f"None of the {seen:,} files is a readable picture; the first, {name}, says: {why}"


def _notices(skipped: list[tuple[str, str]], adapted: int) -> list[str]:
    notices = []
    if skipped:
        names = ", ".join(name for name, _ in skipped[:3]) + (" …" if len(skipped) > 3 else "")
        count = f"{len(skipped):,} file was" if len(skipped) == 1 else f"{len(skipped):,} files were"
        notices.append(f"{count} left out: {names}.")
    if adapted:
        count = "1 picture was" if adapted == 1 else f"{adapted:,} pictures were"
        notices.append(f"{count} adapted (animation, transparency, print colours, grey levels or size).")
    return notices
