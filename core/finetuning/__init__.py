"""Fine-tuning: labelled examples and a pretrained network in, a model of the visitor's own and a report out.

Importing this package loads data only; `job` does the work in a process of its own.
"""

from core.finetuning.strategy import PARTIAL, PROBE, Strategy

# Reading order is menu order.
STRATEGIES: tuple[Strategy, ...] = (PROBE, PARTIAL)
STRATEGIES_BY_SLUG = {strategy.slug: strategy for strategy in STRATEGIES}

__all__ = ["STRATEGIES", "STRATEGIES_BY_SLUG", "Strategy"]
