"""What a visitor can do with jobs: each statement names the owner, so another's job reads as if it did not exist."""

import json
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.config import Limits
from core.errors import Busy, NotFound, PlaygroundError
from core.jobs import spare
from core.jobs.failures import NO_ROOM, is_disk_full
from core.jobs.launch import ensure_supervisor
from core.jobs.quota import check_count, check_disk
from core.jobs.record import CANCELLED, QUEUED, REMOVED, RUNNING, STOP, Job, check_entry, is_id, job_folder, jobs_folder
from core.jobs.store import Store

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


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
    job_id, limits = str(uuid4()), Limits.from_env()
    with Store() as store, room_for(job_id):
        check_count(store, owner, limits, new=True)  # refused before anything is copied
        check_disk(store, owner, limits, size(files or {}))
        spool(job_folder(job_id), files or {})
        with store.writing():
            check_count(store, owner, limits, new=True)
            insert(store, job_id, entry, params, owner, place=_last_place(store))
    ensure_supervisor()
    return job_id


def get(job_id: str, owner: str) -> Job:
    """The job as it stands; whoever looks at one that has not ended makes sure that it is watched over.

    Raises:
        NotFound: there is none with this id, or it is another visitor's.
    """
    with Store() as store:
        job = _own(store, job_id, owner)
    if job.active:
        ensure_supervisor()
    return job


def list_jobs(owner: str) -> list[Job]:
    """The visitor's jobs, newest first."""
    with Store() as store:
        jobs = store.jobs("owner = ? and state != ?", owner, REMOVED)
    return sorted(jobs, key=lambda job: job.created, reverse=True)


def warm(entry: str) -> None:
    """Say that a job of ``entry`` may come soon, so that a worker imports what it needs; cheap, and only a wish."""
    check_entry(entry)
    ensure_supervisor()
    spare.wish(entry)


def tend() -> None:
    """Resume what a crash left and remove what has expired; does nothing where no job ever was."""
    if (jobs_folder() / "jobs.db").exists():
        ensure_supervisor()


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
        check_count(store, owner, Limits.from_env(), new=False)
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


def insert(
    store: Store, job_id: str, entry: str, params: dict[str, Any], owner: str, *, place: int, state: str = QUEUED
) -> None:
    """A new row; short work has place 0 and begins as running."""
    now, attempts = time.time(), int(state == RUNNING)
    names = "id, owner, entry, params, state, attempts, place, created, updated"
    values = (job_id, owner, entry, json.dumps(params), state, attempts, place, now, now)
    store.update(f"insert into job ({names}) values ({', '.join('?' * len(values))})", *values)


def _last_place(store: Store) -> int:
    return store.connection.execute("select coalesce(max(place), 0) + 1 from job").fetchone()[0]


@contextmanager
def room_for(job_id: str) -> Iterator[None]:
    """Leave no folder behind where a job could not be submitted.

    Raises:
        Busy: there is no room on the disk for its files.
    """
    try:
        yield
    except BaseException as error:
        shutil.rmtree(job_folder(job_id), ignore_errors=True)
        if isinstance(error, OSError | sqlite3.Error) and is_disk_full(error):
            raise Busy(NO_ROOM) from error
        raise


def size(files: Mapping[str, bytes | Path]) -> int:
    """Bytes of a job's inputs."""
    return sum(content.stat().st_size if isinstance(content, Path) else len(content) for content in files.values())


def spool(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Put a job's inputs into its folder."""
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, mode=0o700)
    for name, content in files.items():
        if not _FILE_NAME.fullmatch(name):
            raise ValueError(f"not a simple file name: {name!r}")
        if isinstance(content, Path):
            shutil.copyfile(content, inputs / name)
        else:
            (inputs / name).write_bytes(content)
