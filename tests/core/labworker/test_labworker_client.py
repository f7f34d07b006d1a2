"""The lab process: steered, shared, killed, left alone; each through the same client as the app uses."""

import itertools
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from core import config, params
from core.errors import Busy, NotFound, PlaygroundError, Unavailable
from core.labs import LABS_BY_SLUG
from core.labworker.client import LabWorker

LAB = LABS_BY_SLUG["playground"]
SMALL = {"dataset": "moons", "hidden": (4,), "points": 40, "speed": 2}
WAIT = 30.0


@pytest.fixture(scope="module")
def shared():
    worker = LabWorker()
    yield worker
    worker.shutdown()


@pytest.fixture
def run(shared):
    run_id = shared.open(LAB, SMALL)
    yield run_id
    shared.close(run_id)


def pid(worker: LabWorker) -> int:
    return worker._process.pid


def until(worker, run_id, true):
    """Look until ``true(look)``; fails loudly after the time limit."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        if true(look := worker.look(run_id)):
            return look
        time.sleep(0.02)
    raise AssertionError(f"never came true; last seen: {look.state}, {len(look.frames)} frames")


def alone(settings, frames):
    made = list(itertools.islice(LAB.run(params.make(LAB.settings, settings)), frames))
    return [f.metrics["train_loss"] for f in made]


def test_opens_paused_with_the_state_before_learning(shared, run):
    look = shared.look(run, wait=WAIT)
    assert (look.state, look.settled, look.notice) == ("paused", True, "")
    assert [f.step for f in look.frames] == [0]
    assert look.frames[0].arrays["surface"].shape == (60, 60)


def test_step_makes_exactly_the_frames_asked_for(shared, run):
    shared.step(run, 3)
    assert [f.step for f in shared.look(run, wait=WAIT).frames] == [0, 2, 4, 6]


def test_frames_are_those_of_the_lab_run_alone(shared, run):
    """Also while another run takes turns with it: each draws its own random numbers."""
    other = shared.open(LAB, {**SMALL, "seed": 1, "dropout": 0.5})
    for _ in range(4):
        shared.step(run, 2)
        shared.step(other, 2)
    mine, theirs = shared.look(run, wait=WAIT), shared.look(other, wait=WAIT)
    shared.close(other)
    assert [f.metrics["train_loss"] for f in mine.frames] == alone(SMALL, 9)
    assert theirs.frames[-1].metrics["train_loss"] != mine.frames[-1].metrics["train_loss"]


def test_start_runs_and_pause_stops(shared, run):
    shared.start(run)
    until(shared, run, lambda look: look.state == "running" and len(look.frames) > 5)
    shared.pause(run)
    stopped = shared.look(run, wait=WAIT)
    assert stopped.state == "paused"
    time.sleep(0.3)
    assert shared.look(run).frames[-1].step == stopped.frames[-1].step


def test_two_runs_share_the_time(shared, run):
    other = shared.open(LAB, SMALL)
    shared.start(run)
    shared.start(other)
    for run_id in (run, other):
        until(shared, run_id, lambda look: len(look.frames) > 10)
    shared.close(other)


def test_a_live_change_acts_without_a_restart(shared, run):
    shared.step(run, 5)
    before = shared.look(run, wait=WAIT).frames[-1]
    shared.change(run, {**SMALL, "learning_rate": 1e-4, "speed": 10})
    shared.step(run, 1)
    after = shared.look(run, wait=WAIT).frames[-1]
    assert after.step == before.step + 10
    assert abs(after.metrics["train_loss"] - before.metrics["train_loss"]) < 1e-2


def test_reset_begins_again_with_new_settings(shared, run):
    shared.step(run, 5)
    shared.look(run, wait=WAIT)
    shared.reset(run, {**SMALL, "seed": 7}, frames=2)
    look = shared.look(run, wait=WAIT)
    assert [f.step for f in look.frames] == [0, 2, 4]
    assert [f.metrics["train_loss"] for f in look.frames] == alone({**SMALL, "seed": 7}, 3)
    shared.reset(run, running=True)
    until(shared, run, lambda look: look.state == "running" and len(look.frames) > 2)


def test_a_run_of_so_many_epochs_finishes(shared):
    run_id = shared.open(LAB, {**SMALL, "epochs": 50, "batch_size": 100, "speed": 100})
    shared.start(run_id)
    look = until(shared, run_id, lambda look: look.state == "finished")
    assert look.frames[-1].metrics["epoch"] <= 50
    shared.start(run_id)  # over is over
    assert shared.look(run_id, wait=WAIT).state == "finished"
    shared.close(run_id)


def test_an_experiment_that_cannot_run_says_why(shared):
    run_id = shared.open(LAB, {**SMALL, "normalisation": "batch", "batch_size": 1})
    look = shared.look(run_id, wait=WAIT)
    assert look.state == "failed" and "at least 2 points" in look.notice
    shared.reset(run_id, SMALL)
    assert shared.look(run_id, wait=WAIT).state == "paused"
    shared.close(run_id)


def test_nobody_reaches_a_run_without_its_id(shared, run):
    for guess in ("", run[:-1], "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound):
            shared.look(guess)
        with pytest.raises(NotFound):
            shared.start(guess)


def test_a_forged_setting_never_reaches_the_process(shared, run):
    for values in ({"learning_rate": float("nan")}, {"hidden": "999"}, {"no_such": 1}):
        with pytest.raises(PlaygroundError):
            shared.open(LAB, values)
        with pytest.raises(PlaygroundError):
            shared.change(run, values)


def test_a_full_house_is_told_and_an_unwatched_run_gives_way(monkeypatch):
    worker = LabWorker(most_runs=2)
    try:
        first, _ = worker.open(LAB, SMALL), worker.open(LAB, SMALL)
        with pytest.raises(Busy, match="try again in a minute"):
            worker.open(LAB, SMALL)
        monkeypatch.setattr("core.labworker.client.UNWATCHED", 0.0)
        worker.open(LAB, SMALL)
        with pytest.raises(NotFound):
            worker.look(first)
    finally:
        worker.shutdown()


def test_a_killed_process_comes_back_and_says_so():
    worker = LabWorker()
    try:
        run_id = worker.open(LAB, SMALL, frames=4)
        assert len(worker.look(run_id, wait=WAIT).frames) == 5
        worker.start(run_id)
        old = pid(worker)
        os.kill(old, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(old)] if psutil.pid_exists(old) else [], timeout=10)
        look = until(worker, run_id, lambda look: look.settled and look.frames)
        assert pid(worker) != old
        assert look.state == "paused" and [f.step for f in look.frames] == [0]
        assert "start again" in look.notice
        worker.start(run_id)
        assert until(worker, run_id, lambda look: len(look.frames) > 3).notice == ""
    finally:
        worker.shutdown()


def test_a_process_that_never_starts_is_told(monkeypatch):
    worker = LabWorker()
    monkeypatch.setattr("core.labworker.client.sys.executable", "/bin/false")
    with pytest.raises(Unavailable, match="does not start"):
        for _ in range(5):
            worker.open(LAB, SMALL)
            worker._process.wait()
    worker.shutdown()


def test_shutdown_ends_the_process():
    worker = LabWorker()
    worker.look(worker.open(LAB, SMALL), wait=WAIT)
    process = psutil.Process(pid(worker))
    assert process.nice() == 15
    worker.shutdown()
    assert not process.is_running()


def test_the_process_dies_with_its_parent():
    """Also when the parent is killed and can say nothing: the end of its input is enough."""
    program = (
        "import time\nfrom core.labs import LABS\nfrom core.labworker.client import LabWorker\n"
        "worker = LabWorker()\nrun = worker.open(LABS[0], {})\nworker.look(run, wait=60)\nworker.start(run)\n"
        "print(worker._process.pid, flush=True)\ntime.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=config.ROOT)
    with parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    gone, _ = psutil.wait_procs([child], timeout=10)
    assert gone
