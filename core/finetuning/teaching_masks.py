"""Teaching a segmenter: a name for every pixel."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.data.scenes import Scene
from core.finetuning.teaching_skills import SIDE, Measured, Skill, mixed, named, pixels_of

BACKGROUND_WEIGHT = 0.4  # it covers most of every scene


def widen(model: Any, labels: tuple[str, ...]) -> None:
    """Give ``model`` one more class: its last layer a row that says nothing yet, its configuration the name."""
    old = model.decode_head.classifier  # (K, C, 1, 1)
    new = nn.Conv2d(old.in_channels, len(labels), kernel_size=1)
    with torch.no_grad():
        new.weight[:-1], new.bias[:-1] = old.weight, old.bias  # pyright: ignore[reportOptionalSubscript]
        # Between all others: no pixel is the new thing at first, and every row can move away from it.
        new.weight[-1], new.bias[-1] = old.weight[1:].mean(0), old.bias[1:].mean()  # pyright: ignore[reportOptionalSubscript]
    model.decode_head.classifier = new
    named(model, labels)


def loss_of(model: Any, some: list[Scene]) -> Tensor:
    """Cross-entropy of every second pixel each way, background counting less."""
    with mixed():
        logits = model(pixel_values=pixels_of(some)).logits  # (N, K, SIDE/4, SIDE/4)
    half = F.interpolate(logits.float(), scale_factor=2, mode="bilinear", align_corners=False)
    masks = torch.from_numpy(np.stack([one.mask[1::2, 1::2] for one in some])).long().to(logits.device)
    weights = torch.ones(logits.shape[1], device=logits.device)
    weights[0] = BACKGROUND_WEIGHT
    # Classes last: the same over another dimension takes many times as long.
    return F.cross_entropy(half.permute(0, 2, 3, 1).flatten(0, 2), masks.flatten(), weight=weights)


def measured(model: Any, batches: Iterable[list[Scene]]) -> Measured:
    """Overlap of masks, all scenes taken together."""
    size = model.config.num_labels
    hits = np.zeros((size, size))
    for some in batches:
        with torch.inference_mode():
            logits = model(pixel_values=pixels_of(some)).logits.float()
            logits = F.interpolate(logits, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        given = logits.argmax(1).cpu().numpy()
        np.add.at(hits, (np.stack([one.mask for one in some]).ravel(), given.ravel()), 1)
    union = hits.sum(0) + hits.sum(1) - hits.diagonal()
    iou = hits.diagonal() / np.maximum(union, 1)
    old = [iou[kind] for kind in range(1, size - 1) if hits[kind].sum()]
    return {"new": round(float(iou[-1]), 4), "old": round(float(np.mean(old)) if old else 0.0, 4)}


MASKS = Skill("AutoModelForSemanticSegmentation", 1, widen, loss_of, measured)
