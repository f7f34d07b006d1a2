"""What a visitor can do with jobs: each statement names the owner, so another's job reads as if it did not exist."""

import json
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.config import Limits
from core.errors import Busy, NotFound, PlaygroundError
from core.jobs.launch import ensure_supervisor
from core.jobs.record import CANCELLED, QUEUED, REMOVED, RUNNING, STOP, Job, check_entry, is_id, job_folder, jobs_folder
from core.jobs.store import Store

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_DAY = 86_400.0
_MB = 1024 * 1024


def submit(entry: str, params: dict[str, Any], owner: str, files: Mapping[str, bytes | Path] | None = None) -> str:
    """Put a job in the queue and return its id.

    Args:
        entry: ``module:function`` of this project; the function takes a `Task` and yields progress records.
        params: what JSON can hold.
        owner: the visitor's key; without it the job cannot be seen again.
        files: the job's inputs by simple names that the caller chose (never a visitor's): bytes, or a file to copy.

    Raises:
        Busy: a quota, the queue or the disk is full; the sentence says which.
    """
    check_entry(entry)
    assert owner, "a job needs an owner"
    job_id = str(uuid4())
    with Store() as store:
        _check_room(store, owner, Limits.from_env(), new=True)  # refused before anything is copied
        try:
            _spool(job_folder(job_id), files or {})
            _insert(store, job_id, entry, json.dumps(params), owner)
        except BaseException:
            shutil.rmtree(job_folder(job_id), ignore_errors=True)
            raise
    ensure_supervisor()
    return job_id


def get(job_id: str, owner: str) -> Job:
    """The job as it stands.

    Raises:
        NotFound: there is none with this id, or it is another visitor's.
    """
    with Store() as store:
        return _own(store, job_id, owner)


def list_jobs(owner: str) -> list[Job]:
    """The visitor's jobs, newest first."""
    with Store() as store:
        jobs = store.jobs("owner = ? and state != ?", owner, REMOVED)
    return sorted(jobs, key=lambda job: job.created, reverse=True)


def stop(job_id: str, owner: str) -> None:
    """Take a waiting job from the queue, or ask a running one to keep its best state and end; an ended one stays."""
    with Store() as store:
        _own(store, job_id, owner)
        mine = "where id = ? and owner = ? and state = ?"
        sql = f"update job set state = ?, updated = ? {mine}"
        if not store.update(sql, CANCELLED, time.time(), job_id, owner, QUEUED):
            store.update(f"update job set want = ? {mine} and want = ''", STOP, job_id, owner, RUNNING)
    ensure_supervisor()


def restart(job_id: str, owner: str) -> None:
    """Queue a job that failed, was stopped or was interrupted again; it continues from its checkpoint.

    Raises:
        PlaygroundError: it runs, waits or is done.
        Busy: as for `submit`.
    """
    with Store() as store, store.writing():
        if not _own(store, job_id, owner).restartable:
            raise PlaygroundError("Only a job that failed or was stopped can be restarted.")
        _check_room(store, owner, Limits.from_env(), new=False)
        sql = "update job set state = ?, want = '', error = null, attempts = 0, place = ?, updated = ?"
        store.update(f"{sql} where id = ? and owner = ?", QUEUED, _last_place(store), time.time(), job_id, owner)
    ensure_supervisor()


def remove(job_id: str, owner: str) -> None:
    """Delete an ended job and all its files.

    Raises:
        PlaygroundError: it has not ended.
    """
    with Store() as store:
        with store.writing():
            if _own(store, job_id, owner).active:
                raise PlaygroundError("This job has not ended: stop it first, then remove it.")
            sql = "update job set state = ?, params = '{}', progress = '{}', error = null where id = ? and owner = ?"
            store.update(sql, REMOVED, job_id, owner)
        shutil.rmtree(job_folder(job_id), ignore_errors=True)


def _own(store: Store, job_id: str, owner: str) -> Job:
    found = store.jobs("id = ? and owner = ? and state != ?", job_id, owner, REMOVED) if is_id(job_id) else []
    if not found:
        raise NotFound(
            "There is no such job here, or it has expired: open this page's list of jobs, or start a new one."
        )
    return found[0]


def _insert(store: Store, job_id: str, entry: str, params: str, owner: str) -> None:
    now = time.time()
    with store.writing():
        _check_room(store, owner, Limits.from_env(), new=True)
        sql = (
            "insert into job (id, owner, entry, params, state, place, created, updated) values (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        store.update(sql, job_id, owner, entry, params, QUEUED, _last_place(store), now, now)


def _last_place(store: Store) -> int:
    return store.connection.execute("select coalesce(max(place), 0) + 1 from job").fetchone()[0]


def _check_room(store: Store, owner: str, limits: Limits, *, new: bool) -> None:
    def count(where: str, *values: Any) -> int:
        return store.connection.execute(f"select count(*) from job where {where}", values).fetchone()[0]

    active = count("owner = ? and state in (?, ?)", owner, QUEUED, RUNNING)
    if limits.jobs_per_visitor and active >= limits.jobs_per_visitor:
        raise Busy("You already have a job that runs or waits: let it end or stop it, then start this one.")
    today = count("owner = ? and created > ?", owner, time.time() - _DAY) if new else 0
    if limits.jobs_per_visitor_per_day and today >= limits.jobs_per_visitor_per_day:
        raise Busy(f"You have started {today} jobs in the last 24 hours, the limit on this server: try again tomorrow.")
    waiting = count("state = ?", QUEUED)
    if limits.jobs_queued and waiting >= limits.jobs_queued:
        raise Busy(f"The queue is full, {waiting} jobs are waiting: try again in a few minutes.")
    if limits.free_disk_mb and shutil.disk_usage(jobs_folder()).free < limits.free_disk_mb * _MB:
        raise Busy("The server's disk is almost full: remove jobs that you no longer need, or try again later.")


def _spool(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, mode=0o700)
    for name, content in files.items():
        if not _FILE_NAME.fullmatch(name):
            raise ValueError(f"not a simple file name: {name!r}")
        if isinstance(content, Path):
            shutil.copyfile(content, inputs / name)
        else:
            (inputs / name).write_bytes(content)
