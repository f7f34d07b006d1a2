"""Train an adapter with the playground's own engine, judge it on texts it never saw, and write what ships."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft.utils import SAFETENSORS_WEIGHTS_NAME
from safetensors.torch import load_file, save_file

from core import config
from core.data.labelled import LabelledTexts
from core.finetuning import job, spool
from core.finetuning.metrics import wilson
from core.models import own, shipped
from core.models.shipped import Facts, Figure
from core.models.text_classifier import TextClassifier
from recipes import shipping

BASE, STRATEGY = "all-minilm-l6-v2", "lora"


@dataclass(frozen=True)
class Task:
    """What `job.train` asks of a job."""

    folder: Path
    params: dict[str, Any]

    def stopping(self) -> bool:
        """Never."""
        return False


def adapt(name: str, data: LabelledTexts, about: str, tests: Mapping[str, LabelledTexts], **settings: Any) -> None:
    """Train on ``data``, judge on each of ``tests``, and write the adapter and its facts to ``weights/<name>``.

    Args:
        about: one sentence on the data and its licence.
        settings: of the strategy.
    """
    start = time.perf_counter()
    folder = config.home() / "recipes" / name
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("inputs", "checkpoint", "result"):
        (folder / part).mkdir(parents=True)
    for file, content in spool.spool(data).items():
        (folder / "inputs" / file).write_bytes(content)
    phase = ""
    params = {"base": BASE, "strategy": STRATEGY, "settings": settings, "title": name}
    for record in job.train(Task(folder, params)):
        if record["phase"] != phase:
            phase = record["phase"]
            print(f"{phase}, {time.perf_counter() - start:.0f} s", flush=True)
    seconds = round(time.perf_counter() - start)
    classifier = TextClassifier.load(own.read_card(folder / "result" / "model"))
    figures = [judged(classifier, what, texts) for what, texts in tests.items()]
    target = shipped.FOLDER / name
    halve(folder / "result" / "adapter", target)
    facts = Facts(
        recipe=f"python -m recipes.{name.replace('-', '_')}",
        data=about,
        labels=classifier.labels,
        max_seq_length=classifier.max_tokens,
        seconds=seconds,
        machine=shipping.machine(("torch", "transformers", "peft")),
        figures=tuple(figures),
    )
    shipping.write_facts(name, facts)


def judged(classifier: TextClassifier, what: str, texts: LabelledTexts) -> Figure:
    """The share of ``texts`` that ``classifier`` gets right."""
    right = int((classifier.predict(texts.examples).argmax(1) == torch.tensor(texts.targets)).sum())
    low, high = wilson(right, len(texts))
    chance = np.bincount(texts.targets).max() / len(texts)
    return shipping.figure(what, right / len(texts), (low, high), chance, len(texts))


def halve(adapter: Path, target: Path) -> None:
    """The matrices in half precision, and peft's configuration."""
    halved = {key: tensor.half().contiguous() for key, tensor in load_file(adapter / SAFETENSORS_WEIGHTS_NAME).items()}
    save_file(halved, target / SAFETENSORS_WEIGHTS_NAME)
    shutil.copy(adapter / "adapter_config.json", target)
