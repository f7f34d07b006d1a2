"""Short work in a thread: the same record, progress, Stop, failures and resuming as a job in its own process."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from core import config, jobs
from core.errors import Busy, NotFound
from core.jobs.failures import OUT_OF_MEMORY

HERE = os.getpid()


@pytest.fixture
def here(place, monkeypatch):
    """Short work of the test's own toys."""
    sys.path.insert(0, os.environ["PYTHONPATH"])
    yield lambda name, owner=place.owner, **params: jobs.run_here(f"jobs_toy:{name}", params, owner, {})
    sys.path.remove(os.environ["PYTHONPATH"])
    for thread in threading.enumerate():  # none may go on in the next test's home
        if thread.name.startswith("job "):
            thread.join(10)


def test_short_work_has_the_record_and_files_of_a_job_and_needs_no_process(here, place):
    job_id = here("count", steps=5)
    job = place.ended(job_id)
    assert (job.state, job.attempts, job.fraction, job.error) == ("done", 1, 1.0, None)
    assert job.progress["pid"] == HERE
    assert (job.folder / "result" / "best.txt").read_text() == "5"
    assert [one.id for one in jobs.list_jobs(place.owner)] == [job_id]
    with pytest.raises(NotFound):
        jobs.get(job_id, "visitor-2")
    jobs.remove(job_id, place.owner)
    assert not job.folder.exists()


def test_stop_keeps_the_best_so_far(here, place):
    job_id = here("count", steps=100_000)
    place.at_step(job_id, 4)
    jobs.stop(job_id, place.owner)
    job = place.ended(job_id)
    assert job.state == "cancelled"
    assert int((job.folder / "result" / "best.txt").read_text()) == job.progress["step"]


def test_stop_of_work_that_hangs_frees_its_visitor_and_not_by_killing_the_app(here, place, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds, real=time.sleep: real(min(seconds, 8)))
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # only the main thread may
    job_id = here("hang")
    place.until(job_id, lambda job: job.progress)
    jobs.stop(job_id, place.owner)
    assert place.ended(job_id).state == "cancelled"
    here("count", steps=1)


def test_a_failure_is_told_in_the_same_sentence_and_logged(here, place):
    assert place.ended(here("fail", kind="torch memory")).error == OUT_OF_MEMORY
    job = place.ended(here("fail", kind="bug"))
    assert job.error and job.id[:8] in job.error and "secret" not in job.error
    assert "Traceback" in place.log(job) and f"reference {job.id[:8]}" in place.log(job)


def test_short_work_neither_waits_for_a_job_nor_makes_one_wait(here, place):
    long = place.submit("count", steps=100_000)
    place.at_step(long, 1)
    assert place.ended(here("count", steps=3)).state == "done"
    jobs.stop(long, place.owner)
    place.ended(long)
    short = here("count", steps=100_000)
    place.at_step(short, 1)
    job_id = place.submit("count", steps=3)
    assert place.get(job_id).ahead == 0
    assert place.ended(job_id).state == "done"
    jobs.stop(short, place.owner)
    place.ended(short)


def test_one_piece_per_visitor_and_two_in_all(here, place):
    ids = [(here("count", owner=owner, steps=100_000), owner) for owner in ("one", "two")]
    with pytest.raises(Busy, match="started before still runs"):
        here("count", owner="one", steps=1)
    with pytest.raises(Busy, match="other visitors' work"):
        here("count", owner="three", steps=1)
    for job_id, owner in ids:
        jobs.stop(job_id, owner)
        place.until(job_id, lambda job: not job.active, owner=owner)
    place.until(here("count", owner="three", steps=1), lambda job: job.state == "done", owner="three")
    assert len([p for p in (place.home / "jobs").iterdir() if p.is_dir()]) == 3  # the refused left nothing


def test_short_work_has_a_time_limit(here, place, monkeypatch):
    monkeypatch.setenv("PLAY_SHORT_SECONDS", "1")
    job = place.ended(here("count", steps=100_000))
    assert job.state == "cancelled"
    assert job.error and "1 seconds, the limit" in job.error
    assert (job.folder / "result" / "best.txt").exists()


def test_short_work_does_not_count_for_the_day(here, place, monkeypatch):
    monkeypatch.setenv("PLAY_JOBS_PER_VISITOR_PER_DAY", "1")
    for _ in range(3):
        place.ended(here("count", steps=1))
    place.ended(place.submit("count", steps=1))
    with pytest.raises(Busy, match="24 hours"):
        place.submit("count", steps=1)


def test_short_work_of_an_app_that_is_killed_goes_on_in_a_process(place):
    program = (
        "import time; from core import jobs\n"
        "print(jobs.run_here('jobs_toy:count', {'steps': 40}, 'visitor-1', {}), flush=True)\n"
        "time.sleep(600)"
    )
    path = os.pathsep.join([str(config.ROOT), os.environ["PYTHONPATH"]])
    app = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    with app:
        assert app.stdout
        job_id = app.stdout.readline().strip()
        step = place.at_step(job_id, 5).progress["step"]
        place.kill(app.pid)
    job = place.ended(job_id)
    assert (job.state, job.attempts, job.progress["step"]) == ("done", 2, 40)
    assert place.starts(job)[1] >= step
