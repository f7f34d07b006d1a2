"""A file lock as proof of life: the kernel drops it the moment its holder dies, however it dies.

No heartbeat, process number or clock can say that as surely. Local disks only: network file systems do not keep
the promise.
"""

import fcntl
import os
import time
from pathlib import Path


class Lock:
    """A lock that this process holds until `release` or its end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        # A forked child shares the lock and would keep a dead parent looking alive.
        os.register_at_fork(after_in_child=self.release)

    def release(self) -> None:
        """Let go of it; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def take(path: Path, patience: float = 0.0) -> Lock | None:
    """The lock at ``path``, our process number written in it, or None if another holds it for ``patience`` seconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience
    while not _flock(descriptor, fcntl.LOCK_EX):
        if time.monotonic() >= deadline:
            os.close(descriptor)
            return None
        time.sleep(0.02)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return Lock(descriptor)


def held(path: Path) -> bool:
    """Whether a living process holds the lock at ``path``."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # The look takes the lock itself for a moment, so whoever wants to hold it must have some patience.
        return not _flock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def holder(path: Path) -> int | None:
    """The process number of the holder, or None if nobody holds it."""
    return int(path.read_text() or 0) or None if held(path) else None


def _flock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
