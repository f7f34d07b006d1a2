"""What the attribution benchmarks share: the picture, the starter network both ways, whether two maps are equal."""

from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks.lines import Line, at_least, interleaved
from core.device import share_machine
from core.models import MODELS_BY_SLUG, hub
from core.models.image_classifier import ImageClassifier

PICTURE = Path(__file__).resolve().parent.parent / "core" / "data" / "assets" / "cat.jpg"
CARD = MODELS_BY_SLUG["efficientnet-lite0"]
EQUAL = 1e-3  # largest difference, as a share of the largest value


def subject() -> tuple[ImageClassifier, Tensor, int]:
    """The starter classifier, a picture's pixels, and the class that it finds there; memory as the app has it."""
    share_machine()
    classifier = ImageClassifier.load(CARD)
    picture = Image.open(PICTURE).convert("RGB")
    return classifier, classifier.pixels(picture), classifier.predict(picture).targets[0]


def plain() -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    """The network as `transformers` loads it, and its logits: what a user hands to Captum."""
    model = hub.load_model(CARD, "AutoModelForImageClassification").eval()
    return model, lambda batch: model(pixel_values=batch).logits


def compared(
    name: str,
    ours: Callable[[], Tensor],
    captums: Callable[[], Tensor],
    goal: float,
    note: str,
    exact: Callable[[], Tensor] | None = None,
) -> list[Line]:
    """Seconds of both, interleaved, and the largest difference of our map to Captum's, or to ``exact``."""
    mine, theirs = interleaved(ours, captums)
    with torch.no_grad():
        reference = (exact or captums)()
        difference = float((ours() - reference).abs().max() / reference.abs().max())
    verdict = f"≤ {EQUAL:g} of the largest value"
    equal = Line(f"{name}-equal", difference, EQUAL, "", difference / EQUAL, verdict, difference <= EQUAL)
    return [at_least(name, mine, theirs, "s", goal, note), equal]
