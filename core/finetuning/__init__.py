"""A pretrained network learns a visitor's classes: labelled examples → strategy → a folder with a model and a report.

Importing this package loads no network: strategies are rows of data whose training code is imported when it runs.
"""

from core.finetuning.strategies import STRATEGIES, STRATEGIES_BY_NAME
from core.finetuning.strategies.base import Strategy

JOB = "core.finetuning.job:run"
"""What `core.jobs.submit` runs; its ``params``: base (slug), strategy (name), settings (dict), title."""

__all__ = ["JOB", "STRATEGIES", "STRATEGIES_BY_NAME", "Strategy"]
