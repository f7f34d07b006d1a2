"""The network

A pretrained network for pictures, without the layer that named its own classes: D features a picture.
"""

from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from transformers import AutoImageProcessor, AutoModelForImageClassification

from core.finetuning.takeaway.repeat_examples import examples
from core.finetuning.takeaway.repeat_settings import BASE, LABELS, REVISION

processor = AutoImageProcessor.from_pretrained(BASE, revision=REVISION, backend="pil")
pretrained = AutoModelForImageClassification.from_pretrained(BASE, revision=REVISION, use_safetensors=True)
width = [layer for layer in pretrained.modules() if isinstance(layer, nn.Linear)][-1].in_features  # D


class Network(nn.Module):
    """The pretrained network and a new linear layer for the classes."""

    def __init__(self) -> None:
        super().__init__()
        self.body = pretrained.base_model
        self.head = nn.Linear(width, len(LABELS))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def features(self, pixel_values: Tensor) -> Tensor:
        outputs = self.body(pixel_values=pixel_values)
        if pretrained.config.model_type == "vit":  # reads the class token
            return outputs.last_hidden_state[:, 0]
        return outputs.pooler_output.flatten(1)  # (B, D)

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.head(self.features(pixel_values))  # (B, K)


def inputs(rows: list[int]) -> dict[str, Tensor]:
    """What the network reads of these examples."""
    pictures = [Image.open(examples[row]["file"]).convert("RGB") for row in rows]
    pixels = processor(pictures, return_tensors="pt")["pixel_values"]
    return {"pixel_values": pixels.contiguous(memory_format=torch.channels_last)}


network: Any = Network().eval().requires_grad_(False)
network.to(memory_format=torch.channels_last)  # quicker on a processor
