"""Tiny random networks in real folders, and tasks as a job's worker would hand them over."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core import models
from core.data.labelled import Labelled, LabelledImages, LabelledTexts, encode
from core.finetuning import job, spool
from core.models import ModelCard
from core.models.catalog import IMAGE_CLASSIFICATION, TEXT_ENCODING

GOOD = ("good", "great", "fine", "lovely", "warm")
BAD = ("bad", "poor", "awful", "dull", "cold")
OTHER = ("the", "film", "was", "a", "very", "and", "room", "tea", "music", "day")


@dataclass(frozen=True)
class Task:
    folder: Path
    params: dict[str, Any]
    stopping: Callable[[], bool] = lambda: False

    def run(self) -> list[dict[str, Any]]:
        return list(job.run(self))


def texts(count: int = 80, *, seed: int = 0, shuffled: bool = False) -> LabelledTexts:
    """Half praise, half blame, in five words each; ``shuffled``: labels that mean nothing."""
    dice = random.Random(seed)
    targets = [i % 2 for i in range(count)]
    examples = [" ".join([*dice.choices((BAD, GOOD)[t], k=3), *dice.choices(OTHER, k=2)]) for t in targets]
    if shuffled:
        dice.shuffle(targets)
    return LabelledTexts(tuple(examples), tuple(targets), ("blame", "praise"), tuple(f"row {i}" for i in range(count)))


def images(count: int = 48, *, seed: int = 0) -> LabelledImages:
    """Half reddish, half bluish noise, 32 pixels."""
    dice = np.random.default_rng(seed)
    pictures = []
    for i in range(count):
        noise = dice.integers(0, 120, (32, 32, 3))
        noise[..., 0 if i % 2 else 2] += 100
        pictures.append(encode(Image.fromarray(noise.astype(np.uint8))))
    targets = tuple(i % 2 for i in range(count))
    return LabelledImages(tuple(pictures), targets, ("blue", "red"), tuple(f"{i}.png" for i in range(count)))


def _card(slug: str, task: str, folder: Path) -> ModelCard:
    return ModelCard(
        slug, f"Tiny {slug}", task, f"tests/{slug}", None, "unverified", "MIT", 1, 1, "", "", folder=folder
    )


@pytest.fixture(scope="session")
def tiny_text(tmp_path_factory: pytest.TempPathFactory) -> ModelCard:
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-text")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *GOOD, *BAD, *OTHER]
    tokenizer = BertTokenizerFast(vocab={word: i for i, word in enumerate(words)})
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(words), initializer_range=0.2, **sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return _card("tiny-text", TEXT_ENCODING, folder)


@pytest.fixture(scope="session")
def tiny_image(tmp_path_factory: pytest.TempPathFactory) -> ModelCard:
    from transformers import EfficientNetConfig, EfficientNetForImageClassification, EfficientNetImageProcessorPil

    folder = tmp_path_factory.mktemp("tiny-image")
    torch.manual_seed(0)
    config = EfficientNetConfig(
        image_size=32,
        width_coefficient=1.0,
        depth_coefficient=1.0,
        in_channels=[32, 16, 16],
        out_channels=[16, 16, 24],
        kernel_sizes=[3, 3, 3],
        strides=[1, 1, 2],
        expand_ratios=[1, 2, 2],
        num_block_repeats=[1, 1, 1],
        depthwise_padding=[],
        hidden_dim=1280,  # the class derives this from the width
        num_labels=5,
    )
    model = EfficientNetForImageClassification(config)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # statistics are plain means over what comes now
    with torch.no_grad():
        model.train()(torch.randn(64, 3, 32, 32))  # else the signal dies on its way
    model.save_pretrained(folder)
    size = {"height": 32, "width": 32}
    EfficientNetImageProcessorPil(
        size=size, crop_size=size, image_mean=[0.5] * 3, image_std=[0.5] * 3, include_top=False
    ).save_pretrained(folder)
    return _card("tiny-image", IMAGE_CLASSIFICATION, folder)


@pytest.fixture
def make_task(
    tiny_text: ModelCard, tiny_image: ModelCard, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Task]:
    """``make_task(data, strategy, settings)``: a fresh job's folder with the tiny networks as its bases."""
    for card in (tiny_text, tiny_image):
        monkeypatch.setitem(models.MODELS_BY_SLUG, card.slug, card)
    torch.set_num_threads(1)
    made = 0

    def make(
        data: Labelled,
        strategy: str = "probe",
        settings: dict[str, Any] | None = None,
        *,
        base: str = "",
        stopping: Callable[[], bool] = lambda: False,
        resume: Path | None = None,
    ) -> Task:
        nonlocal made
        made += 1
        folder = tmp_path / f"{made:08x}-0000"
        if resume:
            shutil.copytree(resume, folder)
        else:
            (folder / "inputs").mkdir(parents=True)
            for name, content in spool.spool(data).items():
                (folder / "inputs" / name).write_bytes(content)
        base = base or f"tiny-{data.kind}"
        params = {"base": base, "strategy": strategy, "settings": settings or {}, "title": "Taste"}
        return Task(folder, params, stopping)

    return make


@pytest.fixture(scope="session")
def toy() -> dict[str, Labelled]:
    """One separable set of each kind."""
    return {"text": texts(), "image": images()}


@pytest.fixture(scope="session")
def random_texts() -> LabelledTexts:
    """Labels that mean nothing."""
    return texts(120, seed=3, shuffled=True)
