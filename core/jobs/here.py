"""Work of a few seconds in a thread of this process, through the same door: the same task, record, Stop and panel.

A process of its own would cost more than the work. Should this process die, the record and the lock say so as they do
of a worker, and the supervisor does the work anew in one.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.config import Limits
from core.jobs.attempt import perform
from core.jobs.failures import SHORT_TOO_LONG
from core.jobs.lock import Lock, take
from core.jobs.queue import insert, room_for, size, spool
from core.jobs.quota import check_disk, check_short
from core.jobs.record import RUNNING, Job, check_entry, job_folder
from core.jobs.store import Store


def run_here(entry: str, params: dict[str, Any], owner: str, files: Mapping[str, bytes | Path] | None = None) -> str:
    """Begin short work at once and return its id, for `get`, `stop`, `remove` and the panel; arguments as `submit`.

    Raises:
        Busy: this visitor's last one still runs, too many run, or the disk is full; the sentence says which.
    """
    check_entry(entry)
    assert owner, "work needs an owner"
    job_id, limits = str(uuid4()), Limits.from_env()
    with Store() as store, room_for(job_id):
        check_disk(store, owner, limits, size(files or {}))
        spool(job_folder(job_id), files or {})
        proof = take(job_folder(job_id) / "live.lock")  # before the row, so that nobody can think it dead
        assert proof, "a new folder's lock is free"
        try:
            with store.writing():
                check_short(store, owner, limits)
                insert(store, job_id, entry, params, owner, place=0, state=RUNNING)
        except BaseException:
            proof.release()
            raise
        (job,) = store.jobs("id = ?", job_id)
    threading.Thread(
        target=_work, args=(job, proof, limits.short_seconds), name=f"job {job_id[:8]}", daemon=True
    ).start()
    return job_id


def _work(job: Job, proof: Lock, seconds: int) -> None:
    limit = threading.Timer(seconds, _too_long, (job.id, seconds))
    limit.daemon = True
    if seconds:
        limit.start()
    try:
        with Store() as store, (job.folder / "log.txt").open("a") as log:
            perform(store, job, log)
    finally:
        limit.cancel()
        proof.release()


def _too_long(job_id: str, seconds: int) -> None:
    with Store() as store:
        store.ask_stop(job_id, SHORT_TOO_LONG.format(seconds=seconds))
