"""Each limit refuses or waits with its own sentence, and 0 switches it off."""

import errno
import os
import sqlite3
import time

import pytest

from core import jobs
from core.config import Limits
from core.errors import Busy
from core.jobs import quota
from core.jobs.failures import NO_MEMORY
from core.jobs.store import Store
from core.jobs.supervisor import Supervisor

MB = 1024 * 1024


def _folders(place):
    return [folder for folder in (place.home / "jobs").iterdir() if folder.is_dir()]


def test_a_visitors_runs_may_take_so_much_disk_and_removing_one_makes_room(still, monkeypatch):
    monkeypatch.setenv("PLAY_VISITOR_DISK_MB", "3")
    first = jobs.submit("jobs_toy:count", {}, still.owner, {"a.bin": bytes(2 * MB)})
    jobs.stop(first, still.owner)
    with pytest.raises(Busy, match="take 4 MB, and the limit on this server is 3 MB: remove a run"):
        jobs.submit("jobs_toy:count", {}, still.owner, {"a.bin": bytes(2 * MB)})
    assert len(_folders(still)) == 1
    jobs.stop(
        jobs.submit("jobs_toy:count", {}, "visitor-2", {"a.bin": bytes(2 * MB)}), "visitor-2"
    )  # not their concern
    jobs.remove(first, still.owner)
    jobs.submit("jobs_toy:count", {}, still.owner, {"a.bin": bytes(2 * MB)})


def test_all_runs_together_may_take_so_much_disk(still, monkeypatch):
    monkeypatch.setenv("PLAY_JOBS_DISK_MB", "3")
    jobs.submit("jobs_toy:count", {}, still.owner, {"a.bin": bytes(2 * MB)})
    with pytest.raises(Busy, match="everybody's runs is full"):
        jobs.submit("jobs_toy:count", {}, "visitor-2", {"a.bin": bytes(2 * MB)})


def test_disk_limits_of_zero_are_off(still, monkeypatch):
    for name in ("VISITOR_DISK_MB", "JOBS_DISK_MB", "FREE_DISK_MB"):
        monkeypatch.setenv(f"PLAY_{name}", "0")
    monkeypatch.setattr(quota, "_size", lambda folder: 10**15)
    jobs.submit("jobs_toy:count", {}, still.owner, {})


@pytest.mark.parametrize(
    "trouble", [OSError(errno.ENOSPC, "No space left on device"), sqlite3.OperationalError("database or disk is full")]
)
def test_a_disk_that_fills_up_while_a_job_is_submitted_is_told_and_leaves_nothing(still, monkeypatch, trouble):
    def fails(*_, **__):
        raise trouble

    monkeypatch.setattr("core.jobs.queue.insert", fails)
    with pytest.raises(Busy, match="disk is full"):
        jobs.submit("jobs_toy:count", {}, still.owner, {"a.bin": b"1"})
    assert _folders(still) == []


def test_a_job_waits_for_memory_and_says_so(still):
    job_id = still.submit("count", steps=2)
    behind = still.submit("count", owner="visitor-2", steps=2)
    free = [100]
    with Store() as store:
        supervisor = Supervisor(store, Limits(free_memory_mb=300), lambda: free[0])
        for _ in range(5):
            supervisor.tick()
        waiting = still.get(job_id)
        assert (waiting.state, waiting.error, waiting.attempts) == ("queued", NO_MEMORY, 0)
        assert jobs.get(behind, "visitor-2").state == "queued"
        free[0] = 400
        while supervisor.tick():
            time.sleep(0.02)
    done = still.get(job_id)
    assert (done.state, done.error) == ("done", None)
    assert done.updated <= jobs.get(behind, "visitor-2").updated


def test_without_a_memory_limit_no_job_waits(still):
    job_id = still.submit("count", steps=2)
    with Store() as store:
        supervisor = Supervisor(store, Limits(free_memory_mb=0), lambda: 0)
        while supervisor.tick():
            time.sleep(0.02)
    assert still.get(job_id).state == "done"


def test_a_spare_gives_its_memory_to_a_job_that_waits(still):
    spare_needs_much = "jobs_toy:hang"
    with Store() as store:
        supervisor = Supervisor(store, Limits(free_memory_mb=300), lambda: 10_000)
        supervisor._spare._free_mb = lambda: 10_000
        jobs.warm(spare_needs_much)
        supervisor.tick()
        assert supervisor._spare.alive
        supervisor._free_mb = lambda: 10_000 if not supervisor._spare.alive else 100
        job_id = still.submit("count", steps=2)
        while supervisor.tick():
            time.sleep(0.02)
    assert still.get(job_id).state == "done"


def test_more_jobs_run_side_by_side_where_the_operator_allows_it(place, monkeypatch):
    monkeypatch.setenv("PLAY_JOBS_RUNNING", "2")
    pair = [(place.submit("count", owner=owner, steps=10_000), owner) for owner in ("one", "two")]
    for job_id, owner in pair:
        place.until(job_id, lambda job: job.progress.get("step"), owner=owner)
    assert [jobs.get(*one).state for one in pair] == ["running", "running"]


def test_every_limit_has_a_line_in_the_manual():
    from dataclasses import fields

    from core.config import ROOT

    manual = (ROOT / "docs" / "deploy.md").read_text()
    missing = [f.name for f in fields(Limits) if f"`PLAY_{f.name.upper()}`" not in manual]
    assert not missing, os.linesep.join(missing)
