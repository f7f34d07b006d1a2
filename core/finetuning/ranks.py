"""The processes that train together under ``torchrun``: who does what, and one decision for all. Alone: no cost."""

import os
from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def world() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """This process's number among them; the first one writes files."""
    return int(os.environ.get("RANK", "0"))


def is_first() -> bool:
    """Whether this process writes for all."""
    return rank() == 0


def share(rows: Sequence[T]) -> list[T]:
    """The part of ``rows`` that this process works on."""
    return list(rows[rank() :: world()])


def gathered(own: Any) -> list[Any]:
    """What every process has, in the order of their numbers; all of them must ask."""
    if world() == 1:
        return [own]
    import torch.distributed as dist

    join()
    found: list[Any] = [None] * world()
    dist.all_gather_object(found, own)
    return found


def agreed(wish: bool) -> bool:
    """Whether any process wishes it; all of them must ask at the same place, so that none waits for another."""
    return any(gathered(wish))


def join() -> None:
    """Have the processes know each other; `accelerate` reads from ``torchrun``'s variables how."""
    from accelerate import PartialState

    from core.device import device

    PartialState(cpu=device().type == "cpu")
