"""The process of one job: ``python -m core.jobs.worker ID``, or ``--spare ENTRY`` to import first and be told the id.

It takes the job's lock, claims the job, runs its function and tells the store how it goes and how it ended.
"""

import os
import sqlite3
import sys

from core import device
from core.config import Limits
from core.jobs.attempt import EXIT_DISK_FULL, load, perform
from core.jobs.failures import is_disk_full
from core.jobs.lock import take
from core.jobs.record import is_id, job_folder
from core.jobs.store import Store

NICE = 15
READY = "ready"  # a spare's word in its log when it has imported everything


def run(job_id: str) -> int:
    """Do the job, unless another process does it; returns the exit code."""
    if not job_folder(job_id).is_dir():
        return 0
    proof = take(job_folder(job_id) / "live.lock", patience=2.0)
    if proof is None:
        return 0
    store = Store()
    job = store.claim(job_id, os.getpid())
    if job is None:
        return 0
    be_nice()
    limit_memory(Limits.from_env().job_memory_mb)
    return perform(store, job, sys.stderr)


def be_nice() -> None:
    """Bring this process to the jobs' priority, on one thread; a spare is there already."""
    device.be_nice(max(NICE - os.nice(0), 0))
    device.share_machine()


def wait_for_job(entry: str) -> str:
    """As a spare: import what a job of ``entry`` needs, then wait for its id; empty when the supervisor lets go.

    A module whose functions import late may have a ``prepare()`` that imports early; only spares call it.
    """
    be_nice()
    load(entry)
    if prepare := getattr(sys.modules[entry.split(":")[0]], "prepare", None):
        prepare()
    print(READY, flush=True)
    job_id = sys.stdin.readline().strip()
    if is_id(job_id) and job_folder(job_id).is_dir():
        with (job_folder(job_id) / "log.txt").open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
    return job_id


def limit_memory(megabytes: int) -> None:
    """Have the system refuse memory beyond ``megabytes`` (0: no limit), so that a job fails alone, with a sentence."""
    if megabytes:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * device.MB, hard))


def main(arguments: list[str]) -> int:
    """Run the job that the command line names, or the one that a spare is given."""
    if len(arguments) == 2 and arguments[0] == "--spare":
        arguments = [wait_for_job(arguments[1])]
        if not arguments[0]:
            return 0
    if len(arguments) != 1 or not is_id(arguments[0]):
        print("usage: python -m core.jobs.worker ID", file=sys.stderr)
        return 2
    try:
        return run(arguments[0])
    except (OSError, sqlite3.Error) as error:  # before the job was claimed, so the supervisor must tell it
        if is_disk_full(error):
            return EXIT_DISK_FULL
        raise


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a thread that the job left behind must not keep its process alive
