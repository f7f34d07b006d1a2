"""An object detector: a picture in, named boxes out, and what each of its tokens looked at."""

import time
from dataclasses import dataclass, replace
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.device import device
from core.models import hub
from core.models.catalog import ModelCard
from core.models.framing import Framed, Framing
from core.models.overlap import LEAST, without_overlaps

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MOST_OVERLAP = 0.6  # of two boxes, or they are one thing claimed twice


@dataclass(frozen=True)
class Detections:
    """What was found, surest first.

    Attributes:
        boxes: ``(N, 4)`` left, top, right, bottom in pixels of the original picture.
        labels: the name of each.
        scores: softmax probability of each name against all others and "nothing".
        seconds: from the picture to the answer.
        targets: class indices of ``labels``.
        tokens: which detection token claimed each.
    """

    boxes: np.ndarray
    labels: tuple[str, ...]
    scores: tuple[float, ...]
    seconds: float
    targets: tuple[int, ...]
    tokens: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def over(self, threshold: float) -> "Detections":
        """Those whose score is at least ``threshold``."""
        count = sum(score >= threshold for score in self.scores)
        return replace(
            self,
            boxes=self.boxes[:count],
            labels=self.labels[:count],
            scores=self.scores[:count],
            targets=self.targets[:count],
            tokens=self.tokens[:count],
        )


class ObjectDetector:
    """A network in the shape of YOLOS (Fang et al., 2021), shared by all visitors.

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
    def load(cls, card: ModelCard) -> "ObjectDetector":
        """The network of ``card``.

        Raises:
            Unavailable: it cannot be had on this machine now.
        """
        model = hub.load_model(card, "AutoModelForObjectDetection", attn_implementation="eager")  # to see attention
        return cls(card, model, Framing.of(hub.load_image_processor(card), padded=is_ours(card)))

    def find(self, image: Image.Image, threshold: float = LEAST) -> Detections:
        """What is on ``image``, surer than ``threshold``, each thing claimed once."""
        start = time.perf_counter()
        framed = self.framing.frame(image)
        answer = self._forward(framed)
        return self.read(answer.logits[0], answer.pred_boxes[0], framed, start).over(threshold)

    def read(self, logits: Tensor, boxes: Tensor, framed: Framed, start: float) -> Detections:
        """``logits (T, K + 1)``, the last for "nothing", and ``boxes (T, 4)``: centre, width, height, in shares."""
        scores, targets = logits.float().softmax(-1)[:, :-1].max(-1)
        centre, half = boxes.float()[:, :2], boxes.float()[:, 2:] / 2
        places = framed.to_original(torch.cat([centre - half, centre + half], 1).cpu().numpy())
        sure = scores.cpu().numpy()
        offered = np.flatnonzero(sure >= LEAST)
        tokens = tuple(int(offered[at]) for at in without_overlaps(places[offered], sure[offered], MOST_OVERLAP))
        kinds = tuple(int(targets[token]) for token in tokens)
        return Detections(
            boxes=places[list(tokens)].reshape(-1, 4),
            labels=tuple(self.labels[kind] for kind in kinds),
            scores=tuple(float(sure[token]) for token in tokens),
            seconds=time.perf_counter() - start,
            targets=kinds,
            tokens=tokens,
        )

    def looks(self, image: Image.Image, tokens: tuple[int, ...]) -> np.ndarray:
        """Attention ``(N, h, w)`` of detection ``tokens`` to the patches over ``image``, each summing to at most 1.

        Of the last layer, mean over its heads; what a token gives to other tokens is left out.
        """
        framed = self.framing.frame(image)
        attention = self._forward(framed, output_attentions=True).attentions[-1][0].float().mean(0)  # (T, T)
        patch = self.model.config.patch_size
        rows, columns = framed.image.height // patch, framed.image.width // patch
        claims = attention.shape[0] - self.model.config.num_detection_tokens
        chosen = attention[[claims + token for token in tokens], 1 : 1 + rows * columns]  # the class token comes first
        return framed.inside(chosen.reshape(len(tokens), rows, columns).cpu().numpy())

    def _forward(self, framed: Framed, **options: bool):
        with torch.inference_mode():
            return self.model(pixel_values=self.framing.pixels(framed).to(device()), **options)


def is_ours(card: ModelCard) -> bool:
    """Whether ``card`` is a network that we trained, or one that a visitor made from it."""
    return bool(card.shipped) or card.folder is not None
