"""The aim

An example may have several classes: each is judged by itself, and given from a probability of one half on.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.finetuning.takeaway.repeat_examples import examples, train
from core.finetuning.takeaway.repeat_settings import CLASS_WEIGHTS, LABELS

targets = torch.tensor([[float(label in example["labels"]) for label in LABELS] for example in examples])  # (N, K)
there = targets[train].sum(0).clamp(min=1)
weights = ((len(train) - there) / there).clamp(1 / 20, 20) if CLASS_WEIGHTS else None


def loss_of(logits: Tensor, rows: list[int]) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, targets[rows], pos_weight=weights)


def mass_of(rows: list[int]) -> float:
    """What the mean loss of these examples is divided by."""
    return len(rows)


def probs_of(logits: Tensor) -> Tensor:
    return logits.sigmoid()


def right(probs: Tensor, rows: list[int]) -> Tensor:
    """Where exactly the example's classes are given."""
    return ((probs >= 0.5) == targets[rows].bool()).all(1)
