"""Classifiers whose reasons are known in closed form, and finished fine-tuning jobs on real weights."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from core.data.labelled import Labelled, LabelledImages, LabelledTexts, encode
from core.jobs import Task

SIDE = 28


class Plane(nn.Module):
    """``logit_k = w_k · pixels``."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(2, 3, SIDE, SIDE, generator=generator) / SIDE)

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.einsum("bchw,kchw->bk", pixels, self.weight)


@dataclass
class Planes:
    """The face of `core.models.image_classifier.ImageClassifier` over a plane."""

    seed: int = 0
    labels: tuple[str, ...] = ("blue", "red")
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    feature_layer: nn.Module | None = None
    lock: Any = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self.model = self.gradient_model = Plane(self.seed)
        self.forward = self.gradients = self.model

    def logits(self, pixels: Tensor) -> Tensor:
        with torch.inference_mode():
            return self.model(pixels)

    def seen(self, image: Image.Image) -> Image.Image:
        return image.resize((SIDE, SIDE))

    def pixels(self, image: Image.Image) -> Tensor:
        values = torch.from_numpy(np.array(self.seen(image))).float()
        return ((values / 255 - 0.5) / 0.5).permute(2, 0, 1)[None]


@dataclass(frozen=True)
class Read:
    input_ids: Tensor
    attention_mask: Tensor
    tokens: tuple[str, ...]
    word_ids: tuple[int | None, ...]


class Sums(nn.Module):
    """Each word brings its own logits, and they are summed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embedding = nn.Embedding(40, 2)
        with torch.no_grad():
            self.embedding.weight[:2] = 0

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return (self.embedding(input_ids) * attention_mask[..., None]).sum(1)


@dataclass
class Bags:
    """The face of `core.models.text_classifier.TextClassifier` over a bag of words."""

    seed: int = 0
    labels: tuple[str, ...] = ("blame", "praise")
    mask_token_id: int = 1
    pad_token_id: int = 0
    lock: Any = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self.model = self.forward = Sums(self.seed)
        self.embedding_layer = self.model.embedding

    def encode(self, text: str) -> Read:
        words = text.split()
        ids = torch.tensor([[4, *(5 + sum(map(ord, word)) % 35 for word in words), 3]])
        marks = (None, *range(len(words)), None)
        return Read(ids, torch.ones_like(ids), ("[CLS]", *words, "[SEP]"), marks)


def noise(seed: int) -> Image.Image:
    """A picture without meaning."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8))


def pictures(count: int) -> LabelledImages:
    return LabelledImages(
        tuple(encode(noise(i)) for i in range(count)),
        tuple(i % 2 for i in range(count)),
        ("blue", "red"),
        tuple(f"{i}.png" for i in range(count)),
    )


def texts(count: int, seed: int = 0) -> LabelledTexts:
    """Praise and blame in five words each."""
    dice = random.Random(seed)
    kinds = (("bad", "poor", "awful", "dull", "cold"), ("good", "great", "fine", "lovely", "warm"))
    others = ("the", "film", "was", "room", "tea", "music", "day")
    targets = tuple(i % 2 for i in range(count))
    examples = tuple(" ".join([*dice.choices(kinds[t], k=3), *dice.choices(others, k=2)]) for t in targets)
    return LabelledTexts(examples, targets, ("blame", "praise"), tuple(f"row {i}" for i in range(count)))


@pytest.fixture
def make_task(tmp_path: Path) -> Callable[..., Task]:
    """``make_task(params, files, stopping)``: a job's folder as its worker would find it."""
    torch.set_num_threads(1)
    made = 0

    def make(params: dict[str, Any], files: dict[str, Any], stopping: Callable[[], bool] = lambda: False) -> Task:
        nonlocal made
        made += 1
        folder = tmp_path / f"job-{made}"
        for name in ("inputs", "checkpoint", "result"):
            (folder / name).mkdir(parents=True)
        for name, content in files.items():
            data = content.read_bytes() if isinstance(content, Path) else content
            (folder / "inputs" / name).write_bytes(data)
        return Task(folder, params, stopping)

    return make


@pytest.fixture
def tuned(make_task: Callable[..., Task], own_home: Path) -> Callable[[Labelled, str], tuple[Any, Any, Path]]:
    """``tuned(data, base)``: the card, the report and the folder of a finished probe on real weights."""
    from core.finetuning import job, shelf, spool
    from core.finetuning.report import read_report

    def run(data: Labelled, base: str) -> tuple[Any, Any, Path]:
        task = make_task({"base": base, "strategy": "probe", "settings": {}, "title": "Taste"}, spool.spool(data))
        list(job.run(task))
        (card,) = shelf.own_cards([task.folder])
        return card, read_report(task.folder), task.folder

    return run
