"""A warm worker that waits for its job: the imports, several seconds of a job's start, are done while a form is filled.

A page calls `core.jobs.warm` when a visitor opens it; the supervisor then keeps one spare process, for some minutes and
only while memory is plenty. The spare lives on a pipe from the supervisor, so it ends with it.
"""

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from core import device
from core.jobs.launch import start
from core.jobs.record import jobs_folder

KEEP_SECONDS = 300.0
FREE_MB = 1200  # a spare with torch and transformers takes about 300


def wish(entry: str) -> None:
    """Ask the supervisor for a spare that can do jobs of ``entry``."""
    with suppress(OSError):  # a full disk must not keep a page from opening
        _wish().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _wish().write_text(entry)


def _wish() -> Path:
    return jobs_folder() / "warm"


class Spare:
    """The supervisor's one spare, if it has one now."""

    def __init__(self, free_mb: Callable[[], int] = device.free_mb) -> None:
        self._free_mb = free_mb
        self._process: subprocess.Popen[bytes] | None = None
        self._entry = ""
        self._until = 0.0

    @property
    def alive(self) -> bool:
        """Whether a spare process lives."""
        return self._process is not None and self._process.poll() is None

    def look(self, *, busy: bool) -> None:
        """Fulfil a wish unless the machine is ``busy``; end a spare that nobody needed."""
        if self._process is not None and (not self.alive or time.monotonic() > self._until):
            self.end()
        if busy or not _wish().exists():  # while a job runs, memory is the job's; the wish may wait
            return
        entry, age = _wish().read_text(), time.time() - _wish().stat().st_mtime
        if not entry:  # it is being written
            return
        _wish().unlink()
        if age > KEEP_SECONDS:
            return
        if self.alive and entry != self._entry:
            self.end()
        if not self.alive and self._free_mb() > FREE_MB:
            log = jobs_folder() / "spare.log"
            log.unlink(missing_ok=True)
            self._process = start("core.jobs.worker", "--spare", entry, log=log, stdin=subprocess.PIPE)
        self._entry, self._until = entry, time.monotonic() + KEEP_SECONDS

    def take(self, job_id: str, entry: str) -> subprocess.Popen[bytes] | None:
        """Give the job to the spare; None if there is none for this entry."""
        process = self._process
        if process is None or not self.alive or entry != self._entry or process.stdin is None:
            return None
        try:
            process.stdin.write(f"{job_id}\n".encode())
            process.stdin.close()
        except BrokenPipeError:  # it died this very moment
            return None
        self._process = None
        return process

    def end(self) -> None:
        """Give its memory back."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdin:
                with suppress(BrokenPipeError):
                    self._process.stdin.close()
            self._process = None
