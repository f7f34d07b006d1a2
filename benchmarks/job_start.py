"""From the button to the first training step of a real fine-tune: a waiting spare against a worker that starts cold."""

import os
import statistics
import tempfile
import time
from pathlib import Path
from unittest import mock

from benchmarks.lines import Line, at_least
from core import config, jobs
from core.data.samples import SAMPLE_SETS_BY_SLUG
from core.finetuning import JOB, spool
from core.jobs.record import jobs_folder
from core.jobs.worker import READY

REPEATS = 5
PATIENCE = 180.0
RUNS = (("", "emoji-animals-food", "efficientnet-lite0"), ("-text", "spam-or-ham", "all-minilm-l6-v2"))
TRAINS = ("head", "blocks")  # phases in which weights learn


def measure() -> list[Line]:
    """Probes of the pictures and texts that ship, their features known as after any first run; interleaved medians."""
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "models").symlink_to((config.home() / "models").absolute())
        with mock.patch.dict(os.environ, PLAY_HOME=home, PLAY_VISITOR_DISK_MB="0", PLAY_JOBS_DISK_MB="0"):
            return [_line(*run) for run in RUNS]


def _line(suffix: str, examples: str, base: str) -> Line:
    files = spool.spool(SAMPLE_SETS_BY_SLUG[examples].load())
    first = _seconds(base, files, warm=False)  # features, and files that the system has not read yet
    pairs = [(_seconds(base, files, warm=True), _seconds(base, files, warm=False)) for _ in range(REPEATS)]
    ours = statistics.median(o for o, _ in pairs)
    cold = statistics.median(c for _, c in pairs)
    note = f"probe on {base}, submit to the first step, {REPEATS} pairs; the very first run took {first:.2g} s"
    return at_least("job-start" + suffix, ours, cold, "s", 3, note)


def _seconds(base: str, files: dict[str, bytes], *, warm: bool) -> float:
    """Submit one run, wait for its first training step, and clear it away."""
    owner = f"bench-{time.monotonic_ns()}"
    jobs.ensure_supervisor()
    if warm:
        _wait_for_spare()
    params = {"base": base, "strategy": "probe", "settings": {}, "title": "Bench"}
    started = time.perf_counter()
    job_id = jobs.submit(JOB, params, owner, files)
    deadline = time.monotonic() + PATIENCE
    while (job := jobs.get(job_id, owner)).progress.get("phase") not in TRAINS and job.active:
        if time.monotonic() > deadline:
            raise RuntimeError(f"no training step after {PATIENCE:.0f} s")
        time.sleep(0.01)
    seconds = time.perf_counter() - started
    while jobs.get(job_id, owner).active:
        time.sleep(0.05)
    if (job := jobs.get(job_id, owner)).state != jobs.DONE:
        raise RuntimeError(f"the run ended as {job.state}: {job.error}")
    jobs.remove(job_id, owner)
    return seconds


def _wait_for_spare() -> None:
    """Ask for a spare as the page does, and wait until it has imported everything, as while a form is filled."""
    log = jobs_folder() / "spare.log"
    log.unlink(missing_ok=True)
    jobs.warm(JOB)
    deadline = time.monotonic() + PATIENCE
    while not (log.exists() and READY in log.read_text().split()):
        if time.monotonic() > deadline:
            raise RuntimeError("no spare came: less than 1.2 GB may be free")
        time.sleep(0.05)
