"""How much of this server one visitor and all together may use; each refusal says what to do."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

from core.config import Limits
from core.errors import Busy
from core.jobs.record import QUEUED, REMOVED, RUNNING, job_folder, jobs_folder
from core.jobs.store import Store

_DAY = 86_400.0
_MB = 1024 * 1024


def check_count(store: Store, owner: str, limits: Limits, *, new: bool) -> None:
    """Whether one more job may wait; ``new`` ones count for the day, restarted ones do not.

    Raises:
        Busy: too many jobs of this visitor or of all; the sentence says which.
    """
    # Short work (place 0) has limits of its own.
    active = _count(store, "owner = ? and state in (?, ?) and place > 0", owner, QUEUED, RUNNING)
    if limits.jobs_per_visitor and active >= limits.jobs_per_visitor:
        raise Busy("You already have a job that runs or waits: let it end or stop it, then start this one.")
    today = _count(store, "owner = ? and created > ? and place > 0", owner, time.time() - _DAY) if new else 0
    if limits.jobs_per_visitor_per_day and today >= limits.jobs_per_visitor_per_day:
        raise Busy(f"You have started {today} jobs in the last 24 hours, the limit on this server: try again tomorrow.")
    waiting = _count(store, "state in (?, ?) and place > 0", QUEUED, RUNNING)
    if limits.jobs_queued and waiting >= limits.jobs_queued:
        raise Busy(f"The queue is full, {waiting} jobs are waiting: try again in a few minutes.")


def check_short(store: Store, owner: str, limits: Limits) -> None:
    """Whether one more piece of short work may run beside the pages.

    Raises:
        Busy: this visitor's last one still runs, or too many of all do.
    """
    if limits.jobs_per_visitor and _count(store, "owner = ? and state = ? and place = 0", owner, RUNNING):
        raise Busy("What you started before still runs: let it end or stop it, then start this.")
    if limits.short_running and _count(store, "state = ? and place = 0", RUNNING) >= limits.short_running:
        raise Busy("The server is busy with other visitors' work: try again in a few seconds.")


def check_disk(store: Store, owner: str, limits: Limits, coming: int = 0) -> None:
    """Whether ``coming`` more bytes fit.

    Raises:
        Busy: the disk, this visitor's share of it or everybody's is full.
    """
    if limits.free_disk_mb and shutil.disk_usage(jobs_folder()).free < limits.free_disk_mb * _MB:
        raise Busy("The server's disk is almost full: remove runs that you no longer need, or try again later.")
    if limits.visitor_disk_mb:
        used = sum(_size(job_folder(job_id)) for job_id in _ids(store, "owner = ? and state != ?", owner, REMOVED))
        if used + coming > limits.visitor_disk_mb * _MB:
            raise Busy(
                f"Your runs and these examples take {(used + coming) / _MB:,.0f} MB, and the limit on this server is "
                f"{limits.visitor_disk_mb} MB: remove a run that you no longer need, or bring fewer examples."
            )
    if limits.jobs_disk_mb and _size(jobs_folder()) + coming > limits.jobs_disk_mb * _MB:
        raise Busy("The room for everybody's runs is full: remove runs that you no longer need, or try again later.")


def _count(store: Store, where: str, *values: Any) -> int:
    return store.connection.execute(f"select count(*) from job where {where}", values).fetchone()[0]


def _ids(store: Store, where: str, *values: Any) -> list[str]:
    return [row["id"] for row in store.connection.execute(f"select id from job where {where}", values)]


def _size(folder: Path) -> int:
    """Bytes of all files below ``folder``; links are not followed."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except FileNotFoundError:  # a job replaced its checkpoint this very moment
                continue
    return total
