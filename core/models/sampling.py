"""From logits to the next token: temperature, the k likeliest, the likeliest that hold p of the probability."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.params import FloatRange, IntRange, setting


@dataclass(frozen=True)
class Sampling:
    """How freely the next token is drawn; names and meaning as in `transformers`' ``generate``."""

    temperature: float = setting(
        FloatRange(
            "temperature",
            "Temperature",
            0.0,
            2.0,
            0.3,
            "Below 1 the likeliest tokens gain, above 1 the others do; 0 always takes the likeliest.",
            step=0.05,
        )
    )
    max_new_tokens: int = setting(IntRange("max_new_tokens", "Longest answer (tokens)", 8, 400, 120, step=8))
    seed: int = setting(IntRange("seed", "Seed", 0, 99_999, 0, "The same seed and settings draw the same text."))
    top_k: int = setting(
        IntRange("top_k", "Top k", 0, 200, 50, "Only the k likeliest tokens can be drawn; 0 allows all.", advanced=True)
    )
    top_p: float = setting(
        FloatRange(
            "top_p",
            "Top p",
            0.05,
            1.0,
            0.95,
            "Only the likeliest tokens that together hold this probability can be drawn; 1 allows all.",
            step=0.05,
            advanced=True,
        )
    )


def draw(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> int:
    """The next token's id from ``logits (V,)``; greedy where the temperature is 0."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial(allowed(logits, sampling), 1, generator=generator))


def allowed(logits: Tensor, sampling: Sampling) -> Tensor:
    """The probabilities ``(V,)`` that are drawn from, in the order of `transformers`: temperature, top k, top p."""
    logits = logits.float() / sampling.temperature
    if 0 < sampling.top_k < len(logits):
        logits = logits.masked_fill(logits < logits.topk(sampling.top_k).values[-1], -torch.inf)
    if sampling.top_p < 1:
        descending, order = logits.sort(descending=True)
        before = descending.softmax(0).cumsum(0) - descending.softmax(0)  # held by the likelier ones; the first: 0
        logits = logits.index_fill(0, order[before >= sampling.top_p], -torch.inf)
    return logits.softmax(0)
