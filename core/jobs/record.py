"""What a job is: its record as the store keeps it, and the task that its function receives."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from core import config

QUEUED, RUNNING, DONE, FAILED, CANCELLED, INTERRUPTED = (
    "queued",
    "running",
    "done",
    "failed",
    "cancelled",
    "interrupted",
)
REMOVED = "removed"  # a row without files: kept for a day so that removing a job does not refill a visitor's quota
STOP, STOPPING = "stop", "stopping"  # wanted by the visitor; heard by the job's function

ATTEMPTS = 3
_ENTRY = re.compile(r"[a-z_][A-Za-z0-9_.]*:[a-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Job:
    """One job as it stands.

    Attributes:
        owner: the visitor's key; nobody else can see, stop or download the job.
        entry: the function that runs, as ``module:function``.
        progress: the latest record that the function yielded; ``fraction`` in it runs from 0 to 1.
        error: what went wrong, or what it waits for, in one sentence for the visitor.
        attempts: how many processes have worked on it since it was submitted or restarted.
        created, updated: seconds since 1970, for display only.
        folder: its files on the server: ``inputs/ checkpoint/ result/ log.txt``; never shown to a visitor.
        ahead: how many jobs run or wait before it.
        stopping: Stop was pressed and the job has not ended yet.
    """

    id: str
    owner: str = field(repr=False)
    entry: str
    params: dict[str, Any]
    state: str
    progress: dict[str, Any]
    error: str | None
    attempts: int
    created: float
    updated: float
    folder: Path = field(repr=False)
    ahead: int = 0
    stopping: bool = False

    @property
    def active(self) -> bool:
        """Whether it runs or waits to run."""
        return self.state in (QUEUED, RUNNING)

    @property
    def restartable(self) -> bool:
        """Whether Restart would queue it again."""
        return self.state in (FAILED, CANCELLED, INTERRUPTED)

    @property
    def resumable(self) -> bool:
        """Whether Restart would find a checkpoint; without one it begins anew."""
        return self.restartable and any(self.folder.glob("checkpoint/*"))

    @property
    def fraction(self) -> float:
        """How far it is, from 0 to 1."""
        return 1.0 if self.state == DONE else min(max(float(self.progress.get("fraction", 0.0)), 0.0), 1.0)


@dataclass(frozen=True)
class Task:
    """What a job's function receives: ``def run(task) -> Iterator[dict]``.

    The function yields progress records that JSON can hold, ``fraction`` (0 to 1) among them. When ``stopping()``
    turns True it writes its best state to ``result`` and returns; when its process dies it is called again with
    whatever it had left in ``checkpoint``.

    Attributes:
        folder: the job's own folder; nothing is written outside it.
        params: as submitted, after a journey through JSON (tuples come back as lists).
        stopping: whether the visitor pressed Stop or the time is up; cheap enough to ask at every step.
    """

    folder: Path
    params: dict[str, Any]
    stopping: Callable[[], bool]

    @property
    def inputs(self) -> Path:
        """The submitted files."""
        return self.folder / "inputs"

    @property
    def checkpoint(self) -> Path:
        """Where the function keeps what it needs to resume."""
        return self.folder / "checkpoint"

    @property
    def result(self) -> Path:
        """What remains when the job has ended."""
        return self.folder / "result"


def jobs_folder() -> Path:
    """The folder that holds the store, the supervisor's lock and a folder per job."""
    return config.home().absolute() / "jobs"


def job_folder(job_id: str) -> Path:
    """The folder of one job; ``job_id`` must be an id that we made."""
    assert is_id(job_id), "not a job id"
    return jobs_folder() / job_id


def is_id(text: str) -> bool:
    """Whether ``text`` is written exactly as our ids are, so that it is safe as a folder's name."""
    try:
        return str(UUID(text)) == text
    except (ValueError, AttributeError, TypeError):
        return False


def check_entry(entry: str) -> str:
    """``entry`` if it is a ``module:function`` of this project, else a ValueError: it comes from code, not visitors."""
    allowed = tuple(os.environ.get("PLAY_JOB_ENTRIES", "core.").split(","))
    if not _ENTRY.fullmatch(entry) or not entry.startswith(allowed):
        raise ValueError(f"not a job entry: {entry!r}")
    return entry
