"""One picture's answer, preprocessing included, against ``transformers.pipeline`` with its defaults."""

import torch
from transformers import pipeline

from benchmarks.lines import Line, at_least, interleaved
from core.data import samples
from core.models import MODELS_BY_SLUG, hub
from core.models.image_classifier import ImageClassifier

CALLS = 20


def measure() -> list[Line]:
    """Both answer the same sample picture; the logits must agree to 1e-3."""
    torch.set_num_threads(1)
    card = MODELS_BY_SLUG["efficientnet-lite0"]
    image = samples.load_image(samples.SAMPLES_BY_SLUG["cat"])
    classifier = ImageClassifier.load(card)
    theirs = pipeline("image-classification", model=str(hub.locate(card)), device="cpu")
    difference = _difference(classifier, theirs, image)
    assert difference < 1e-3, f"logits differ by {difference}"
    ours, reference = interleaved(
        lambda: [classifier.predict(image) for _ in range(CALLS)], lambda: [theirs(image) for _ in range(CALLS)], 7
    )
    note = f"EfficientNet-lite0, one thread; greatest difference of a logit {difference:.0e}"
    return [at_least("vision-single", 1000 * ours / CALLS, 1000 * reference / CALLS, "ms", 1.3, note)]


def _difference(classifier: ImageClassifier, theirs, image) -> float:
    answer = theirs(image, top_k=len(classifier.labels), function_to_apply="none")
    by_label = {row["label"]: row["score"] for row in answer}
    names = classifier.model.config.id2label
    reference = torch.tensor([by_label[names[i]] for i in range(len(names))])
    return float((classifier.predict(image).logits - reference).abs().max())
