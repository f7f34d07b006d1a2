"""Finished models as rows for the pickers; light, since every page asks."""

from collections.abc import Iterable
from pathlib import Path

from core.errors import PlaygroundError
from core.finetuning.report import Report
from core.models import ModelCard, own
from core.models.catalog import IMAGE_CLASSIFICATION, TEXT_CLASSIFICATION

_MB = 1_000_000
_NAMED = 5  # classes that a card's sentence names
_LONGEST = 80  # characters of a title


def own_cards(folders: Iterable[Path]) -> tuple[ModelCard, ...]:
    """The models in these jobs' folders, in their order; a folder without one, or with a damaged one, is left out."""
    found = []
    for folder in folders:
        model = folder / "result" / "model"
        if not (model / own.CARD_FILE).is_file() or not (model / "model.safetensors").is_file():
            continue
        try:
            found.append(own.read_card(model))
        except PlaygroundError:  # a damaged card: the model cannot be offered, which is all that a picker needs to know
            continue
    return tuple(found)


def slug_of(folder: Path) -> str:
    """The name in URLs of the model that the job in ``folder`` made."""
    return f"own-{folder.name[:8]}"


def save_card(model: Path, base: ModelCard, report: Report, slug: str) -> ModelCard:
    """Write the row of the model in the folder ``model``."""
    classes = ", ".join(label[:30] for label in report.labels[:_NAMED])
    more = f" and {len(report.labels) - _NAMED} more" if len(report.labels) > _NAMED else ""
    learned = report.counts["train"] + report.counts["val"]
    card = ModelCard(
        slug=slug,
        title=report.title[:_LONGEST],
        task=IMAGE_CLASSIFICATION if report.kind == "image" else TEXT_CLASSIFICATION,
        hub_id=base.hub_id,
        revision=None,
        revision_source="yours",
        licence=base.licence,
        parameters=report.total_parameters,
        megabytes=round((model / "model.safetensors").stat().st_size / _MB),
        about=f"{base.title} after {learned} examples: {report.accuracy:.0%} of {report.held_out} others right.",
        limits=f"It knows {len(report.labels)} classes and picks one of them for anything: {classes}{more}.",
        folder=model,
        labels=report.labels,
    )
    own.save_card(model, card)
    return card
