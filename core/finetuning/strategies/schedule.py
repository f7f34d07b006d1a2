"""How the learning rate goes over a run: it rises during the warm-up, then follows a curve; and when waiting ends."""

import math
from collections.abc import Sequence

from core.finetuning.run import Progress


def factor(kind: str, step: int, total: int, warmup_ratio: float) -> float:
    """The share of the full learning rate for ``step`` of ``total``, counted from 0; names as in `transformers`.

    `transformers` begins the warm-up at 0 and so loses its first step; here it begins one step later.
    """
    warmup = round(warmup_ratio * total)
    if step < warmup:
        return (step + 1) / warmup
    if kind == "constant":
        return 1.0
    done = (step - warmup) / max(total - warmup, 1)
    return 1 - done if kind == "linear" else 0.5 * (1 + math.cos(math.pi * done))


def waited(history: Sequence[Progress], threshold: float) -> int:
    """Epochs since the validation loss last fell by more than ``threshold`` below its lowest."""
    lowest, since = math.inf, 0
    for record in history:
        since = 0 if record["val_loss"] < lowest - threshold else since + 1
        lowest = min(lowest, record["val_loss"])
    return since
