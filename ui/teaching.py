"""Teaching a segmenter a new thing."""

from core.models import ModelCard


def show(card: ModelCard) -> None:
    """To come."""
