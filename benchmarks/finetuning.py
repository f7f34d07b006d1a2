"""What the fine-tuning benchmarks share: snippets, a timed probe, and the Trainer that a user would write instead."""

import io
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch.utils.data import Dataset

from core import config
from core.data.labelled import Labelled, LabelledTexts
from core.finetuning import STRATEGIES_BY_NAME, backbones, feature_cache
from core.finetuning.run import Run
from core.finetuning.split import Split, split
from core.finetuning.strategies.answering import answer
from core.models import MODELS_BY_SLUG

PACKAGE = "vaderSentiment==0.5"  # fetched for measuring only; the texts are not redistributed
MEMBER = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
EPOCHS = 3


def snippets(train: int, test: int, seed: int = 0) -> tuple[LabelledTexts, LabelledTexts]:
    """Film snippets that people found clearly negative or positive (mean valence beyond ±0.5, of -4 to 4)."""
    rows = [line.split("\t") for line in _fetched().splitlines()]
    clear = [(text.strip(), int(float(valence) > 0)) for _, valence, text in rows if abs(float(valence)) > 0.5]
    order = np.random.default_rng(seed).permutation(len(clear))[: train + test]
    chosen = [clear[i] for i in order]
    return _labelled(chosen[:train]), _labelled(chosen[train:])


def _labelled(rows: Sequence[tuple[str, int]]) -> LabelledTexts:
    texts, targets = zip(*rows, strict=True)
    return LabelledTexts(texts, targets, ("negative", "positive"), ("",) * len(rows))


def _fetched() -> str:
    folder = config.home() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    if not (found := list(folder.glob("vaderSentiment-*.zip"))):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*command, "--no-build-isolation", "-d", str(folder), PACKAGE], check=True, stdout=sys.stderr)
        found = list(folder.glob("vaderSentiment-*.zip"))
    with zipfile.ZipFile(found[0]) as package:
        inner = next(name for name in package.namelist() if name.endswith("hutto_ICWSM_2014.tar.gz"))
        with tarfile.open(fileobj=io.BytesIO(package.read(inner))) as archive:
            file = archive.extractfile(MEMBER)
            assert file is not None
            return file.read().decode("utf-8", "replace")


def tuned(
    name: str, base: str, data: Labelled, test: Labelled, seed: int = 42, **settings: Any
) -> tuple[float, float, Any]:
    """Seconds from the examples to the trained network by strategy ``name``, nothing cached; its accuracy on ``test``.

    The third is what the strategy says about it.
    """
    strategy = STRATEGIES_BY_NAME[name]
    chosen = strategy.settings[data.kind](seed=seed, **settings)
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(feature_cache, "folder", lambda: Path(folder)):
        start = time.perf_counter()
        parts = split(data, seed=seed, valid_split=chosen.valid_split)
        # The benchmark brings its own test part, so that both sides learn from the same examples.
        parts = Split((*parts.train, *parts.test), parts.val, ())
        backbone = backbones.load(MODELS_BY_SLUG[base], data, chosen)
        outcome = finish(strategy.train()(Run(data, parts, chosen, backbone, Path(folder) / "run", lambda: False)))
        seconds = time.perf_counter() - start
        other = backbones.load(MODELS_BY_SLUG[base], test, chosen)
        if data.kind == "text":
            other.cut(len(backbone.blocks()))
        other.model.load_state_dict(backbone.model.state_dict())
        everything = SimpleNamespace(backbone=other, data=test, stopping=lambda: False)
        logits = answer(everything, range(len(test)))  # pyright: ignore[reportArgumentType]
        assert logits is not None
    return seconds, accuracy(logits, test), outcome


def finish(records: Any) -> Any:
    """What a strategy returns at its end."""
    while True:
        try:
            next(records)
        except StopIteration as end:
            return end.value


def probe(base: str, data: Labelled, test: Labelled, seed: int = 42) -> tuple[float, float]:
    """`tuned` by the probe, without its words."""
    return tuned("probe", base, data, test, seed)[:2]


def interval(values: Sequence[float]) -> str:
    """``0.742 ± 0.010``: the mean over seeds and twice its standard error."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):.3f} ± {2 * error:.3f}"


def accuracy(logits: torch.Tensor, test: Labelled) -> float:
    """The share of ``test`` that ``logits (N, K)`` get right."""
    return float((logits.argmax(1) == torch.tensor(test.targets)).float().mean())


class Rows(Dataset):
    """Dictionaries as a data set."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.rows[index]


def trainer(load: Callable[[], tuple[Any, Rows, Any]], epochs: float = EPOCHS, seed: int = 42) -> tuple[float, Any]:
    """Seconds of a full fine-tune by HF Trainer with its defaults (batches of 8, lr 5e-5, AdamW), and the trainer.

    Args:
        load: makes the model, the training rows, and the tokenizer that pads batches (or None); its time counts.
    """
    from transformers import Trainer, TrainingArguments

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            num_train_epochs=epochs,
            seed=seed,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            dataloader_pin_memory=False,
        )
        start = time.perf_counter()
        model, rows, tokenizer = load()
        trains = Trainer(model, arguments, train_dataset=rows, processing_class=tokenizer)
        trains.train()
        return time.perf_counter() - start, trains
