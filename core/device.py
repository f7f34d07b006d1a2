"""What this machine has: the torch device, its threads, and the memory that is still free."""

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    import torch

MB = 1024 * 1024
_LOOK_EVERY = 0.01  # seconds
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h
_LARGE, _KEPT = 8 * MB, 256 * MB
_CGROUP = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


@cache
def device() -> "torch.device":
    """CUDA where torch sees it, else the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@cache
def is_good_at_bf16() -> bool:
    """Whether 16-bit arithmetic is quicker here: on CUDA, and on processors with instructions for it."""
    if device().type == "cuda":
        return True
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


def use_threads(count: int) -> None:
    """Give torch ``count`` intra-op threads in this process, whatever `share_machine` said."""
    import torch

    torch.set_num_threads(count)


def be_nice(level: int = 15) -> None:
    """Lower this process's priority, so that pages stay quick while it trains."""
    if hasattr(os, "nice"):
        os.nice(level)


@cache
def share_machine() -> None:
    """Make this process a good neighbour; call it before torch is imported, it acts once.

    One thread for torch unless the operator says otherwise (``OMP_NUM_THREADS``): two that spin beside another busy
    process are several times slower than one. And tensors up to 8 MB get memory that the process already has: pages
    that are handed back and fetched again for every layer double the time of a network. `give_back` is for the end.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # not glibc: nothing to tell it
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGE)
    mallopt(_M_TRIM_THRESHOLD, _KEPT)
    mallopt(_M_ARENA_MAX, 2)


def give_back() -> None:
    """Hand memory that nothing holds any more back to the system: milliseconds, worth it after hundreds of MB."""
    with suppress(OSError, AttributeError):  # not glibc: nothing to tell it
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def free_mb() -> int:
    """Megabytes that can still be taken: the smaller of the machine's and the container's."""
    free = psutil.virtual_memory().available
    for limit, used in _CGROUP:
        try:
            room = int(limit.read_text()) - int(used.read_text())
            free = min(free, room + _droppable(used.with_name("memory.stat")))
        except (OSError, ValueError):  # no such controller, or "max": no limit of this kind
            continue
    return max(free, 0) // MB


def _droppable(statistics: Path) -> int:
    """Bytes of files that were read once and are kept while nobody needs the room: used, and yet as good as free."""
    if not statistics.exists():
        return 0
    rows = dict(line.split() for line in statistics.read_text().splitlines())
    return int(rows.get("total_inactive_file", rows.get("inactive_file", 0)))


def used_mb() -> int:
    """Megabytes of this process and its children, shared pages counted in proportion where the system tells."""
    total = 0
    me = psutil.Process()
    for process in [me, *me.children(recursive=True)]:
        try:
            memory = process.memory_full_info()
            total += getattr(memory, "pss", 0) or memory.rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # ended meanwhile
            continue
    return total // MB


@contextmanager
def growth() -> Iterator[Callable[[], int]]:
    """Watch this process while something runs; call what it gives for the most megabytes that were added meanwhile.

    The whole process is seen: what others do in it at the same time counts too.
    """
    process = psutil.Process()
    start = most = process.memory_info().rss
    ended = threading.Event()

    def look() -> None:
        nonlocal most
        while not ended.wait(_LOOK_EVERY):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=look, name="growth", daemon=True)
    watcher.start()
    try:
        yield lambda: (max(most, process.memory_info().rss) - start) // MB
    finally:
        ended.set()
        watcher.join()


def peak_mb() -> int:
    """The most megabytes that this process has held so far; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # not Unix
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (MB if sys.platform == "darwin" else 1024)
