"""The catalog's architectures, tiny and untrained: enough to ask which method serves them, without any weights."""

from dataclasses import dataclass, field
from threading import RLock

from torch import nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    ConvNextConfig,
    ConvNextForImageClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    EfficientNetConfig,
    EfficientNetForImageClassification,
    PreTrainedModel,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
)

_SMALL = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}


@dataclass
class Skeleton:
    """As much of a classifier as a method asks before it says whether it serves."""

    model: PreTrainedModel
    feature_layer: nn.Module | None = None
    labels: tuple[str, ...] = ("yes", "no")
    lock: RLock = field(default_factory=RLock)

    @property
    def forward(self):
        return self.model.forward


def of_pictures() -> dict[str, Skeleton]:
    """By the catalog's titles."""
    lite = EfficientNetConfig(hidden_act="relu6", width_coefficient=0.1, depth_coefficient=0.1, hidden_dim=16)
    resnet = ResNetConfig(embedding_size=4, hidden_sizes=[4, 4], depths=[1, 1], layer_type="basic")
    convnext = ConvNextConfig(hidden_sizes=[4, 4, 4, 4], depths=[1, 1, 1, 1])
    nets = {
        "EfficientNet-lite0": EfficientNetForImageClassification(lite),
        "ResNet-18": ResNetForImageClassification(resnet),
        "ConvNeXt tiny": ConvNextForImageClassification(convnext),
        "Vision Transformer base": ViTForImageClassification(ViTConfig(image_size=32, **_SMALL)),
    }
    return {
        title: Skeleton(net, None if net.config.model_type == "vit" else net.base_model) for title, net in nets.items()
    }


def of_texts() -> dict[str, Skeleton]:
    """By the catalog's titles; zero-shot and fine-tuned MiniLM are the same network to a method."""
    distil = DistilBertConfig(vocab_size=16, dim=8, hidden_dim=8, n_layers=1, n_heads=2)
    return {
        "all-MiniLM-L6-v2": Skeleton(BertForSequenceClassification(BertConfig(vocab_size=16, **_SMALL))),
        "DistilBERT, film reviews": Skeleton(DistilBertForSequenceClassification(distil)),
    }
