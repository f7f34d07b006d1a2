"""Run anything long in the background: one process per job, a record that survives every crash.

A job is a function ``def run(task: Task) -> Iterator[dict]`` known here only by its import string. `submit` queues
it, a supervisor starts it in a process of its own, `get` tells how it stands, and `stop`, `restart` and `remove` do
what they say; all of them only for the owner's key.
"""

from core.jobs.launch import ensure_supervisor
from core.jobs.queue import get, list_jobs, remove, restart, stop, submit
from core.jobs.record import CANCELLED, DONE, FAILED, INTERRUPTED, QUEUED, RUNNING, Job, Task
from core.jobs.spare import warm

__all__ = [
    "CANCELLED",
    "DONE",
    "FAILED",
    "INTERRUPTED",
    "QUEUED",
    "RUNNING",
    "Job",
    "Task",
    "ensure_supervisor",
    "get",
    "list_jobs",
    "remove",
    "restart",
    "stop",
    "submit",
    "warm",
]
