"""What a visitor may do with jobs, and that nobody can do it with another's."""

import threading
from pathlib import Path
from uuid import uuid4

import pytest

from core import jobs
from core.errors import Busy, NotFound, PlaygroundError
from core.jobs.store import Store

OTHER = "visitor-2"


def _set_state(job_id: str, state: str) -> None:
    with Store() as store:
        assert store.update("update job set state = ? where id = ?", state, job_id) == 1


@pytest.mark.parametrize("act", [jobs.get, jobs.stop, jobs.restart, jobs.remove])
@pytest.mark.parametrize("state", ["queued", "running", "done", "failed"])
def test_another_visitors_job_reads_as_if_it_did_not_exist(still, act, state):
    job_id = still.submit("count", steps=3)
    _set_state(job_id, state)
    before = still.get(job_id)
    with pytest.raises(NotFound) as others:
        act(job_id, OTHER)
    with pytest.raises(NotFound) as nobodys:
        act(str(uuid4()), OTHER)
    assert str(others.value) == str(nobodys.value)
    assert still.get(job_id) == before
    assert jobs.list_jobs(OTHER) == []


@pytest.mark.parametrize("job_id", ["", "..", "../../etc/passwd", "x' or '1'='1", "%", None, 3, "A" * 5000])
def test_an_id_that_is_none_of_ours_is_not_found(still, job_id):
    for act in (jobs.get, jobs.stop, jobs.restart, jobs.remove):
        with pytest.raises(NotFound):
            act(job_id, still.owner)


def test_a_new_job_waits_with_all_that_was_given(still, tmp_path):
    given = tmp_path / "given.csv"
    given.write_text("text,label\n")
    job_id = jobs.submit("jobs_toy:count", {"steps": 3}, still.owner, {"table.csv": given, "a.bin": b"\x00"})
    job = still.get(job_id)
    assert (job.state, job.active, job.params, job.progress, job.error) == ("queued", True, {"steps": 3}, {}, None)
    assert (job.folder / "inputs" / "table.csv").read_text() == "text,label\n"
    assert (job.folder / "inputs" / "a.bin").read_bytes() == b"\x00"
    assert job.folder == still.home / "jobs" / job_id
    assert still.owner not in repr(job)
    assert str(still.home) not in repr(job)


def test_only_entries_of_this_project_and_simple_names_are_taken(still):
    for entry in ("os:system", "corex.jobs:run", "core.jobs", "core.jobs:__import__('os')", "core/jobs:run", ""):
        with pytest.raises(ValueError, match="not a job entry"):
            jobs.submit(entry, {}, still.owner, {})
    for name in ("../up.txt", "/etc/passwd", ".hidden", "a/b", "", "a" * 101):
        with pytest.raises(ValueError, match="not a simple file name"):
            jobs.submit("jobs_toy:count", {}, still.owner, {name: b""})
    assert [folder for folder in (still.home / "jobs").iterdir() if folder.is_dir()] == []


def test_the_queue_is_in_order_and_the_21st_is_refused(still):
    owners = [f"visitor-{n}" for n in range(21)]
    ids = [still.submit("count", owner=owner, steps=1) for owner in owners[:20]]
    assert [jobs.get(job_id, owner).ahead for job_id, owner in zip(ids, owners[:20], strict=True)] == list(range(20))
    with pytest.raises(Busy, match="20 jobs are waiting"):
        still.submit("count", owner=owners[20], steps=1)
    jobs.stop(ids[3], owners[3])
    assert jobs.get(ids[19], owners[19]).ahead == 18
    still.submit("count", owner=owners[20], steps=1)


def test_a_restarted_job_queues_at_the_end(still):
    first = still.submit("count", steps=1)
    jobs.stop(first, still.owner)
    second = still.submit("count", owner=OTHER, steps=1)
    jobs.restart(first, still.owner)
    assert (jobs.get(second, OTHER).ahead, still.get(first).ahead) == (0, 1)


def test_twenty_visitors_at_the_same_moment_all_get_in_once(still):
    ids, troubles = [], []

    def visit(number: int) -> None:
        try:
            ids.append(still.submit("count", owner=f"visitor-{number}", steps=1))
        except Exception as error:
            troubles.append(error)

    visits = [threading.Thread(target=visit, args=(number,)) for number in range(20)]
    for visit_thread in visits:
        visit_thread.start()
    for visit_thread in visits:
        visit_thread.join()
    assert troubles == []
    assert len(set(ids)) == 20
    with Store() as store:
        assert sorted(job.ahead for job in store.jobs("1 = 1")) == list(range(20))


def test_a_visitor_has_one_job_at_a_time_and_ten_a_day(still):
    for _ in range(10):
        job_id = still.submit("count", steps=1)
        with pytest.raises(Busy, match="already have a job"):
            still.submit("count", steps=1)
        jobs.stop(job_id, still.owner)
        jobs.remove(job_id, still.owner)  # which gives nothing back
    with pytest.raises(Busy, match="10 jobs in the last 24 hours"):
        still.submit("count", steps=1)
    assert jobs.list_jobs(still.owner) == []


def test_limits_of_zero_are_off(still, monkeypatch):
    for name in ("JOBS_PER_VISITOR", "JOBS_PER_VISITOR_PER_DAY", "JOBS_QUEUED", "FREE_DISK_MB"):
        monkeypatch.setenv(f"PLAY_{name}", "0")
    for _ in range(25):
        still.submit("count", steps=1)
    assert len(jobs.list_jobs(still.owner)) == 25


def test_an_almost_full_disk_refuses_new_jobs_and_leaves_nothing_behind(still, monkeypatch):
    monkeypatch.setenv("PLAY_FREE_DISK_MB", str(10**9))
    with pytest.raises(Busy, match="disk is almost full"):
        still.submit("count", steps=1)
    assert [folder for folder in (still.home / "jobs").iterdir() if folder.is_dir()] == []


def test_what_runs_waits_or_is_done_cannot_be_restarted_and_what_runs_cannot_be_removed(still):
    job_id = still.submit("count", steps=1)
    for state in ("queued", "running", "done"):
        _set_state(job_id, state)
        with pytest.raises(PlaygroundError, match="can be restarted"):
            jobs.restart(job_id, still.owner)
    for state in ("queued", "running"):
        _set_state(job_id, state)
        with pytest.raises(PlaygroundError, match="stop it first"):
            jobs.remove(job_id, still.owner)


def test_remove_deletes_the_files(still):
    job_id = jobs.submit("jobs_toy:count", {"steps": 1}, still.owner, {"mine.txt": b"private"})
    folder: Path = still.get(job_id).folder
    jobs.stop(job_id, still.owner)
    jobs.remove(job_id, still.owner)
    assert not folder.exists()
    with pytest.raises(NotFound):
        still.get(job_id)
