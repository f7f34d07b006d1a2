"""A segmenter: a picture in, a name for every pixel out, and how sure it is of each."""

import time
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from core.device import device
from core.models import hub
from core.models.catalog import ModelCard
from core.models.framing import Framed, Framing
from core.models.object_detector import is_ours

if TYPE_CHECKING:
    from transformers import PreTrainedModel

LARGEST = 1024  # pixels a side at which masks are decided; larger pictures get that mask enlarged
_AT_ONCE = 8  # classes enlarged at a time, so that 150 of them do not take a gigabyte


@dataclass(frozen=True)
class Segmentation:
    """A name for every pixel.

    Attributes:
        mask: ``(H, W)`` class indices, at the size of the original picture.
        names: K class names.
        shares: ``(K,)`` of the picture's pixels.
        confidence: ``(H, W)`` softmax probability of the class that was given.
        seconds: from the picture to the answer.
    """

    mask: np.ndarray
    names: tuple[str, ...]
    shares: np.ndarray
    confidence: np.ndarray
    seconds: float

    @property
    def present(self) -> tuple[int, ...]:
        """Classes that are there, largest first."""
        return tuple(int(kind) for kind in np.argsort(-self.shares, kind="stable") if self.shares[kind] > 0)


class Segmenter:
    """A network in the shape of SegFormer (Xie et al., 2021), shared by all visitors.

    Attributes:
        card: its row in the catalog.
        labels: K class names in the order of the logits.
        lock: held by whoever puts hooks on ``model``; plain forward passes need it only beside such work.
        model: the `transformers` network, parameters frozen, in evaluation mode.
        framing: how pictures are made ready.
    """

    def __init__(self, card: ModelCard, model: "PreTrainedModel", framing: Framing) -> None:
        self.card = card
        self.model = model.to(device()).requires_grad_(False)  # pyright: ignore[reportArgumentType]
        self.framing = framing
        self.labels = hub.label_names(model)
        self.lock = RLock()

    @classmethod
    def load(cls, card: ModelCard) -> "Segmenter":
        """The network of ``card``.

        Raises:
            Unavailable: it cannot be had on this machine now.
        """
        model = hub.load_model(card, "AutoModelForSemanticSegmentation")
        return cls(card, model, Framing.of(hub.load_image_processor(card), padded=is_ours(card)))

    def segment(self, image: Image.Image) -> Segmentation:
        """The class of every pixel of ``image``."""
        start = time.perf_counter()
        framed = self.framing.frame(image)
        logits = self.logits(self.framing.pixels(framed))[0].float().cpu()  # (K, h, w)
        mask, confidence = _decided(logits, framed)
        counts = np.bincount(mask.ravel(), minlength=len(self.labels))
        return Segmentation(mask, self.labels, counts / mask.size, confidence, time.perf_counter() - start)

    def logits(self, pixels: Tensor) -> Tensor:
        """``(B, K, h, w)`` of ``pixels (B, 3, H, W)``, a quarter of their size, without gradient."""
        with torch.inference_mode():
            return self.model(pixel_values=pixels.to(device())).logits


def _decided(logits: Tensor, framed: Framed) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest class and its probability, each ``(H, W)`` of the original, from ``logits (K, h, w)``.

    Logits are enlarged, as the library does, and the best is kept while they pass by.
    """
    shrink = min(LARGEST / max(framed.original), 1.0)
    width, height = (max(round(side * shrink), 1) for side in framed.original)
    best = torch.full((height, width), -torch.inf)
    total = torch.zeros(height, width)
    mask = torch.zeros(height, width, dtype=torch.int16)
    top = logits.amax()  # one for all, so that sums of exponentials can be added up
    for first in range(0, len(logits), _AT_ONCE):
        some = _enlarged(logits[first : first + _AT_ONCE], framed, (height, width))
        value, kind = some.max(0)
        better = value > best
        mask[better] = (kind[better] + first).to(torch.int16)
        best = torch.maximum(best, value)
        total += (some - top).exp().sum(0)
    sure = ((best - top).exp() / total.clamp_min(1e-30)).clamp(0, 1).numpy()
    if shrink == 1.0:
        return mask.numpy(), sure
    whole = Image.fromarray(mask.numpy().astype(np.int32), mode="I").resize(framed.original, Image.Resampling.NEAREST)
    return np.asarray(whole).astype(np.int16), np.asarray(Image.fromarray(sure).resize(framed.original))


def _enlarged(logits: Tensor, framed: Framed, size: tuple[int, int]) -> Tensor:
    """``logits (k, h, w)`` at ``size`` over the picture itself, without the padding around it."""
    width, height = framed.image.size
    left, top, right, bottom = framed.window
    if framed.window != (0, 0, width, height):
        seen = F.interpolate(logits[None], size=(height, width), mode="bilinear", align_corners=False)
        logits = seen[0, :, top:bottom, left:right]
    return F.interpolate(logits[None], size=size, mode="bilinear", align_corners=False)[0]
