"""A probe on 200 emoji of five kinds against HF Trainer's full fine-tune of the same network."""

import statistics
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image

from benchmarks.finetuning import EPOCHS, Rows, accuracy, probe, trainer
from benchmarks.lines import Line, at_least
from core.data.labelled import LabelledImages, encode, index_labels
from core.data.samples import ASSETS
from core.models import MODELS_BY_SLUG, hub

BASE = "efficientnet-lite0"
PER_CLASS = 40
SEEDS = (42, 43, 44, 45)


def measure() -> list[Line]:
    """One run of the reference (minutes) between four probes; one torch thread, the same held-out emoji."""
    torch.set_num_threads(1)
    hub.quiet()
    train, test = emoji()
    few = LabelledImages(train.examples[::20], train.targets[::20], train.labels, train.names[::20])
    probe(BASE, few, few)  # imports
    reference(few, few, epochs=0.1)
    # Before and after the reference's minutes, since the machine may slow down or recover meanwhile.
    ours = [probe(BASE, train, test, seed) for seed in SEEDS[:2]]
    full, full_accuracy = reference(train, test)
    ours += [probe(BASE, train, test, seed) for seed in SEEDS[2:]]
    mean = statistics.mean(a for _, a in ours)
    note = (
        f"{len(train)} emoji, {EPOCHS} epochs; accuracy on {len(test)} others "
        f"{mean:.3f} (probe, {len(SEEDS)} seeds), {full_accuracy:.3f} (Trainer)"
    )
    return [at_least("finetune-image-probe", statistics.median(s for s, _ in ours), full, "s", 15, note)]


def emoji(seed: int = 0) -> tuple[LabelledImages, LabelledImages]:
    """`PER_CLASS` of each kind to learn from, the others held out; variants of a concept stay on one side."""
    with np.load(ASSETS / "emoji_noto.npz", allow_pickle=False) as archive:
        images, names, classes, concepts = (archive[k] for k in ("images", "names", "classes", "concepts"))
    order = np.random.default_rng(seed).permutation(len(images))
    train: list[int] = []
    for kind in np.unique(classes):
        train += [i for i in order if classes[i] == kind][:PER_CLASS]
    seen = {concepts[i] for i in train}
    test = [i for i in order if concepts[i] not in seen]
    return _labelled(images, names, classes, train), _labelled(images, names, classes, test)


def _labelled(images: np.ndarray, names: np.ndarray, classes: np.ndarray, rows: list[int]) -> LabelledImages:
    labels, targets = index_labels([str(classes[i]) for i in rows])
    examples = tuple(encode(Image.fromarray(images[i])) for i in rows)
    return LabelledImages(examples, targets, labels, tuple(str(names[i]) for i in rows))


def reference(train: LabelledImages, test: LabelledImages, *, epochs: float = EPOCHS) -> tuple[float, float]:
    """Seconds and accuracy of the Trainer script that a user would write; its pictures are prepared only once."""
    folder = hub.locate(MODELS_BY_SLUG[BASE])
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")

    def load() -> tuple[Any, Rows, Any]:
        model = transformers.AutoModelForImageClassification.from_pretrained(
            folder, num_labels=len(train.labels), ignore_mismatched_sizes=True
        )
        return model, _rows(processor, train), None

    seconds, trained = trainer(load, epochs)
    logits = trained.predict(_rows(processor, test)).predictions
    return seconds, accuracy(torch.from_numpy(logits), test)


def _rows(processor: Any, data: LabelledImages) -> Rows:
    return Rows(
        [
            {"pixel_values": processor(data.image(i), return_tensors="pt")["pixel_values"][0], "labels": target}
            for i, target in enumerate(data.targets)
        ]
    )
