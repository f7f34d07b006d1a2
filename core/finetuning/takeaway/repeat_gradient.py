"""Learning

Epochs over the training part in shuffled batches; the weights with the lowest validation loss are kept.
"""

import math
import random

import torch
from torch import Tensor, nn

from core.finetuning.takeaway.repeat_examples import train, val
from core.finetuning.takeaway.repeat_head import head_epochs, set_head
from core.finetuning.takeaway.repeat_image_blocks import passes, sizes
from core.finetuning.takeaway.repeat_one_class import loss_of, mass_of
from core.finetuning.takeaway.repeat_partial import learning
from core.finetuning.takeaway.repeat_settings import (
    BATCH_SIZE,
    BF16,
    EPOCHS_RUN,
    LEARNING_RATE,
    LR_SCHEDULER_TYPE,
    NUM_TRAIN_EPOCHS,
    SEED,
    WARMUP_RATIO,
    WEIGHT_DECAY,
)
from core.finetuning.takeaway.repeat_text import inputs, network

set_head(train, head_epochs)


def stays(module: nn.Module) -> bool:
    """Batch norms keep what they measured on many pictures, and gates that are always open stay so."""
    gate = getattr(module, "expand", None)
    return isinstance(module, nn.BatchNorm2d) or (isinstance(gate, nn.Conv2d) and not gate.weight.any())


inner = [module for part in learning for module in part.modules()]
frozen = {id(p) for module in inner if stays(module) for p in module.parameters()}
parameters = [p for part in learning for p in part.parameters() if id(p) not in frozen]
for parameter in parameters:
    parameter.requires_grad_(True)
optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)


def shuffled(seed: int) -> list[list[int]]:
    """The training part in batches; within 16 batches' worth, neighbours in length share one, to pad little."""
    dice, order = random.Random(seed), list(train)
    dice.shuffle(order)
    found = []
    for start in range(0, len(order), 16 * BATCH_SIZE):
        window = sorted(order[start : start + 16 * BATCH_SIZE], key=lambda row: sizes[row])
        found += [window[at : at + BATCH_SIZE] for at in range(0, len(window), BATCH_SIZE)]
    dice.shuffle(found)
    return found


def rate(step: int, total: int) -> float:
    """The learning rate: a rise during the warm-up, then the schedule's fall."""
    warmup = round(WARMUP_RATIO * total)
    if step < warmup:
        return LEARNING_RATE * (step + 1) / warmup
    done = (step - warmup) / max(total - warmup, 1)
    fall = {"linear": 1 - done, "cosine": 0.5 * (1 + math.cos(math.pi * done)), "constant": 1.0}
    return LEARNING_RATE * fall[LR_SCHEDULER_TYPE]


def answers(rows: list[int]) -> Tensor:
    """Logits (len(rows), K) of the network as it is now."""
    network.eval()
    with torch.no_grad():
        return torch.cat([network(**inputs(rows[at : at + 16])) for at in range(0, len(rows), 16)])


best_loss = float(loss_of(answers(val), val))
best, step = [p.detach().clone() for p in parameters], 0
for epoch in range(1, EPOCHS_RUN + 1):
    seed = SEED * 1000 + epoch
    torch.manual_seed(seed)  # for dropout
    batches = shuffled(seed)
    network.eval()
    for module in inner:
        module.train(not isinstance(module, nn.BatchNorm2d))
    for batch in batches:
        for group in optimizer.param_groups:
            group["lr"] = rate(step, NUM_TRAIN_EPOCHS * len(batches))
        optimizer.zero_grad()
        for part in passes(batch):  # gradients add up to those of the whole batch
            with torch.autocast("cpu", torch.bfloat16, enabled=BF16):
                loss = loss_of(network(**inputs(part)).float(), part) * (mass_of(part) / mass_of(batch))
            loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        step += 1
    val_loss = float(loss_of(answers(val), val))
    print(f"epoch {epoch}: validation loss {val_loss:.4f}")
    if val_loss < best_loss:
        best_loss, best = val_loss, [p.detach().clone() for p in parameters]
with torch.no_grad():
    for parameter, kept in zip(parameters, best, strict=True):
        parameter.copy_(kept)
