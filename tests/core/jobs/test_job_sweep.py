"""What the sweep removes, and what it must never touch."""

import os
import time
from uuid import uuid4

import pytest

from core import jobs
from core.errors import NotFound
from core.jobs.store import Store
from core.jobs.sweep import sweep

HOUR = 3600.0


def _sweep(keep_hours: int = 24, later: float = 0.0, keep_inputs_hours: int = 0) -> int:
    with Store() as store:
        return sweep(store, keep_hours, keep_inputs_hours, time.time() + later)


def test_an_ended_job_goes_when_its_time_is_over_and_not_before(still):
    job_id = still.submit("count", steps=1)
    jobs.stop(job_id, still.owner)
    folder = still.get(job_id).folder
    assert _sweep(later=23 * HOUR) == 0
    assert still.get(job_id).state == "cancelled"
    assert folder.is_dir()
    assert _sweep(later=25 * HOUR) == 1
    assert not folder.exists()
    with pytest.raises(NotFound):
        still.get(job_id)


def test_a_waiting_or_running_job_stays_for_ever(still):
    job_id = still.submit("count", steps=1)
    assert _sweep(later=1000 * HOUR) == 0
    with Store() as store:
        store.claim(job_id, os.getpid())
    assert _sweep(later=1000 * HOUR) == 0
    assert still.get(job_id).folder.is_dir()


def test_with_no_limit_everything_stays(still):
    jobs.stop(still.submit("count", steps=1), still.owner)
    assert _sweep(keep_hours=0, later=1000 * HOUR) == 0


def test_only_old_orphans_named_as_ours_go_and_links_are_not_followed(still, tmp_path):
    still.submit("count", steps=1)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file.txt").write_text("keep")
    folder = still.home / "jobs"
    old, link, foreign = folder / str(uuid4()), folder / str(uuid4()), folder / "notes"
    old.mkdir()
    (old / "inside").symlink_to(precious)
    link.symlink_to(precious)
    foreign.mkdir()
    assert _sweep() == 0  # all of it is young
    assert _sweep(later=2 * HOUR) == 2
    assert not old.exists()
    assert not link.is_symlink()
    assert foreign.is_dir()
    assert (precious / "file.txt").read_text() == "keep"


@pytest.mark.parametrize(("state", "hours", "kept"), [("done", 1, False), ("done", 0, True), ("failed", 1, True)])
def test_what_was_brought_goes_first_unless_a_restart_needs_it(still, state, hours, kept):
    job_id = jobs.submit("jobs_toy:count", {"steps": 1}, still.owner, {"mine.txt": b"private"})
    folder = still.get(job_id).folder
    (folder / "result").mkdir()
    with Store() as store:
        store.finish(job_id, 0, state)
    _sweep(later=0.5 * HOUR, keep_inputs_hours=hours)
    assert (folder / "inputs" / "mine.txt").exists()
    _sweep(later=2 * HOUR, keep_inputs_hours=hours)
    assert (folder / "inputs").exists() == kept
    assert (folder / "result").is_dir()


def test_the_watch_sweeps_when_the_app_starts_again(place, monkeypatch):
    monkeypatch.setenv("PLAY_KEEP_HOURS", "1")
    jobs.tend()
    assert not (place.home / "jobs" / "supervisor.lock").exists()  # no job ever was here
    ended = place.ended(place.submit("count", steps=1))
    place.kill(place.supervisor())
    with Store() as store:
        store.update("update job set updated = ? where id = ?", time.time() - 2 * HOUR, ended.id)
    jobs.tend()
    deadline = time.monotonic() + 30
    while ended.folder.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert jobs.list_jobs(place.owner) == []
