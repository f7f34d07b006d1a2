"""Jobs that the tests run in real processes: they count, keep a checkpoint, and misbehave on request."""

import errno
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

from core import checkpoint
from core.errors import PlaygroundError


def _note_start(task: Any, step: int) -> None:
    with (task.folder / "starts.txt").open("a") as starts:
        starts.write(f"{os.getpid()} {step}\n")


def count(task: Any) -> Iterator[dict]:
    """Count to ``steps``, a checkpoint at each; keep the count in ``result/best.txt``; Stop keeps the best so far."""
    state = task.checkpoint / "step.txt"
    step = checkpoint.load(state, lambda path: int(path.read_text())) or 0
    _note_start(task, step)
    deaths = task.params.get("deaths", 0)
    while step < task.params["steps"] and not task.stopping():
        time.sleep(task.params.get("pause", 0.02))
        step += 1
        checkpoint.save(state, lambda path, now=step: path.write_text(str(now)) and None)
        (task.result / "best.txt").write_text(str(step))
        yield {"fraction": step / task.params["steps"], "step": step, "pid": os.getpid(), "niceness": os.nice(0)}
        if deaths and step % deaths == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def hang(task: Any) -> Iterator[dict]:
    """Say one thing, then ignore everything, a polite signal included."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (task.result / "best.txt").write_text("7")
    yield {"fraction": 0.1, "pid": os.getpid()}
    time.sleep(600)


def deaf(task: Any) -> Iterator[dict]:
    """Go on for ever without asking whether to stop; note how it was ended."""
    try:
        while True:
            time.sleep(0.02)
            yield {"fraction": 0.5}
    finally:
        (task.result / "closed.txt").write_text("yes")


def slow_saver(task: Any) -> Iterator[dict]:
    """Hear Stop at once, then need longer to save than a hung job is given."""
    yield {"fraction": 0.1}
    while not task.stopping():
        time.sleep(0.02)
    time.sleep(3.6)
    (task.result / "best.txt").write_text("saved")


def fail(task: Any) -> Iterator[dict]:
    """Raise what ``kind`` names after one record."""
    yield {"fraction": 0.5}
    kinds = {
        "plain": PlaygroundError("The table has one class: add rows of a second one."),
        "memory": MemoryError(),
        "torch memory": RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes."),
        "disk": OSError(errno.ENOSPC, "No space left on device"),
        "bug": KeyError("/secret/path 0x7f00"),
        "exit": SystemExit(3),
    }
    raise kinds[task.params["kind"]]


def fill_memory(task: Any) -> Iterator[dict]:
    """Take memory until the system refuses."""
    yield {"fraction": 0.1}
    blocks = []
    while len(blocks) < 4096:
        blocks.append(bytearray(8 * 1024 * 1024))


def fill_disk(task: Any) -> Iterator[dict]:
    """Write until the disk is full; when restarted with room, finish."""
    yield {"fraction": 0.1}
    if (task.folder / "starts.txt").exists():
        return
    _note_start(task, 0)
    with (task.checkpoint / "big.bin").open("wb", buffering=0) as big:
        while True:
            big.write(bytes(16 * 1024))


def environment(task: Any) -> Iterator[dict]:
    """Tell what the process was given."""
    inputs = {path.name: path.read_text() for path in sorted(task.inputs.iterdir())}
    yield {"fraction": 1.0, "names": sorted(os.environ), "inputs": inputs, "params": task.params}


def chatty(task: Any) -> Iterator[dict]:
    """Yield far more records than anybody can read."""
    for step in range(20_000):
        yield {"fraction": step / 19_999, "step": step}
