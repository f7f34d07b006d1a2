"""A place of its own for each test's jobs, and nothing left running after it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core import jobs
from core.jobs import launch, lock
from core.jobs.store import Store

HERE = Path(__file__).parent
OWNER = "visitor-1"


class Place:
    """The test's own jobs and the signals that it sends to real processes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.owner = OWNER

    def submit(self, name: str, owner: str = OWNER, **params: object) -> str:
        return jobs.submit(f"jobs_toy:{name}", params, owner, {})

    def get(self, job_id: str) -> jobs.Job:
        return jobs.get(job_id, OWNER)

    def until(
        self, job_id: str, met: Callable[[jobs.Job], object], seconds: float = 30.0, owner: str = OWNER
    ) -> jobs.Job:
        """The job once ``met`` holds; the limit only bounds a failing test."""
        deadline = time.monotonic() + seconds
        while not met(job := jobs.get(job_id, owner)):
            assert time.monotonic() < deadline, f"still {job.state} {job.progress} {job.error}\n{self.log(job)}"
            time.sleep(0.02)
        return job

    def ended(self, job_id: str, seconds: float = 60.0) -> jobs.Job:
        return self.until(job_id, lambda job: not job.active, seconds)

    def at_step(self, job_id: str, step: int) -> jobs.Job:
        return self.until(job_id, lambda job: job.progress.get("step", 0) >= step)

    def log(self, job: jobs.Job) -> str:
        path = job.folder / "log.txt"
        return path.read_text() if path.exists() else ""

    def starts(self, job: jobs.Job) -> list[int]:
        """The step that each process began with."""
        return [int(line.split()[1]) for line in (job.folder / "starts.txt").read_text().splitlines()]

    def worker(self, job_id: str) -> int:
        with Store() as store:
            return next(row["pid"] for row in store.active() if row["id"] == job_id)

    def supervisor(self) -> int:
        deadline = time.monotonic() + 10
        while (pid := lock.holder(launch.supervisor_lock())) is None:
            assert time.monotonic() < deadline, "no supervisor"
            time.sleep(0.02)
        return pid

    def end_all(self, home: Path) -> None:
        """Leave no process behind."""
        for path in [home / "jobs" / "supervisor.lock", *home.glob("jobs/*/live.lock")]:
            if path.is_file() and (pid := lock.holder(path)):
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL) if pid != os.getpid() else None
        if child := launch._supervisors.pop(home / "jobs", None):
            child.kill()
            child.wait()

    def kill(self, pid: int) -> None:
        """Kill -9 and wait until the kernel has dropped what it held."""
        os.kill(pid, signal.SIGKILL)
        held = [self.home / "jobs" / "supervisor.lock", *self.home.glob("jobs/*/live.lock")]
        while any(lock.holder(path) == pid for path in held if path.exists()):
            time.sleep(0.01)


@pytest.fixture
def still(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place where nothing is ever started."""
    monkeypatch.setattr("core.jobs.queue.ensure_supervisor", lambda: None)
    return place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("PLAY_HOME", str(tmp_path))
    monkeypatch.setenv("PLAY_JOB_ENTRIES", "core.,jobs_toy")
    monkeypatch.setenv("PLAY_JOBS_IDLE_SECONDS", "60")
    monkeypatch.setenv("PLAY_FREE_DISK_MB", "1")
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    yield (place := Place(tmp_path))
    place.end_all(tmp_path)
