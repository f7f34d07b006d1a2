"""One process per machine that starts, watches and resumes jobs: ``python -m core.jobs.supervisor``.

It owns nothing that cannot be read again from the table and the locks, so killing it loses nothing: the workers go
on, and the next supervisor adopts them.
"""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from core import device
from core.config import Limits
from core.jobs.attempt import EXIT_DISK_FULL
from core.jobs.failures import DIED, DISK_FULL, NO_MEMORY, NOT_STARTED, TOO_LONG
from core.jobs.launch import start, supervisor_lock
from core.jobs.lock import held, take
from core.jobs.record import ATTEMPTS, CANCELLED, FAILED, INTERRUPTED, QUEUED, RUNNING, STOP, job_folder
from core.jobs.spare import Spare
from core.jobs.store import Store
from core.jobs.sweep import sweep

POLL = 0.1  # seconds; a look costs about 0.2 ms
STOP_GRACE = 3.0  # seconds for a job that does not listen
SAVE_GRACE = 30.0  # seconds for a job that listens and puts its things away
SWEEP_EVERY = 600.0
RETRY = 1.0
logger = logging.getLogger("core.jobs")


class Supervisor:
    """The state of the watch; each `tick` is one look at the table."""

    def __init__(self, store: Store, limits: Limits, free_mb: Callable[[], int] = device.free_mb) -> None:
        self.store = store
        self.limits = limits
        self._free_mb = free_mb
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._exit_codes: dict[str, int] = {}
        self._running_since: dict[str, float] = {}
        self._asked_since: dict[str, float] = {}
        self._swept = -SWEEP_EVERY
        self._spare = Spare()

    def tick(self) -> bool:
        """Look once and act; False when there is nothing to watch."""
        self._reap()
        active = self.store.active()
        for row in active:
            if row["state"] == RUNNING:
                self._watch(row)
        self._forget_all_but({row["id"] for row in active})
        self._start(self.store.active())
        self._spare.look(busy=bool(self._children))
        if time.monotonic() - self._swept > SWEEP_EVERY:
            self._swept = time.monotonic()
            sweep(self.store, self.limits.keep_hours, self.limits.keep_inputs_hours)
        return bool(active or self._children or self._spare.alive)

    def _reap(self) -> None:
        for job_id, child in list(self._children.items()):
            if child.poll() is None:
                continue
            del self._children[job_id]
            self._exit_codes[job_id] = child.returncode
            _kill_group(child.pid)  # whatever it left behind
            for row in self.store.active():
                if row["id"] == job_id and row["state"] == QUEUED:
                    self._failed_start(job_id, row["attempts"], child.returncode)

    def _failed_start(self, job_id: str, attempts: int, exit_code: int) -> None:
        logger.warning("%s: its process ended before it began (exit code %s)", job_id, exit_code)
        if exit_code == EXIT_DISK_FULL:
            self.store.finish(job_id, attempts, FAILED, DISK_FULL)
            return
        self.store.count_failed_start(job_id, attempts)
        if attempts + 1 >= ATTEMPTS:
            self.store.finish(job_id, attempts + 1, FAILED, NOT_STARTED)

    def _watch(self, row: sqlite3.Row) -> None:
        job_id = row["id"]
        if not held(job_folder(job_id) / "live.lock"):
            if job_id not in self._children:  # else its exit code is a moment away
                self._died(row)
            return
        now = time.monotonic()
        age = now - self._running_since.setdefault(job_id, now)
        if self.limits.job_minutes and age > self.limits.job_minutes * 60 and not row["want"]:
            self.store.ask_stop(job_id, TOO_LONG.format(minutes=self.limits.job_minutes))
        if row["want"]:
            grace = STOP_GRACE if row["want"] == STOP else SAVE_GRACE
            if now - self._asked_since.setdefault(job_id, now) > grace:
                self._end(row)

    def _end(self, row: sqlite3.Row) -> None:
        logger.warning("%s: does not stop, ended", row["id"])
        if row["pid"]:
            _kill_group(row["pid"])  # the lock is held, so the number still means this worker
        else:  # a thread of the app: nothing can end it, but its visitor need not wait, and its word counts no more
            self.store.finish(row["id"], row["attempts"], CANCELLED)

    def _died(self, row: sqlite3.Row) -> None:
        # Guarded by state and attempt: a worker that ended well since we read the row has the last word.
        job_id, attempts = row["id"], row["attempts"]
        exit_code = self._exit_codes.get(job_id)
        if row["want"]:
            self.store.finish(job_id, attempts, CANCELLED)
        elif exit_code == EXIT_DISK_FULL:
            self.store.finish(job_id, attempts, FAILED, DISK_FULL)
        elif attempts >= ATTEMPTS:
            self.store.finish(job_id, attempts, INTERRUPTED, DIED.format(attempts=attempts))
        elif self.store.requeue(job_id, attempts):
            logger.warning("%s: its process died (exit code %s), resumed", job_id, exit_code)

    def _forget_all_but(self, active: set[str]) -> None:
        for known in (self._exit_codes, self._asked_since, self._running_since):
            for job_id in known.keys() - active:
                del known[job_id]

    def _start(self, active: list[sqlite3.Row]) -> None:
        running = {row["id"] for row in active if row["state"] == RUNNING and row["pid"]}
        slots = self.limits.jobs_running or os.cpu_count() or 1
        for row in active:
            busy = running | set(self._children)
            if row["state"] != QUEUED or row["id"] in busy or len(busy) >= slots:
                continue
            if not self._memory_for(row["id"]):
                return  # whoever is next stays next
            self._launch(row["id"], row["entry"], row["attempts"])

    def _memory_for(self, job_id: str) -> bool:
        if not self.limits.free_memory_mb or self._free_mb() >= self.limits.free_memory_mb:
            return True
        if self._spare.alive:
            self._spare.end()  # the next look sees what that gave
        else:
            self.store.tell(job_id, NO_MEMORY)
        return False

    def _launch(self, job_id: str, entry: str, attempts: int) -> None:
        self._exit_codes.pop(job_id, None)
        self._asked_since.pop(job_id, None)
        if attempts == 0:  # new, or restarted by its visitor: the time starts anew
            self._running_since.pop(job_id, None)
        try:
            spare = self._spare.take(job_id, entry)
            log = job_folder(job_id) / "log.txt"
            self._children[job_id] = spare or start("core.jobs.worker", job_id, log=log)
        except FileNotFoundError:  # its folder was taken away from outside
            self.store.finish(job_id, attempts, FAILED, NOT_STARTED)


