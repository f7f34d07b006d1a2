"""Answers of the network as it is now, at full precision."""

from collections.abc import Sequence

import torch
from torch import Tensor

from core.finetuning import ranks
from core.finetuning.run import Run


def answer(run: Run, rows: Sequence[int]) -> Tensor | None:
    """Logits ``(len(rows), K)`` of the network as it is now, in the order of ``rows``; None where Stop came first.

    Processes that train together share the work, and are not stopped in it.
    """
    run.backbone.model.eval()
    found: dict[int, Tensor] = {}
    with torch.inference_mode():
        for batch, inputs in run.backbone.answer_batches(ranks.share(rows)):
            if ranks.world() == 1 and run.stopping():
                return None
            found |= zip(batch, run.backbone.logits(inputs).float().cpu().clone(), strict=True)
    every = {row: logits for part in ranks.gathered(found) for row, logits in part.items()}
    return torch.stack([every[row] for row in rows]).clone()
