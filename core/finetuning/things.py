"""Things that a model was taught: their cut-outs lie beside its weights. Light to import."""

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from core.models import ModelCard

_NAME = "thing-{}.png"


def of(card: ModelCard) -> dict[str, Image.Image]:
    """The cut-outs, RGBA, of what ``card`` was taught, by name; the last of each where several were given."""
    return {name: pictures[-1] for name, pictures in all_of(card).items()}


def all_of(card: ModelCard) -> dict[str, list[Image.Image]]:
    """Every cut-out of what ``card`` was taught, by name."""
    if card.folder is None:
        return {}
    return read(card.folder, card.labels)


def read(folder: Path, labels: tuple[str, ...]) -> dict[str, list[Image.Image]]:
    """The cut-outs in ``folder`` by the names that ``labels`` give to their numbers."""
    found: dict[str, list[Image.Image]] = {}
    for number, label in enumerate(labels):
        for file in sorted(folder.glob(_NAME.format(f"{number}-*"))):
            with Image.open(file, formats=("PNG",)) as opened:
                found.setdefault(label, []).append(opened.convert("RGBA"))
    return found


def write(folder: Path, taught: Mapping[int, list[Image.Image]]) -> None:
    """Put the cut-outs of each class's number into ``folder``."""
    for number, pictures in taught.items():
        for at, picture in enumerate(pictures):
            picture.save(folder / _NAME.format(f"{number}-{at}"))
