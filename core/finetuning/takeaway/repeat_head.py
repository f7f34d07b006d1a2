"""The new layer

While the network stays as it is, its features need to be computed only once; the new layer learns from all at once.
"""

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor, nn

from core.finetuning.takeaway.repeat_examples import examples, train, val
from core.finetuning.takeaway.repeat_one_class import loss_of
from core.finetuning.takeaway.repeat_settings import (
    HEAD_EPOCHS,
    HEAD_LEARNING_RATE,
    HEAD_PATIENCE,
    HEAD_WEIGHT_DECAY,
    LABELS,
)
from core.finetuning.takeaway.repeat_text import inputs, network

with torch.inference_mode():
    batches = [list(range(start, min(start + 16, len(examples)))) for start in range(0, len(examples), 16)]
    features = torch.cat([network.features(**inputs(batch)) for batch in batches])  # (N, D)
features = features.clone()  # outside inference mode, so that a layer may learn from it


def epochs(rows: list[int]) -> Iterator[tuple[nn.Linear, Tensor, Tensor]]:
    """After each step on all of ``rows``: the layer, and the mean and deviation of the features that it reads."""
    mean, std = features[rows].mean(0), features[rows].std(0, correction=0)
    std = torch.where(std > 1e-6, std, torch.ones_like(std))
    layer = nn.Linear(features.shape[1], len(LABELS))
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.Adam(layer.parameters(), lr=HEAD_LEARNING_RATE)
    for _ in range(HEAD_EPOCHS):
        pull = HEAD_WEIGHT_DECAY / 2 * layer.weight.square().sum()  # towards zero
        loss = loss_of(layer((features[rows] - mean) / std), rows) + pull
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield layer, mean, std


def set_head(rows: list[int], count: int) -> None:
    """Give the network the layer that learned from ``rows`` for ``count`` epochs."""
    *_, (layer, mean, std) = islice(epochs(rows), count)
    with torch.no_grad():
        network.head.weight.copy_(layer.weight / std)  # the same answers from features as they are
        network.head.bias.copy_(layer.bias - network.head.weight @ mean)


# Learn from `train`, and see after how many steps `val` is explained best.
head_epochs, head_loss = 0, float("inf")
for epoch, (layer, mean, std) in enumerate(epochs(train), start=1):
    with torch.no_grad():
        val_loss = float(loss_of(layer((features[val] - mean) / std), val))
    if val_loss < head_loss - 1e-5:
        head_epochs, head_loss = epoch, val_loss
    if epoch - head_epochs >= HEAD_PATIENCE:
        break
print(f"new layer: validation loss {head_loss:.4f} after {head_epochs} epochs")
