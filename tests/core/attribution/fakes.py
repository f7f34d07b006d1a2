"""Tiny classifiers whose attributions are known in closed form, and one with every part that a real one has."""

from dataclasses import dataclass, field
from threading import RLock

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertForSequenceClassification, ViTConfig, ViTForImageClassification

SIDE = 32


class Linear(nn.Module):
    """``logit_k = w_k · pixels``: integrated gradients are ``w * (x - x0)``, saliency is ``|w|``."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.flatten, self.line = nn.Flatten(), nn.Linear(3 * SIDE * SIDE, classes, bias=False)
        with torch.no_grad():
            self.line.weight.copy_(torch.randn(classes, 3 * SIDE * SIDE, generator=generator) / SIDE)

    @property
    def weight(self) -> Tensor:
        """``(K, 3, H, W)``."""
        return self.line.weight.detach().view(-1, 3, SIDE, SIDE)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.line(self.flatten(pixels))


class Convolutional(nn.Module):
    """A small network with batch norm, dropout and ReLU6."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU6(), nn.Conv2d(8, 12, 3, padding=1)
        )
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(12, 3))

    def forward(self, pixels: Tensor) -> Tensor:
        return self.head(self.features(pixels).relu().mean((2, 3)))


class Bag(nn.Module):
    """Words' logits, weighted by attention and summed: hiding a word takes exactly its own logits away."""

    def __init__(self, vocabulary: int = 40, classes: int = 3) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.embedding = nn.Embedding(vocabulary, 6)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(6, classes)
        with torch.no_grad():
            self.embedding.weight[:2] = 0.0  # padding and mask say nothing

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.head(self.drop((self.embedding(input_ids) * attention_mask[..., None]).sum(1)))


@dataclass
class FakePictures:
    """The face of `core.models.image_classifier.ImageClassifier` that attribution uses."""

    model: nn.Module
    feature_layer: nn.Module | None = None
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    labels: tuple[str, ...] = ("cat", "dog", "tree")
    lock: RLock = field(default_factory=RLock)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.model(pixels)

    def logits(self, pixels: Tensor) -> Tensor:
        with torch.inference_mode():
            return self.model(pixels)

    def gradients(self, pixels: Tensor) -> Tensor:
        return self.model(pixels)

    def folded(self, pixels: Tensor) -> Tensor:
        return self.model(pixels)

    @property
    def folded_model(self) -> nn.Module:
        return self.model

    @property
    def gradient_model(self) -> nn.Module:
        return self.model


@dataclass
class FakeTexts:
    """The face of `core.models.text_classifier.TextClassifier` that attribution uses."""

    model: nn.Module
    labels: tuple[str, ...] = ("good", "bad", "neither")
    mask_token_id: int = 1
    pad_token_id: int = 0
    lock: RLock = field(default_factory=RLock)

    @property
    def embedding_layer(self) -> nn.Module:
        return self.model.embedding  # pyright: ignore

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.model(input_ids, attention_mask)


@dataclass(frozen=True)
class FakeEncoding:
    """``[CLS] the unbelievable film [SEP]`` with the middle word in three pieces."""

    input_ids: Tensor
    attention_mask: Tensor
    tokens: tuple[str, ...] = ("[CLS]", "the", "un", "##believ", "##able", "film", "[SEP]")
    word_ids: tuple[int | None, ...] = (None, 0, 1, 1, 1, 2, None)


def linear() -> FakePictures:
    return FakePictures(Linear())


def convolutional() -> FakePictures:
    model = Convolutional()
    return FakePictures(model, feature_layer=model.features)


def bag() -> FakeTexts:
    return FakeTexts(Bag())


class Patches(nn.Module):
    """A vision Transformer of three tiny blocks, as `transformers` writes it, untrained."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        config = ViTConfig(image_size=SIDE, patch_size=8, num_labels=3, **{**_TINY, "num_hidden_layers": 3})
        self.network = ViTForImageClassification(config)
        self.head = self.network.classifier
        _widen(self)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network(pixel_values=pixels).logits


class Reader(nn.Module):
    """A BERT of two tiny blocks, untrained."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.network = BertForSequenceClassification(BertConfig(vocab_size=40, num_labels=3, **_TINY))
        self.embedding, self.head = self.network.get_input_embeddings(), self.network.classifier
        _widen(self)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.network(input_ids=input_ids, attention_mask=attention_mask).logits


_TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}


def _widen(model: nn.Module) -> None:
    """Weights of the usual start are so small that every answer looks alike."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.3)


def transformer_of_pictures() -> FakePictures:
    return FakePictures(Patches())


def transformer_of_texts() -> FakeTexts:
    return FakeTexts(Reader())


def pixels(seed: int = 0, count: int = 1) -> Tensor:
    return torch.rand(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def encoding() -> FakeEncoding:
    ids = torch.tensor([[5, 10, 20, 21, 22, 30, 6]])
    return FakeEncoding(ids, torch.ones_like(ids))
