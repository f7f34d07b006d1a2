"""EfficientNet-lite as a stock `transformers` model: its stage tables, and two maps from published tensor names.

The lite family (Tan and Le 2019, "EfficientNet-lite" 2020) drops squeeze-and-excite and uses ReLU6. The stock class
always has squeeze-and-excite, so its gate is set to exactly one: ``sigmoid(0 · x + 20) = 1`` in 32-bit floats.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import EfficientNetConfig, EfficientNetForImageClassification

REPEATS = (1, 2, 2, 3, 3, 4, 1)
LABELS = Path(__file__).with_name("imagenet_labels.txt")
GATE_OPEN = 20.0

_LAYERS = {  # names of the original network → ours, within a block
    "_expand_conv": "expansion.expand_conv",
    "_bn0": "expansion.expand_bn",
    "_depthwise_conv": "depthwise_conv.depthwise_conv",
    "_bn1": "depthwise_conv.depthwise_norm",
    "_project_conv": "projection.project_conv",
    "_bn2": "projection.project_bn",
}
_ENDS = {
    "_conv_stem": "efficientnet.embeddings.convolution",
    "_bn0": "efficientnet.embeddings.batchnorm",
    "_conv_head": "efficientnet.encoder.top_conv",
    "_bn1": "efficientnet.encoder.top_bn",
    "_fc": "classifier",
}
_TIMM_ENDS = {
    "conv_stem": "_conv_stem",
    "bn1": "_bn0",
    "conv_head": "_conv_head",
    "bn2": "_bn1",
    "classifier": "_fc",
}
_TIMM_FIRST = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
_TIMM_OTHER = {
    "conv_pw": "_expand_conv",
    "bn1": "_bn0",
    "conv_dw": "_depthwise_conv",
    "bn2": "_bn1",
    "conv_pwl": "_project_conv",
    "bn3": "_bn2",
}


def imagenet_labels() -> tuple[str, ...]:
    """The 1000 class names of ImageNet-1k in the order of the logits."""
    lines = LABELS.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


def lite0_config() -> "EfficientNetConfig":
    """The stage tables of lite0 for the stock class (224 pixels, 1000 classes)."""
    from transformers import EfficientNetConfig

    labels = imagenet_labels()
    return EfficientNetConfig(
        image_size=224,
        width_coefficient=1.0,
        depth_coefficient=1.0,
        depth_divisor=8,
        in_channels=[32, 16, 24, 40, 80, 112, 192],
        out_channels=[16, 24, 40, 80, 112, 192, 320],
        kernel_sizes=[3, 3, 5, 3, 5, 5, 3],
        strides=[1, 2, 2, 2, 1, 2, 1],
        expand_ratios=[1, 6, 6, 6, 6, 6, 6],
        num_block_repeats=list(REPEATS),
        depthwise_padding=[],  # every stride-2 input has an even side at 224 pixels
        squeeze_expansion_ratio=1e-9,  # one channel, the fewest the class allows
        hidden_act="relu6",
        hidden_dim=1280,
        batch_norm_eps=1e-3,
        batch_norm_momentum=0.01,
        dropout_rate=0.2,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )


def convert_packaged(source: Path, folder: Path) -> None:
    """Write the packaged ``.pth`` as a `transformers` folder; its hash was checked before this reads it."""
    import torch

    _write(torch.load(source, map_location="cpu", weights_only=True), folder)


def convert_timm(source: Path, folder: Path) -> None:
    """Write timm's ``model.safetensors`` of tf_efficientnet_lite0 as a `transformers` folder."""
    from safetensors.torch import load_file

    _write(from_timm(load_file(source / "model.safetensors")), folder)


def from_timm(state: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """timm's tensor names as those of the original network."""
    return {_from_timm(name): tensor for name, tensor in state.items()}


def lite0(state: "dict[str, Tensor]") -> "EfficientNetForImageClassification":
    """The stock network with the weights of ``state`` (names of the original network), in evaluation mode.

    Raises:
        RuntimeError: ``state`` lacks a tensor, or has one of another shape.
    """
    import torch
    from transformers import EfficientNetForImageClassification

    model = EfficientNetForImageClassification(lite0_config())
    ours = {_rename(name): tensor for name, tensor in state.items()}
    for name, tensor in model.state_dict().items():
        if ".squeeze_excite." in name:
            ours[name] = torch.full_like(tensor, GATE_OPEN if name.endswith("expand.bias") else 0.0)
    model.load_state_dict(ours)
    return model.eval()


def _write(state: "dict[str, Tensor]", folder: Path) -> None:
    from transformers import EfficientNetImageProcessorPil

    lite0(state).save_pretrained(folder)
    # Keep the proportions and all of the short side, so that little of a visitor's picture is cut away. (The published
    # accuracy was measured on a tighter cut: short side to 256, middle 224.)
    EfficientNetImageProcessorPil(
        size={"shortest_edge": 224},
        crop_size={"height": 224, "width": 224},
        do_center_crop=True,
        resample=3,
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
        include_top=False,
    ).save_pretrained(folder)


def _rename(name: str) -> str:
    if match := re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name):
        block, layer, tensor = match.groups()
        return f"efficientnet.encoder.blocks.{block}.{_LAYERS[layer]}.{tensor}"
    layer, tensor = name.rsplit(".", 1)
    return f"{_ENDS[layer]}.{tensor}"


def _from_timm(name: str) -> str:
    if match := re.fullmatch(r"blocks\.(\d+)\.(\d+)\.(\w+)\.(\w+)", name):
        stage, repeat, layer, tensor = match.groups()
        layers = _TIMM_FIRST if stage == "0" else _TIMM_OTHER
        return f"_blocks.{sum(REPEATS[: int(stage)]) + int(repeat)}.{layers[layer]}.{tensor}"
    layer, tensor = name.rsplit(".", 1)
    return f"{_TIMM_ENDS[layer]}.{tensor}"
