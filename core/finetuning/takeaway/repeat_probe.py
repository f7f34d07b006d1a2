"""The probe

The network stays as it is, so its features are computed once; only the new layer learns from them, all at once.
"""

from collections.abc import Iterator
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.finetuning.takeaway.repeat_examples import examples, targets, train, val
from core.finetuning.takeaway.repeat_settings import (
    EARLY_STOPPING_PATIENCE,
    LABELS,
    LEARNING_RATE,
    NUM_TRAIN_EPOCHS,
    WEIGHT_DECAY,
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
    optimizer = torch.optim.Adam(layer.parameters(), lr=LEARNING_RATE)
    for _ in range(NUM_TRAIN_EPOCHS):
        pull = WEIGHT_DECAY / 2 * layer.weight.square().sum()  # towards zero
        loss = F.cross_entropy(layer((features[rows] - mean) / std), targets[rows]) + pull
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield layer, mean, std


# First learn from `train`, and see after how many steps `val` is explained best.
best_epoch, best_loss = 0, float("inf")
for epoch, (layer, mean, std) in enumerate(epochs(train), start=1):
    with torch.no_grad():
        val_loss = float(F.cross_entropy(layer((features[val] - mean) / std), targets[val]))
    if val_loss < best_loss - 1e-5:
        best_epoch, best_loss = epoch, val_loss
    if epoch - best_epoch >= EARLY_STOPPING_PATIENCE:
        break
print(f"validation loss {best_loss:.4f} after {best_epoch} epochs")

# Then learn anew from both parts for as many, since more examples teach more.
*_, (layer, mean, std) = islice(epochs(train + val), best_epoch)
with torch.no_grad():
    network.head.weight.copy_(layer.weight / std)  # the same answers from features as they are
    network.head.bias.copy_(layer.bias - network.head.weight @ mean)
