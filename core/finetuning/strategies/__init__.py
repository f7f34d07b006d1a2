"""The ways to fine-tune, in menu order; the first is the recommended one."""

from core.finetuning.strategies.base import Strategy
from core.finetuning.strategies.rows import CONTRASTIVE, FULL, LORA, PARTIAL, PROBE

STRATEGIES: tuple[Strategy, ...] = (PROBE, PARTIAL, LORA, FULL, CONTRASTIVE)
STRATEGIES_BY_NAME = {strategy.name: strategy for strategy in STRATEGIES}

__all__ = ["STRATEGIES", "STRATEGIES_BY_NAME", "Strategy"]
