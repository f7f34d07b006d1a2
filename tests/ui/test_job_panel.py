"""The panel says in words where a job stands, offers what can be done, and lists the visitor's own runs only."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from core import jobs
from core.jobs.store import Store
from ui.jobs import time_left

OWNER = "a-visitor-of-the-tests"
ENTRY = "core.finetuning.job:run"


def script() -> None:
    import streamlit as st

    from ui import jobs as panel

    if job := panel.watched():
        panel.panel(job, lambda now: st.text(f"drawn {now.state}"), {"head": "Training the new layer"})
    panel.runs("core.finetuning.job:run", job)


@pytest.fixture
def still(own_home, monkeypatch):
    monkeypatch.setattr("core.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setenv("PLAY_JOBS_PER_VISITOR", "0")


def submitted(owner: str = OWNER, title: str = "Cats") -> str:
    return jobs.submit(ENTRY, {"title": title}, owner, {})


def put(job_id: str, **columns: object) -> None:
    with Store() as store:
        names = ", ".join(f"{name} = ?" for name in columns)
        assert store.update(f"update job set {names} where id = ?", *columns.values(), job_id)


def opened(job_id: str = "", owner: str = OWNER) -> AppTest:
    at = AppTest.from_function(script)
    at.query_params["me"] = owner
    if job_id:
        at.query_params["job"] = job_id
    return at.run()


def said(at: AppTest) -> str:
    assert not at.exception
    return " ".join(
        [e.proto.text for e in at.get("progress")] + [e.value for e in (*at.error, *at.info, *at.caption, *at.markdown)]
    )


def test_a_waiting_job_says_its_place_and_what_it_waits_for(still):
    submitted("somebody-else-entirely")
    job_id = submitted()
    assert "Waiting · 1 job ahead of you" in said(opened(job_id))
    put(job_id, error="This job waits for memory: it starts by itself.")
    at = opened(job_id)
    assert [e.value for e in at.info] == ["This job waits for memory\\: it starts by itself\\."] and not at.error


def test_a_running_job_says_phase_and_time_left_and_that_it_was_resumed(still):
    job_id = submitted()
    progress = f'{{"fraction": 0.5, "phase": "head", "started": {time.time() - 100}}}'
    put(job_id, state="running", attempts=2, progress=progress)
    words = said(opened(job_id))
    assert "Running · Training the new layer · about 1 min 40 s left" in words
    assert "has gone on from what was saved" in words


def test_stop_is_pressed_once_and_says_what_happens(still):
    job_id = submitted()
    put(job_id, state="running", attempts=1)
    at = opened(job_id)
    at.button(key="job.stop").click().run()
    assert "Stopping, the best so far is kept" in said(at)
    assert at.button(key="job.stop").disabled


def test_an_interrupted_job_shows_its_sentence_and_restart_or_why_not(still, monkeypatch):
    job_id = submitted()
    put(job_id, state="interrupted", error="It ended 3 times.")
    at = opened(job_id)
    assert [e.value for e in at.error] == ["It ended 3 times\\."]
    submitted()
    monkeypatch.setenv("PLAY_JOBS_PER_VISITOR", "1")
    at.button(key="job.restart").click().run()
    assert "You already have a job" in said(at)
    monkeypatch.setenv("PLAY_JOBS_PER_VISITOR", "0")
    at.button(key="job.restart").click().run()
    assert jobs.get(job_id, OWNER).state == "queued"
    assert "Waiting" in said(at) and not at.error


def test_a_visitor_opens_and_removes_own_runs_and_sees_no_others(still):
    first, second = submitted(title="Cats *and* dogs"), submitted(title="Spam")
    submitted("somebody-else-entirely", title="Secret")
    jobs.stop(first, OWNER)
    at = opened(second)
    assert "Cats \\*and\\* dogs" in said(at) and "Secret" not in said(at)
    assert at.button(key=f"run.open.{second}").disabled and at.button(key=f"run.remove.{second}").disabled
    at.button(key=f"run.open.{first}").click().run()
    assert at.query_params["job"] == [first] or at.query_params["job"] == first
    at.button(key=f"run.remove.{first}").click().run()
    assert [job.id for job in jobs.list_jobs(OWNER)] == [second]
    assert "job" not in at.query_params
    assert not opened(second, "somebody-else-entirely").get("progress")


def test_a_job_removed_in_another_tab_leaves_an_empty_page(still):
    job_id = submitted()
    jobs.stop(job_id, OWNER)
    at = opened(job_id)
    jobs.remove(job_id, OWNER)
    at.run()
    assert not at.exception and not at.get("progress")


def test_time_left_is_told_only_when_it_can_be():
    assert time_left({"fraction": 0.5, "started": 100.0}, 110.0) == 10.0
    assert time_left({"fraction": 0.01, "started": 100.0}, 110.0) is None
    assert time_left({"fraction": 0.5}, 110.0) is None
