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
from transformers import SegformerConfig, SegformerForSemanticSegmentation, SegformerImageProcessorPil

from core.device import share_machine
from core.models.shipped import Facts
from recipes import emoji_classifiers, emoji_pictures, emoji_scenes, shipping
from recipes.emoji_classifiers import pixels_of
from recipes.training import Trainee, mixed

NAME = "emoji-segmenter"
SIDE, BATCH, STEPS, LEARNING_RATE = 96, 16, 8_000, 1.2e-3
MOST, SCALE = 4, (0.28, 0.62)
BACKGROUND = "background"
LABELS = (BACKGROUND, *emoji_scenes.CLASSES)
BACKGROUND_WEIGHT = 0.4  # it covers most of every scene
TEST_SCENES, RESAMPLES = 600, 400


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


def mean_iou(model: Any, vendors: tuple[str, ...]) -> tuple[float, float, float]:
    """Mean over the classes of intersection over union on new scenes; its 95 % interval by drawing scenes again."""
    size = len(LABELS)
    hits = np.zeros((TEST_SCENES, size, size))
    for number in range(TEST_SCENES):
        (one,) = scenes(2 * 10**6 + number, vendors, 1)
        with torch.inference_mode():
            given = answers(model, pixels_of([one])).argmax(1).numpy()
        np.add.at(hits[number], (one.mask.ravel(), given.ravel()), 1)
    dice = np.random.default_rng(0)
    draws = [_iou(hits[dice.integers(0, TEST_SCENES, TEST_SCENES)].sum(0)) for _ in range(RESAMPLES)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return _iou(hits.sum(0)), float(low), float(high)


def _iou(hits: np.ndarray) -> float:
    union = hits.sum(0) + hits.sum(1) - hits.diagonal()
    return float(np.mean((hits.diagonal()[1:] / np.maximum(union[1:], 1))[hits.sum(1)[1:] > 0]))


def trainee() -> Trainee:
    """The network where its last call left it."""
    return Trainee(build(), emoji_pictures.folder() / "emoji_segmenter.pt", LEARNING_RATE, ema=0.999)


def main(minutes: float) -> None:
    """Train for so long, then judge on seen and on unseen drawings, and ship."""
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
    figures = []
    for what, vendors in emoji_classifiers.JUDGES.items():
        value, low, high = mean_iou(learner.average, vendors)
        figures.append(shipping.figure(f"scenes of {what}", value, (low, high), 0.0, TEST_SCENES, "mean IoU"))
    facts = Facts(
        recipe="python -m recipes.emoji_segmenter",
        data=emoji_classifiers.DATA,
        labels=LABELS,
        max_seq_length=0,
        seconds=round(learner.seconds),
        machine=shipping.machine(),
        figures=tuple(figures),
    )
    half = [0.5] * 3
    size = {"height": SIDE, "width": SIDE}
    processor = SegformerImageProcessorPil(size=size, image_mean=half, image_std=half)
    shipping.ship(NAME, learner.average, facts, processor)
    print(f"{learner.step} of {STEPS} steps, {learner.seconds:.0f} s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
