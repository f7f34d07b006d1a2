"""A small convolutional network that reads handwritten digits: the judge of the networks that draw them."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models import shipped
from core.models.plain import Plain

CLASSES = 10
NAME = "digits-reader"  # its folder in `core.models.shipped`


class DigitReader(Plain):
    """Pictures ``(B, 1, 28, 28)`` in 0 … 1 → logits ``(B, 10)``."""

    def __init__(self, width: int = 24, features: int = 64) -> None:
        super().__init__(width=width, features=features)
        self.body = nn.Sequential(
            nn.Conv2d(1, width, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (B, width, 14, 14)
            nn.Conv2d(width, 2 * width, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (B, 2 width, 7, 7)
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(2 * width * 49, features),
            nn.ReLU(),
        )
        self.head = nn.Linear(features, CLASSES)

    @classmethod
    def shipped(cls) -> "DigitReader":
        """The one that we trained."""
        return cls.read(shipped.FOLDER / NAME)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.head(self.body(pixels))

    @torch.inference_mode()
    def probs(self, pixels: Tensor) -> Tensor:
        """Probabilities ``(B, 10)`` of the ten digits."""
        return F.softmax(self(pixels), dim=1)
