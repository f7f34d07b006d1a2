"""Run anything long in the background: one process per job, a record that survives every crash.

A job is a function ``def run(task: Task) -> Iterator[dict]`` known here only by its import string. `submit` queues
it, a supervisor starts it in a process of its own, `get` tells how it stands, and `stop`, `restart` and `remove` do
what they say; all of them only for the owner's key. `run_here` is the same door for work of a few seconds, which needs
no process of its own.
"""

from core.jobs.here import run_here
from core.jobs.launch import ensure_supervisor
from core.jobs.queue import get, list_jobs, remove, restart, stop, submit, tend, warm
from core.jobs.record import CANCELLED, DONE, FAILED, INTERRUPTED, QUEUED, RUNNING, Job, Task

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
    "run_here",
    "stop",
    "submit",
    "tend",
    "warm",
]
