"""What simpler things reach on the same held-out examples: the majority class, the network untuned, from scratch."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.data.labelled import Labelled, target_matrix
from core.finetuning.backbone import Backbone
from core.finetuning.feature_cache import FeatureCache
from core.finetuning.metrics import gain_interval, macro_f1, majority_class, predictions, wilson
from core.finetuning.report import Control
from core.finetuning.run import Run
from core.finetuning.split import Split
from core.finetuning.text_backbone import TextBackbone
from core.models.text_classifier import ZERO_SHOT_SCALE

TEMPLATE = "This text is about {}."


class Comparison:
    """A model's answers on its held-out rows, beside which others are put.

    Args:
        probs: ``(H, K)`` of the model.
    """

    def __init__(self, data: Labelled, split: Split, probs: np.ndarray, seed: int) -> None:
        self.data, self.split, self.seed = data, split, seed
        self.truth = target_matrix(data)[list(split.held_out)] > 0
        self.right = self._right(predictions(probs, multi_label=data.multi_label))

    def majority(self) -> Control:
        """Always the most frequent class."""
        k = majority_class(self.data, self.split)
        given = np.broadcast_to(np.arange(len(self.data.labels)) == k, self.truth.shape)
        label = self.data.labels[k]
        return self._control("majority", f"Always {label!r}", given, f"Answers {label!r} to everything.")

    def untuned(self, logits: Tensor | None, *, by_names: bool) -> list[Control]:
        """The network as it came; none where its features are not at hand."""
        if logits is None:
            return []
        given = predictions(logits.softmax(1).numpy(), multi_label=False)
        if by_names:
            says = "The network as it came, which answers the class whose name is nearest in meaning."
            return [self._control("untuned", "Untuned, by the names of the classes", given, says)]
        says = "The network as it came, which answers the class whose mean of features is nearest."
        return [self._control("untuned", "Untuned, by the nearest class", given, says)]

    def scratch(self, probs: np.ndarray) -> Control:
        """The same network trained from random weights."""
        given = predictions(probs, multi_label=self.data.multi_label)
        says = "The same network, strategy and examples, from random weights: the difference is what pretraining gave."
        return self._control("scratch", "From scratch", given, says)

    def _right(self, given: np.ndarray) -> np.ndarray:
        return (given == self.truth).all(1)

    def _control(self, name: str, title: str, given: np.ndarray, says: str) -> Control:
        right = self._right(given)
        low, high = wilson(int(right.sum()), len(right))
        gain_low, gain_high = gain_interval(self.right, right, self.seed)
        share, f1 = float(right.mean()), macro_f1(self.truth, given)
        return Control(name, title, share, low, high, f1, says, gain_low, gain_high)


class Untuned:
    """The network's answers before it learns; made before training, asked for after it."""

    def __init__(self, backbone: Backbone) -> None:
        self.fingerprint, self.keys = backbone.fingerprint, backbone.keys()
        self.width, self.whole = backbone.feature_width, slice(-backbone.width, None)
        self.names: Tensor | None = None
        if isinstance(backbone, TextBackbone):
            sentences = [TEMPLATE.format(label) for label in backbone.data.labels]
            self.names = backbone.features_of(sentences)[:, self.whole]

    def logits(self, run: Run) -> Tensor | None:
        """``(H, K)`` of the held-out rows from the features that training kept; None where they were swept away."""
        known = FeatureCache(self.fingerprint, self.width).get(self.keys)
        if any(key not in known for key in self.keys):
            return None

        def of(rows: Sequence[int]) -> Tensor:
            return torch.stack([known[self.keys[row]][self.whole] for row in rows])

        held_out = of(run.split.held_out)
        if self.names is not None:
            return ZERO_SHOT_SCALE * F.normalize(held_out, dim=1) @ F.normalize(self.names, dim=1).T
        targets = torch.tensor(run.data.targets)[list(run.split.train)]
        return nearest_centre(of(run.split.train), targets, held_out, len(run.data.labels))


def nearest_centre(features: Tensor, targets: Tensor, others: Tensor, classes: int) -> Tensor:
    """``(H, K)``: minus the squared distance of ``others (H, D)`` to each class's mean of ``features (N, D)``."""
    centres = torch.stack([features[targets == k].mean(0) for k in range(classes)])
    return -torch.cdist(others, centres).square().nan_to_num(1e9)  # no mean where a class has no example
