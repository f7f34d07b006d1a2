"""The models that finished jobs have left, as rows like those of the catalog."""

from collections.abc import Iterable
from pathlib import Path

from core.errors import PlaygroundError
from core.models.catalog import ModelCard
from core.models.own import CARD_FILE, read_card

MODEL = Path("result") / "model"


def own_cards(folders: Iterable[Path]) -> tuple[ModelCard, ...]:
    """The cards of the models in these job folders, in their order; a job that left none is passed over."""
    cards = []
    for folder in folders:
        if (folder / MODEL / CARD_FILE).is_file():
            try:
                cards.append(read_card(folder / MODEL))
            except PlaygroundError:  # damaged or of another version: not offered, the job's page tells why
                continue
    return tuple(cards)
