"""Tiny random networks of places, saved as their library saves them."""

from pathlib import Path

import torch
from transformers import (
    SegformerConfig,
    SegformerForSemanticSegmentation,
    SegformerImageProcessorPil,
    YolosConfig,
    YolosForObjectDetection,
    YolosImageProcessorPil,
)

from core.models import ModelCard
from core.models.catalog import IMAGE_SEGMENTATION, OBJECT_DETECTION

HALF = [0.5] * 3
NAMES = ("cup", "spoon", "plate")


def card(task: str, folder: Path) -> ModelCard:
    return ModelCard(
        slug="tiny",
        title="Tiny",
        task=task,
        hub_id="tiny",
        revision=None,
        revision_source="yours",
        licence="MIT",
        parameters=1,
        megabytes=1,
        about="Random.",
        limits="All.",
        folder=folder,
    )


def detector(
    folder: Path, size: dict[str, int] | None = None, seed: int = 0, names: tuple[str, ...] = NAMES
) -> ModelCard:
    """A YOLOS of 12 tokens that knows ``names``; squares of 96 pixels unless ``size`` says otherwise."""
    torch.manual_seed(seed)
    config = YolosConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        image_size=[96, 96],
        patch_size=8,
        num_detection_tokens=12,
        id2label=dict(enumerate(names)),
    )
    YolosForObjectDetection(config).save_pretrained(folder)
    size = size or {"height": 96, "width": 96}
    YolosImageProcessorPil(size=size, image_mean=HALF, image_std=HALF).save_pretrained(folder)
    return card(OBJECT_DETECTION, folder)


def segmenter(folder: Path, names: tuple[str, ...] = ("background", *NAMES), seed: int = 0) -> ModelCard:
    """A SegFormer of squares of 96 pixels."""
    torch.manual_seed(seed)
    config = SegformerConfig(
        depths=[1, 1, 1, 1],
        hidden_sizes=[8, 8, 16, 16],
        num_attention_heads=[1, 1, 2, 2],
        mlp_ratios=[2, 2, 2, 2],
        decoder_hidden_size=16,
        classifier_dropout_prob=0.0,
        id2label=dict(enumerate(names)),
    )
    SegformerForSemanticSegmentation(config).save_pretrained(folder)
    size = {"height": 96, "width": 96}
    SegformerImageProcessorPil(size=size, image_mean=HALF, image_std=HALF).save_pretrained(folder)
    return card(IMAGE_SEGMENTATION, folder)
