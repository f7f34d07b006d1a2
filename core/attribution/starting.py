"""What a method starts from, shown: the "nothing here" picture, and what the model says of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

from core.attribution.baselines import baseline_of

if TYPE_CHECKING:
    from core.models.image_classifier import ImageClassifier


@dataclass(frozen=True)
class Start:
    """A baseline.

    Attributes:
        image: how it looks.
        logit, prob: of the explained class, when the model sees it.
        rise: by how much the picture's own logit is higher: what a complete map adds up to.
    """

    image: Image.Image
    logit: float
    prob: float
    rise: float


def start_of(
    classifier: "ImageClassifier", pixels: Tensor, target: int, name: str = "black", own: Tensor | None = None
) -> Start:
    """The baseline called ``name`` of ``pixels (1, 3, H, W)``, or the visitor's ``own`` pixels."""
    start = baseline_of(pixels, name, classifier.mean, classifier.std) if own is None else own
    of_start, of_picture = classifier.logits(torch.cat([start, pixels])).float().cpu()
    prob = float(of_start.softmax(0)[target])
    logit = float(of_start[target])
    return Start(classifier.denormalise(start), logit, prob, float(of_picture[target]) - logit)
