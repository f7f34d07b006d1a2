"""Memory of the whole app: all starter models loaded, then a fine-tune job and an attribution beside them."""

import threading
import time

import psutil

from benchmarks.finetune_job import start, stop
from benchmarks.lines import Line, at_most
from benchmarks.visitor import Visitor, serve
from core.device import MB

IDLE_MB, BUSY_MB = 1200, 2400
PAGES = (
    "vision",
    "vision?task=Detect",
    "vision?task=Segment",
    "nlp",
    "generation",
    "generation?mode=Emoji",
    "generation?mode=Digits",
    "explainability",
    "training",
)


def measure() -> list[Line]:
    """Proportional memory (shared pages counted once) of the server and every process that it started."""
    with serve() as (address, pid):
        visitor = Visitor(address)
        for page in (*PAGES, ""):
            name, _, query = page.partition("?")
            visitor.rerun(name, query)
            visitor.settle()  # the model is there and has answered
        idle = tree_mb(pid)
        busy = _peak_beside_a_job(visitor, pid)
        visitor.close()
    return [
        at_most(
            "memory-starters", idle, IDLE_MB, "MB", 1, "all starter models loaded; reference = the limit asked for"
        ),
        at_most("memory-busy", busy, BUSY_MB, "MB", 1, "peak with a fine-tune job and an attribution; same"),
    ]


def tree_mb(pid: int) -> float:
    """Proportional set size of a process and its descendants, and of the job processes that left its tree."""
    processes = {p.pid: p for p in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]}
    for process in psutil.process_iter(["cmdline"]):
        if any(part.startswith("core.jobs") for part in process.info["cmdline"] or ()):
            processes[process.pid] = process
    total = 0
    for process in processes.values():
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # ended meanwhile
            continue
    return total / MB


def _peak_beside_a_job(visitor: Visitor, pid: int) -> float:
    peak, watching = 0.0, True

    def watch() -> None:
        nonlocal peak
        while watching:
            peak = max(peak, tree_mb(pid))
            time.sleep(0.2)

    job = start()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for picture in ("espresso", "rocket", "flower", "cat"):
            visitor.rerun("explainability", f"picture={picture}")
    finally:
        watching = False
        watcher.join()
        stop(job)
    return peak
