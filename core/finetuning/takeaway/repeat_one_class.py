"""The aim

Each example has one class: cross-entropy, and the likeliest class is the answer.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.finetuning.takeaway.repeat_examples import examples, train
from core.finetuning.takeaway.repeat_settings import CLASS_WEIGHTS, LABELS

targets = torch.tensor([LABELS.index(example["label"]) for example in examples])  # (N)
counts = torch.bincount(targets[train], minlength=len(LABELS)).clamp(min=1)
weights = len(train) / (len(LABELS) * counts) if CLASS_WEIGHTS else None


def loss_of(logits: Tensor, rows: list[int]) -> Tensor:
    return F.cross_entropy(logits, targets[rows], weights)


def mass_of(rows: list[int]) -> float:
    """What the mean loss of these examples is divided by."""
    return len(rows) if weights is None else float(weights[targets[rows]].sum())


def probs_of(logits: Tensor) -> Tensor:
    return logits.softmax(1)


def right(probs: Tensor, rows: list[int]) -> Tensor:
    return probs.argmax(1) == targets[rows]
