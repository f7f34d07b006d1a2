"""The model before fine-tuning, asked about the same classes: what fine-tuning is compared with."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from core.data.labelled import Labelled, target_matrix
from core.errors import NotFound, PlaygroundError
from core.finetuning import spool
from core.finetuning.report import Report
from core.finetuning.split import Split, split
from core.models import MODELS_BY_SLUG, ModelCard
from core.models.catalog import TEXT_ENCODING
from core.models.text_encoder import MAX_TOKENS

if TYPE_CHECKING:
    from core.finetuning.backbone import Backbone
    from core.models.image_classifier import ImageClassifier
    from core.models.text_classifier import TextClassifier

SHARPNESS = torch.logspace(-4, 4, 81)  # what the distances are multiplied by; the one that fits best is taken


def base_of(report: Report) -> ModelCard:
    """The catalog's model that a run started from.

    Raises:
        NotFound: it started from a visitor's own model, or the catalog has it no more.
    """
    if report.base not in MODELS_BY_SLUG:
        raise NotFound(f"{report.base_title[:40]} is not in the list of models, so there is no before to compare with.")
    return MODELS_BY_SLUG[report.base]


def started_from(job_folder: Path, report: Report) -> ModelCard:
    """The model that the run in ``job_folder`` started from: a visitor's own, if one came along, else the catalog's.

    Raises:
        NotFound: as `base_of`.
    """
    return spool.read_base(job_folder / "inputs", job_folder / "checkpoint" / "base") or base_of(report)


def untuned(base: ModelCard, data: Labelled, report: Report) -> "ImageClassifier | TextClassifier":
    """A classifier over the run's classes from weights that the run has not touched.

    A sentence encoder answers zero-shot: by the names of the classes. Any other network answers with the class whose
    training examples lie nearest on average to what its last layer reads, written as a linear layer, so that logits,
    gradients and maps can be had as from the fine-tuned model.

    Args:
        base: the card that the run started from.
        data: the run's examples.
        report: the run's report; its seed and settings give the same parts.

    Raises:
        Unavailable: ``base`` cannot be had on this machine now.
    """
    from core.finetuning import backbones  # seconds: torch and transformers
    from core.models.text_classifier import zero_shot
    from core.models.text_encoder import TextEncoder

    longest = int(report.settings.get("max_seq_length", MAX_TOKENS))
    if base.task == TEXT_ENCODING and report.weights == backbones.PRETRAINED and not report.multi_label:
        classifier = zero_shot(TextEncoder.load(base), report.labels)
        classifier.max_tokens = min(classifier.max_tokens, longest)  # what the fine-tuned model reads of a text
        return classifier
    settings = SimpleNamespace(seed=report.seed, max_seq_length=longest)
    backbone = backbones.load(base, data, settings, report.weights)
    parts = parts_of(data, report)
    backbone.settle(parts.train)
    features = backbone.at_depth(_features(backbone), backbone.depths[-1])
    targets = torch.from_numpy(target_matrix(data))
    weight, bias = (nearest_sets if report.multi_label else nearest_centres)(
        features[list(parts.train)], targets[list(parts.train)]
    )
    chosen = list(parts.val or parts.train)
    sharpness = fitted(features[chosen] @ weight.T + bias, targets[chosen], several=report.multi_label)
    with torch.no_grad():
        backbone.head.weight.copy_(sharpness * weight)
        backbone.head.bias.copy_(sharpness * bias)
    return _classifier(backbone, base)


def parts_of(data: Labelled, report: Report) -> Split:
    """The parts that the run learned from, chose by and held out."""
    return split(data, seed=report.seed, valid_split=float(report.settings["valid_split"]))


def nearest_centres(features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """``weight (K, D)`` and ``bias (K,)`` whose logits are ``-|f - c_k|²`` but for what all classes share.

    Args:
        features: ``(N, D)``; ``targets (N, K)`` of 0 and 1.
    """
    centres = targets.T @ features / targets.sum(0).clamp(min=1)[:, None]
    return 2 * centres, -centres.square().sum(1)


def nearest_sets(features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """As `nearest_centres` where an example may have several: nearer to those with a class than to those without it?"""
    inside, outside = nearest_centres(features, targets), nearest_centres(features, 1 - targets)
    return inside[0] - outside[0], inside[1] - outside[1]


def fitted(logits: Tensor, targets: Tensor, *, several: bool) -> float:
    """What ``logits (N, K)`` are multiplied by so that their probabilities fit ``targets (N, K)`` best."""

    def loss(sharpness: Tensor) -> float:
        scaled = sharpness * logits
        if several:
            return float(F.binary_cross_entropy_with_logits(scaled, targets))
        return float(-(scaled.log_softmax(1) * targets).sum(1).mean())

    return float(min(SHARPNESS, key=loss))


def _features(backbone: "Backbone") -> Tensor:
    """``(N, F)`` of all examples; what the run has computed already is read back."""
    from core.finetuning.features import features

    steps = features(backbone)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            if end.value is None:
                raise PlaygroundError("The examples could not be read; try again.") from None
            return end.value


def _classifier(backbone: "Backbone", base: ModelCard) -> "ImageClassifier | TextClassifier":
    from core.finetuning.image_backbone import ImageBackbone
    from core.finetuning.text_backbone import TextBackbone
    from core.models.image_classifier import ImageClassifier
    from core.models.text_classifier import TextClassifier

    if isinstance(backbone, ImageBackbone):
        return ImageClassifier(base, backbone.model, backbone.classifier.preprocessing)
    assert isinstance(backbone, TextBackbone)
    classifier = TextClassifier(base, backbone.model, backbone.tokenizer, backbone.data.labels)
    classifier.max_tokens = backbone.max_seq_length
    return classifier
