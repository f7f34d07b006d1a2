"""A job that needs torch, which takes seconds to import."""

import sys
from collections.abc import Iterator
from typing import Any


def prepare() -> None:
    """Import early what the job imports late."""
    import torch  # noqa: F401


def run(task: Any) -> Iterator[dict]:
    """Tell whether the import was done before the job came."""
    warm = "torch" in sys.modules
    import torch

    print("words for the log")
    yield {"fraction": 1.0, "warm": warm, "threads": torch.get_num_threads()}
