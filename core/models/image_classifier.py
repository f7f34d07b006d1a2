"""A picture classifier: pixels in, logits out, and the picture as the network sees it."""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor, nn

from core.device import device
from core.models import hub
from core.models.catalog import ModelCard
from core.models.efficientnet import imagenet_labels
from core.models.fusing import quick, sharing_copy
from core.models.preprocessing import Preprocessing
from core.models.slim import slim

if TYPE_CHECKING:
    from transformers import PreTrainedModel

IMAGENET_CLASSES = 1000
# Where Grad-CAM looks, by model type: the last module whose output (B, C, h, w) still has places.
_FEATURE_LAYERS = {
    "efficientnet": "efficientnet.encoder.top_activation",
    "resnet": "resnet.encoder.stages.-1",
    "convnext": "convnext.encoder.stages.-1",
}


@dataclass(frozen=True)
class Prediction:
    """An answer.

    Attributes:
        labels: the names of the likeliest classes, likeliest first.
        probs: their probabilities: softmax over all K classes, or each class by itself in a ``multi_label`` model.
        logits: ``(K,)`` of all classes, in the order of the model.
        seconds: from the picture to the answer.
        targets: class indices of ``labels``.
    """

    labels: tuple[str, ...]
    probs: tuple[float, ...]
    logits: Tensor
    seconds: float
    targets: tuple[int, ...]


class ImageClassifier:
    """A network that tells pictures apart, shared by all visitors.

    Attributes:
        card: its row in the catalog.
        labels: K class names in the order of the logits.
        multi_label: a picture may have several classes: each probability stands for itself.
        lock: held by whoever puts hooks on ``model``; plain forward passes need it only beside such work.
        model: the `transformers` network, parameters frozen, in evaluation mode.
        gradient_model: the same network, quicker and lighter to differentiate; hooks on it need the lock too.
        folded_model: the network behind `logits` once more, for hooks; they need the lock.
        feature_layer: the module whose output ``(B, C, h, w)`` Grad-CAM weighs; None for a plain Transformer.
    """

    def __init__(self, card: ModelCard, model: "PreTrainedModel", preprocessing: Preprocessing) -> None:
        self.card = card
        self.model = model.to(device()).requires_grad_(False).to(memory_format=torch.channels_last)  # pyright: ignore
        self.preprocessing = preprocessing
        self.lock = RLock()
        names = hub.label_names(model)
        # Hub copies write "tabby, tabby cat" and call two classes "crane": one list of names serves them all.
        self.labels = imagenet_labels() if card.folder is None and len(names) == IMAGENET_CLASSES else names
        self.multi_label = hub.is_multi_label(model)
        self.mean, self.std = preprocessing.mean, preprocessing.std
        self.image_size: int = preprocessing.size[0]
        path = _FEATURE_LAYERS.get(model.config.model_type)
        self.feature_layer: nn.Module | None = _module(model, path) if path else None
        self.gradient_model = slim(self.model)
        # The same function with batch norms folded into convolutions: quicker, never differentiated, never hooked.
        self._fast = quick(self.model)
        self.folded_model = self.model if self._fast is self.model else sharing_copy(self._fast)
        # Where the two are one, an answer must wait for whoever has hooks on it.
        self._answering = self.lock if self._fast is self.model else nullcontext()

    @classmethod
    def load(cls, card: ModelCard) -> "ImageClassifier":
        """The network of ``card``; a second or two, and its weights in memory.

        Raises:
            Unavailable: it cannot be had on this machine now.
        """
        model = hub.load_model(card, "AutoModelForImageClassification")
        return cls(card, model, Preprocessing.of(hub.load_image_processor(card)))

    def over(self, model: "PreTrainedModel") -> "ImageClassifier":
        """The same classifier with another network of this kind."""
        return ImageClassifier(self.card, model, self.preprocessing)

    def pixels(self, image: Image.Image) -> Tensor:
        """``(1, 3, H, W)`` normalised the way the network was trained to see pictures."""
        return self.preprocessing.pixels(image).to(device())

    def seen(self, image: Image.Image) -> Image.Image:
        """The part of ``image`` that the network sees, at the size it sees it."""
        return self.preprocessing.seen(image)

    def denormalise(self, pixels: Tensor) -> Image.Image:
        """The picture behind ``pixels (1, 3, H, W)``."""
        return self.preprocessing.denormalise(pixels.cpu())

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits ``(B, K)`` of ``pixels (B, 3, H, W)``; differentiable in its input."""
        return self.model(pixel_values=pixels).logits

    def gradients(self, pixels: Tensor) -> Tensor:
        """As `forward`, to be differentiated in its input: a third of the memory. Call it with the lock held."""
        return self.gradient_model(pixel_values=pixels).logits

    def folded(self, pixels: Tensor) -> Tensor:
        """As `logits`, with the lock held and whatever hooks hang on ``folded_model``; nearly as differentiable."""
        return self.folded_model(pixel_values=pixels).logits

    def features(self, pixels: Tensor) -> Tensor:
        """``(B, D)``: what the classifier's last layer reads, without gradient."""
        with self._answering, torch.inference_mode():
            outputs = self._fast.base_model(pixel_values=pixels)
            if self.model.config.model_type == "vit":  # reads the class token
                return outputs.last_hidden_state[:, 0].clone()
            return outputs.pooler_output.flatten(1).clone()

    def logits(self, pixels: Tensor) -> Tensor:
        """As `forward` to 1e-3, without gradient and quicker: for many answers in a row."""
        with self._answering, torch.inference_mode():
            return self._fast(pixel_values=pixels).logits

    def predict(self, image: Image.Image, top: int = 5) -> Prediction:
        """The ``top`` likeliest classes of ``image``."""
        start = time.perf_counter()
        logits = self.logits(self.pixels(image))[0].float().cpu()
        probs, targets = hub.probs_of(logits, multi_label=self.multi_label).topk(min(top, len(self.labels)))
        indices = tuple(int(i) for i in targets)
        return Prediction(
            labels=tuple(self.labels[i] for i in indices),
            probs=tuple(float(p) for p in probs),
            logits=logits.clone(),
            seconds=time.perf_counter() - start,
            targets=indices,
        )


def _module(model: nn.Module, path: str) -> nn.Module:
    found: nn.Module = model
    for name in path.split("."):
        found = found[int(name)] if name.lstrip("-").isdigit() else getattr(found, name)  # pyright: ignore
    return found
