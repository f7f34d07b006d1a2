"""The warm spare: it saves the imports, gives its memory back, and never outlives its supervisor."""

import os
import time

import psutil
import pytest

from core import jobs
from core.jobs import spare
from core.jobs.spare import Spare

HEAVY = "jobs_toy_heavy:run"


@pytest.fixture
def workshop(place, monkeypatch):
    """A spare without a supervisor around it."""
    monkeypatch.setattr("core.jobs.queue.ensure_supervisor", lambda: None)
    (place.home / "jobs").mkdir()
    keeper = Spare(free_mb=lambda: 10_000)
    yield keeper
    keeper.end()


def test_a_job_starts_in_the_spare_and_logs_to_its_own_file(place):
    cold = place.ended(jobs.submit(HEAVY, {}, place.owner, {}))
    assert (cold.state, cold.progress["warm"], cold.progress["threads"]) == ("done", False, 1)
    jobs.warm(HEAVY)
    log = place.home / "jobs" / "spare.log"
    deadline = time.monotonic() + 30
    while not log.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    warm = place.ended(jobs.submit(HEAVY, {}, place.owner, {}))
    assert (warm.state, warm.progress["warm"], warm.progress["threads"]) == ("done", True, 1)
    assert "words for the log" in place.log(warm)


def test_a_spare_is_given_only_a_job_of_its_entry(workshop):
    jobs.warm("jobs_toy:count")
    workshop.look(busy=False)
    assert workshop.alive
    assert workshop.take("some id", "jobs_toy:hang") is None
    assert workshop.alive


def test_no_spare_without_wish_memory_or_a_free_machine(workshop, monkeypatch):
    workshop.look(busy=False)
    assert not workshop.alive
    jobs.warm("jobs_toy:count")
    workshop.look(busy=True)
    assert not workshop.alive
    workshop.look(busy=False)  # the wish waited
    assert workshop.alive
    workshop.end()
    monkeypatch.setattr(workshop, "_free_mb", lambda: 100)
    jobs.warm("jobs_toy:count")
    workshop.look(busy=False)
    assert not workshop.alive


def test_a_wish_of_long_ago_is_forgotten(workshop):
    jobs.warm("jobs_toy:count")
    os.utime(spare._wish(), (0, time.time() - spare.KEEP_SECONDS - 1))
    workshop.look(busy=False)
    assert not workshop.alive


def test_a_spare_that_nobody_needs_ends(workshop, monkeypatch):
    jobs.warm("jobs_toy:count")
    workshop.look(busy=False)
    assert workshop.alive
    monkeypatch.setattr(workshop, "_until", 0.0)
    workshop.look(busy=False)
    assert not workshop.alive


def test_a_spare_ends_with_its_supervisor(place):
    jobs.warm("jobs_toy:count")
    supervisor_pid = place.supervisor()
    supervisor = psutil.Process(supervisor_pid)
    deadline = time.monotonic() + 30
    while not (children := supervisor.children()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    place.kill(supervisor_pid)
    for child in children:
        while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline
            time.sleep(0.02)
