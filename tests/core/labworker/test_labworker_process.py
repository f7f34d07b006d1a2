"""What the lab process does with time: nobody's run starves, nobody's run goes on unseen."""

import io

import pytest

from core.labworker import process, wire

SETTINGS = {"dataset": "moons", "hidden": [4], "points": 40, "speed": 1}


@pytest.fixture
def worker():
    made = process.Worker(io.BytesIO())
    for serial, run in enumerate(("a", "b"), start=1):
        opening = {"lab": "playground", "settings": SETTINGS, "frames": 0, "running": True}
        made.obey({"do": "open", "run": run, "serial": serial, **opening})
    return made


def told(worker):
    worker.out.seek(0)
    return [message for message, _ in iter(lambda: wire.receive(worker.out), None)]


def test_a_running_lab_keeps_to_its_pace(worker, monkeypatch):
    """One frame is owed at once; after it, time that does not pass earns no more than the catch-up."""
    now = [100.0]
    monkeypatch.setattr(process.time, "monotonic", lambda: now[0])
    run = worker.runs["a"]
    for _ in range(20):
        worker.work(run)
    held = len(run.untold)
    assert held <= 4
    now[0] += 1 / process.FRAMES_PER_SECOND
    worker.work(run)
    assert len(run.untold) == held + 1


def test_a_slice_ends_even_with_frames_owed(worker, monkeypatch):
    """Each look at the clock costs 20 ms here, so a slice of 30 ms holds one or two frames."""
    ticks = iter(range(10_000))
    monkeypatch.setattr(process.time, "monotonic", lambda: next(ticks) * 0.02)
    run = worker.runs["a"]
    run.owed = 50
    worker.work(run)
    assert 0 < 50 - run.owed <= 2


def test_unwatched_runs_pause_then_close(worker):
    seen = worker.runs["a"].seen
    worker.runs["b"].seen = seen + process.CLOSE_AFTER
    worker.sweep(seen + process.PAUSE_AFTER + 1)
    assert not worker.runs["a"].running and "nobody was looking" in worker.runs["a"].notice
    assert worker.runs["b"].running
    worker.sweep(seen + process.CLOSE_AFTER + 1)
    assert list(worker.runs) == ["b"]
    assert told(worker)[-1] == {"run": "a", "state": "closed"}


def test_a_bug_in_one_lab_ends_that_run_only(worker, monkeypatch, caplog):
    def broken(_settings):
        raise ZeroDivisionError
        yield

    worker.runs["a"].frames = broken(None)
    for run in worker.runs.values():
        worker.work(run)
    assert worker.runs["a"].state == "failed" and "Reset" in worker.runs["a"].notice
    assert "ZeroDivisionError" not in worker.runs["a"].notice and "ZeroDivisionError" in caplog.text
    assert worker.runs["b"].untold


def test_commands_for_a_closed_run_are_ignored(worker):
    worker.obey({"do": "close", "run": "a", "serial": 9})
    worker.obey({"do": "start", "run": "a", "serial": 10})
    assert list(worker.runs) == ["b"]
