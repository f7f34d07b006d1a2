"""The network of a card, ready to learn the classes of some examples."""

from typing import Any

from core.data.labelled import Labelled, LabelledImages, LabelledTexts
from core.errors import PlaygroundError
from core.finetuning.backbone import Backbone
from core.finetuning.image_backbone import ImageBackbone
from core.finetuning.run import PRETRAINED, RANDOM
from core.finetuning.text_backbone import TextBackbone
from core.models import ModelCard
from core.models.catalog import IMAGE_CLASSIFICATION, TEXT_CLASSIFICATION, TEXT_ENCODING


def load(card: ModelCard, data: Labelled, settings: Any, weights: str = PRETRAINED) -> Backbone:
    """The network of ``card``, ready to learn the classes of ``data``; a second or two.

    Args:
        weights: ``pretrained``, or ``random`` for the same network without what it has learned.

    Raises:
        PlaygroundError: this network does not read this kind of example, or there are no such weights.
        Unavailable: it cannot be had on this machine now.
    """
    if weights not in (PRETRAINED, RANDOM):
        raise PlaygroundError(f"There are no weights {weights[:40]!r}; choose {PRETRAINED} or {RANDOM}.")
    if isinstance(data, LabelledImages) and card.task == IMAGE_CLASSIFICATION:
        return ImageBackbone(card, data, settings, weights)
    if isinstance(data, LabelledTexts) and card.task in (TEXT_ENCODING, TEXT_CLASSIFICATION):
        return TextBackbone(card, data, settings, weights)
    kind = "pictures" if isinstance(data, LabelledImages) else "texts"
    raise PlaygroundError(f"{card.title} does not read {kind}; choose a model that does.")