def _kill_group(pid: int) -> None:
    if pid > 0:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def watch(idle_seconds: float) -> None:
    """Be the machine's supervisor until there was nothing to do for ``idle_seconds``; at once if there is one."""
    path = supervisor_lock()
    proof = take(path, patience=1.0)
    supervisor = None
    idle_since = time.monotonic()
    while proof is not None and path.exists():
        try:
            if supervisor is None:
                supervisor = Supervisor(Store(), Limits.from_env())
            if supervisor.tick():
                idle_since = time.monotonic()
        except (sqlite3.Error, OSError):  # a full disk, a locked table: the watch goes on and tries again
            logger.exception("a look failed")
            time.sleep(RETRY)
        if supervisor is not None and time.monotonic() - idle_since > idle_seconds:
            proof.release()
            # A job that came while the lock was still held found no reason to start another supervisor.
            proof = take(path) if supervisor.store.active() else None
        time.sleep(POLL)


def main() -> None:
    """Watch over the jobs of ``PLAY_HOME``; end after ``PLAY_JOBS_IDLE_SECONDS`` (300) without any."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.raiseExceptions = False  # a log that cannot be written must not end the watch
    watch(float(os.environ.get("PLAY_JOBS_IDLE_SECONDS", 300)))


if __name__ == "__main__":
    main()
