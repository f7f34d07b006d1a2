"""A small SegFormer that finds emoji in scenes, pixel by pixel: ``python -m recipes.emoji_segmenter [MINUTES]``.

It learns from composed scenes of 96 × 96 pixels with exact masks, of five drawings of each emoji, and is judged on
scenes of a sixth (Xie et al., 2021, for the shape; ours is a quarter of the smallest).
"""

import sys
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import SegformerConfig, SegformerForSemanticSegmentation

from core.device import share_machine
from recipes import emoji_pictures, emoji_scenes
from recipes.emoji_classifiers import pixels_of
from recipes.training import Trainee, mixed

SIDE, BATCH, STEPS, LEARNING_RATE = 96, 16, 12_000, 1.2e-3
MOST, SCALE = 4, (0.28, 0.62)
BACKGROUND = "background"
LABELS = (BACKGROUND, *emoji_scenes.CLASSES)
BACKGROUND_WEIGHT = 0.4  # it covers most of every scene
TEST_SCENES = 400


def build() -> Any:
    """The network, untrained."""
    torch.manual_seed(0)
    config = SegformerConfig(
        depths=[2, 2, 2, 2],
        hidden_sizes=[24, 48, 96, 128],
        num_attention_heads=[1, 2, 4, 4],
        sr_ratios=[8, 4, 2, 1],
        mlp_ratios=[3, 3, 3, 3],
        decoder_hidden_size=96,
        classifier_dropout_prob=0.0,
        id2label=dict(enumerate(LABELS)),
        label2id={name: at for at, name in enumerate(LABELS)},
    )
    return SegformerForSemanticSegmentation._from_config(config, attn_implementation="eager")


def scenes(number: int, vendors: tuple[str, ...], count: int) -> list[emoji_scenes.Scene]:
    """``count`` scenes of up to `MOST` emoji; the same for the same ``number``."""
    dice = np.random.default_rng(number)
    return [emoji_scenes.scene(dice, vendors, SIDE, int(dice.integers(1, MOST + 1)), SCALE) for _ in range(count)]


def answers(model: Any, pixels: Tensor) -> Tensor:
    """Logits ``(N, 33, SIDE, SIDE)``."""
    logits = model(pixel_values=pixels).logits
    return F.interpolate(logits, size=pixels.shape[-2:], mode="bilinear", align_corners=False)


def mean_iou(model: Any, vendors: tuple[str, ...]) -> tuple[float, float]:
    """Mean over the classes of intersection over union on new scenes, and its standard error over scenes' tenths."""
    size = len(LABELS)
    parts = []
    for part in range(10):
        hits = np.zeros((size, size))
        some = scenes(10**6 + part, vendors, TEST_SCENES // 10)
        with torch.inference_mode():
            given = answers(model, pixels_of(some)).argmax(1).numpy()
        truth = np.stack([one.mask for one in some])
        np.add.at(hits, (truth.ravel(), given.ravel()), 1)
        parts.append(hits)
    every = [_iou(hits) for hits in parts]
    return _iou(sum(parts)), float(np.std(every, ddof=1) / len(every) ** 0.5)


def _iou(hits: np.ndarray) -> float:
    union = hits.sum(0) + hits.sum(1) - hits.diagonal()
    return float(np.mean((hits.diagonal()[1:] / np.maximum(union[1:], 1))[hits.sum(1)[1:] > 0]))


def trainee() -> Trainee:
    """The network where its last call left it."""
    return Trainee(build(), emoji_pictures.folder() / "emoji_segmenter.pt", LEARNING_RATE, ema=0.999)


def main(minutes: float) -> None:
    """Train for so long, then print the mean IoU, of seen and of unseen vendors."""
    share_machine()
    learner = trainee()
    weights = torch.ones(len(LABELS))
    weights[0] = BACKGROUND_WEIGHT

    def step(number: int) -> Tensor:
        some = scenes(number, emoji_scenes.TRAINING, BATCH)
        with mixed():
            logits = learner.network(pixel_values=pixels_of(some)).logits
        half = F.interpolate(logits.float(), scale_factor=2, mode="bilinear", align_corners=False)
        masks = torch.from_numpy(np.stack([one.mask[1::2, 1::2] for one in some])).long()
        return F.cross_entropy(half.permute(0, 2, 3, 1).flatten(0, 2), masks.flatten(), weight=weights)

    learner.train(step, STEPS, 60 * minutes)
    for vendors in (emoji_scenes.TRAINING, (emoji_scenes.HELD_OUT,)):
        value, error = mean_iou(learner.average, vendors)
        print(f"{' and '.join(vendors)}: mean IoU {value:.3f} ± {2 * error:.3f} over {TEST_SCENES} scenes")
    print(f"{learner.step} steps, {learner.seconds:.0f} s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
