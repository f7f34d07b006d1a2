"""What one worker process does: its surroundings, its reports, and the sentence for each way to fail."""

import shutil
import sqlite3
import subprocess
import time

import pytest

from core import jobs
from core.jobs import failures, launch, supervisor
from core.jobs.failures import DISK_FULL, OUT_OF_MEMORY


def test_a_job_runs_to_its_end_nicely(place):
    job = place.ended(place.submit("count", steps=5))
    assert (job.state, job.fraction, job.error, job.attempts) == ("done", 1.0, None, 1)
    assert job.progress["step"] == 5
    assert job.progress["niceness"] == 15
    assert (job.folder / "result" / "best.txt").read_text() == "5"


def test_a_worker_gets_its_inputs_and_no_secret(place, monkeypatch):
    for name in ("HF_TOKEN", "PLAY_COOKIE_SECRET", "AWS_ACCESS_KEY_ID", "SOME_THING"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    job_id = jobs.submit("jobs_toy:environment", {"shape": (2, 3)}, place.owner, {"a.txt": b"hello"})
    job = place.ended(job_id)
    assert job.state == "done"
    assert job.progress["inputs"] == {"a.txt": "hello"}
    assert job.progress["params"] == {"shape": [2, 3]}
    names = set(job.progress["names"])
    assert names.isdisjoint({"HF_TOKEN", "PLAY_COOKIE_SECRET", "AWS_ACCESS_KEY_ID", "SOME_THING"})
    assert {"PATH", "PLAY_HOME", "HF_HUB_OFFLINE", "OMP_NUM_THREADS"} <= names


def test_a_chatty_job_arrives_with_its_last_record(place):
    job = place.ended(place.submit("chatty"))
    assert (job.state, job.progress["step"]) == ("done", 19_999)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("plain", "The table has one class: add rows of a second one."),
        ("memory", OUT_OF_MEMORY),
        ("torch memory", OUT_OF_MEMORY),
        ("disk", DISK_FULL),
    ],
)
def test_a_foreseen_failure_is_told_in_its_sentence(place, kind, sentence):
    job = place.ended(place.submit("fail", kind=kind))
    assert (job.state, job.error, job.progress) == ("failed", sentence, {"fraction": 0.5})


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 3145728 bytes."),
        RuntimeError("could not create a primitive"),
        RuntimeError("can't start new thread"),
        ImportError("libtorch.so: failed to map segment from shared object"),
    ],
)
def test_every_way_to_say_that_memory_is_gone_is_told_the_same(error):
    wrapped = ValueError("a library's own words")
    wrapped.__cause__ = error
    assert failures.sentence(error, "12345678") == failures.sentence(wrapped, "12345678") == OUT_OF_MEMORY
    assert not failures.is_out_of_memory(ValueError("shapes do not match"))


@pytest.mark.parametrize("kind", ["bug", "exit"])
def test_a_bug_shows_a_reference_and_only_the_log_tells_more(place, kind):
    job = place.ended(place.submit("fail", kind=kind))
    assert job.state == "failed"
    assert job.error == failures.sentence(KeyError(), job.id[:8])
    assert "secret" not in job.error
    assert "Traceback" in place.log(job)
    assert f"reference {job.id[:8]}" in place.log(job)


def test_an_entry_that_does_not_exist_fails_as_a_bug_does(place):
    job = place.ended(place.submit("no_such_function"))
    assert job.state == "failed"
    assert job.error == failures.sentence(AttributeError(), job.id[:8])


def test_memory_beyond_the_limit_fails_with_a_sentence(place, monkeypatch):
    monkeypatch.setenv("PLAY_JOB_MEMORY_MB", "300")
    job = place.ended(place.submit("fill_memory"))
    assert (job.state, job.error) == ("failed", OUT_OF_MEMORY)


def test_two_workers_never_do_the_same_job(place, monkeypatch):
    monkeypatch.setattr("core.jobs.queue.ensure_supervisor", lambda: None)
    job_id = place.submit("count", steps=20)
    log = place.get(job_id).folder / "log.txt"
    workers = [launch.start("core.jobs.worker", job_id, log=log) for _ in range(4)]
    assert [worker.wait(timeout=30) for worker in workers] == [0, 0, 0, 0]
    job = place.get(job_id)
    assert (job.state, job.attempts, place.starts(job)) == ("done", 1, [0])


def test_a_worker_takes_nothing_but_an_id(place, tmp_path):
    (place.home / "jobs").mkdir()
    worker = launch.start("core.jobs.worker", "../../etc", log=tmp_path / "log.txt")
    assert worker.wait(timeout=30) == 2


@pytest.fixture
def small_disk(place, tmp_path, monkeypatch):
    """A home on a disk of 700 kB; only a superuser can make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us make a small disk")
    monkeypatch.setenv("PLAY_FREE_DISK_MB", "0")
    monkeypatch.setenv("PLAY_HOME", str(disk))
    yield disk
    place.end_all(disk)
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_told_when_it_can_be_and_the_job_goes_on_after_restart(place, small_disk):
    job_id = place.submit("fill_disk")
    watcher = launch._supervisors[small_disk / "jobs"]
    big = place.get(job_id).folder / "checkpoint" / "big.bin"
    place.until(job_id, lambda job: big.exists() and shutil.disk_usage(small_disk).free == 0)
    time.sleep(2.5)  # the worker ends, and the table may not take the news before there is room
    assert place.get(job_id).state in ("running", "failed")
    assert watcher.poll() is None
    big.unlink()
    job = place.ended(job_id)
    assert (job.state, job.error) == ("failed", DISK_FULL)
    jobs.restart(job_id, place.owner)
    assert place.ended(job_id).state == "done"
    assert watcher.poll() is None


def test_a_table_that_cannot_be_written_does_not_end_the_watch(still, monkeypatch):
    job_id = still.submit("count", steps=2)
    real, troubles = supervisor.Supervisor.tick, iter([sqlite3.OperationalError("database or disk is full")] * 2)

    def tick(self):
        if trouble := next(troubles, None):
            raise trouble
        return real(self)

    monkeypatch.setattr(supervisor.Supervisor, "tick", tick)
    monkeypatch.setattr(supervisor, "RETRY", 0.01)
    supervisor.watch(idle_seconds=0.3)
    assert still.get(job_id).state == "done"
