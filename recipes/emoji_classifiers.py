"""A small Vision Transformer and a small ResNet by equal budget: ``python -m recipes.emoji_classifiers vit [MINUTES]``.

Both learn to name one emoji of 32 names on a drawn background, 64 × 64 pixels, from five drawings of each: as
many steps on the same pictures. They are judged on a sixth. The Transformer's attention is readable.
"""

import sys
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import (
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessorPil,
)

from core.device import share_machine
from core.finetuning.metrics import wilson
from core.models import shipped
from core.models.shipped import Facts
from recipes import emoji_pictures, emoji_scenes, shipping
from recipes.training import Trainee, mixed

SIDE, BATCH, STEPS = 64, 32, 9_000
SCALE = (0.45, 0.95)
EACH = 20  # scenes of each class to judge by
JUDGES = {
    "the five drawings that it learned from": emoji_scenes.TRAINING,
    "a sixth drawing that it never saw": (emoji_scenes.HELD_OUT,),
}
DATA = (
    "scenes composed of 32 emoji in the drawings of Noto (2013 and today), Fluent (flat and shaded) and EmojiOne 2 "
    "(Apache-2.0, MIT, CC-BY-4.0); the sixth drawing is Twemoji (CC-BY-4.0)"
)
TITLES = {"vit": "The small Vision Transformer", "resnet": "The small ResNet"}
RATES = {"vit": 8e-4, "resnet": 1.5e-3}
SMOOTHING = 0.05


def build(kind: str) -> Any:
    """The network, untrained: 1.1 million parameters, either kind."""
    torch.manual_seed(0)
    names: dict[str, Any] = {
        "id2label": dict(enumerate(emoji_scenes.CLASSES)),
        "label2id": {name: at for at, name in enumerate(emoji_scenes.CLASSES)},
    }
    if kind == "vit":
        shape = {"hidden_size": 128, "num_hidden_layers": 6, "num_attention_heads": 4, "intermediate_size": 384}
        config = ViTConfig(image_size=SIDE, patch_size=8, **shape, **names)
        return ViTForImageClassification._from_config(config, attn_implementation="eager")  # half the time to train
    config = ResNetConfig(
        embedding_size=32, hidden_sizes=[32, 64, 96, 128], depths=[1, 2, 2, 2], layer_type="basic", **names
    )
    return ResNetForImageClassification(config)


def batch(number: int, vendors: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """Pixels ``(BATCH, 3, SIDE, SIDE)`` in -1 … 1 and labels of training step ``number``."""
    dice = np.random.default_rng(number)
    scenes = [emoji_scenes.scene(dice, vendors, SIDE, 1, SCALE) for _ in range(BATCH)]
    return pixels_of(scenes), torch.tensor(np.concatenate([one.labels for one in scenes]))


def pixels_of(scenes: list[emoji_scenes.Scene]) -> Tensor:
    """``(N, 3, side, side)`` in -1 … 1."""
    pixels = torch.from_numpy(np.stack([one.pixels for one in scenes])).permute(0, 3, 1, 2)
    return (pixels.float() / 127.5 - 1).contiguous()


def judge(model: Any, vendors: tuple[str, ...], seed: int = 1) -> tuple[int, int]:
    """How many of so many new scenes are named rightly."""
    right = 0
    for label in range(len(emoji_scenes.CLASSES)):
        dice = np.random.default_rng((seed, label))
        scenes = [emoji_scenes.scene(dice, vendors, SIDE, 1, SCALE, label) for _ in range(EACH)]
        with torch.inference_mode():
            right += int((model(pixel_values=pixels_of(scenes)).logits.argmax(1) == label).sum())
    return right, EACH * len(emoji_scenes.CLASSES)


def trainee(kind: str) -> Trainee:
    """The network where its last call left it."""
    return Trainee(build(kind), emoji_pictures.folder() / f"emoji_{kind}.pt", RATES[kind], ema=0.999)


def main(kind: str, minutes: float) -> None:
    """Train for so long, then judge on seen and on unseen drawings, and ship."""
    share_machine()
    learner = trainee(kind)

    def step(number: int) -> Tensor:
        pixels, labels = batch(number, emoji_scenes.TRAINING)
        with mixed():
            logits = learner.network(pixel_values=pixels).logits
        return F.cross_entropy(logits.float(), labels, label_smoothing=SMOOTHING)

    learner.train(step, STEPS, 60 * minutes)
    figures = []
    for what, vendors in JUDGES.items():
        right, total = judge(learner.average, vendors)
        figures.append(shipping.figure(f"scenes of {what}", right / total, wilson(right, total), 1 / 32, total))
    facts = Facts(
        recipe=f"python -m recipes.emoji_classifiers {kind}",
        data=DATA,
        labels=emoji_scenes.CLASSES,
        max_seq_length=0,
        seconds=round(learner.seconds),
        machine=shipping.machine(),
        figures=tuple(figures),
        notes=_beside(kind),
    )
    processor = ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    shipping.ship(f"emoji-{kind}", learner.average, facts, processor)
    print(f"{learner.step} of {STEPS} steps, {learner.seconds:.0f} s")


def _beside(kind: str) -> tuple[str, ...]:
    """How the other kind did, where it is there."""
    other = next(name for name in TITLES if name != kind)
    if not (shipped.FOLDER / f"emoji-{other}" / shipped.FACTS).exists():
        return ()
    unseen = shipped.facts(f"emoji-{other}").figures[-1]
    share = f"{unseen.value:.1%}".replace("%", " %")
    return (f"{TITLES[other]}, as large and taught with as many pictures, names {share} of the unseen drawings.",)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 60)
