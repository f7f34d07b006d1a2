"""The faults that a job must survive, each with a real kill of a real process."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from core import config, jobs
from core.errors import Busy
from core.jobs import launch
from core.jobs.store import Store


def test_a_killed_worker_is_resumed_from_its_checkpoint(place):
    job_id = place.submit("count", steps=40)
    place.at_step(job_id, 8)
    place.kill(place.worker(job_id))
    job = place.ended(job_id)
    assert (job.state, job.attempts, job.progress["step"]) == ("done", 2, 40)
    first, second = place.starts(job)
    assert first == 0
    assert second >= 8


def test_a_killed_supervisor_leaves_the_worker_and_the_next_one_adopts_it(place):
    job_id = place.submit("count", steps=60)
    pid = place.at_step(job_id, 5).progress["pid"]
    killed = place.supervisor()
    place.kill(killed)
    step = place.get(job_id).progress["step"]  # whoever looks has it watched over again
    assert place.supervisor() != killed
    assert place.at_step(job_id, step + 5).progress["pid"] == pid
    job = place.ended(job_id)
    assert (job.state, job.attempts, job.progress["pid"]) == ("done", 1, pid)
    assert place.starts(job) == [0]


def test_an_adopted_job_can_still_be_stopped_when_it_hangs(place):
    job_id = place.submit("hang")
    pid = place.until(job_id, lambda job: job.progress).progress["pid"]
    place.kill(place.supervisor())
    jobs.stop(job_id, place.owner)
    assert place.ended(job_id).state == "cancelled"
    # Where the first process of the machine reaps nobody, an adopted process stays on as a zombie.
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_killed_app_leaves_the_job_running_and_the_next_app_sees_it(place):
    program = (
        "import sys, time; from core import jobs\n"
        "print(jobs.submit('jobs_toy:count', {'steps': 60}, 'visitor-1', {}), flush=True)\n"
        "time.sleep(600)"
    )
    path = os.pathsep.join([str(config.ROOT), os.environ["PYTHONPATH"]])
    app = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,
    )
    with app:
        assert app.stdout
        job_id = app.stdout.readline().strip()
        step = place.at_step(job_id, 3).progress["step"]
        os.killpg(app.pid, signal.SIGKILL)  # as a terminal or a service manager would: the whole group
    assert app.returncode == -signal.SIGKILL
    place.at_step(job_id, step + 3)
    job = place.ended(job_id)
    assert (job.state, job.attempts, place.starts(job)) == ("done", 1, [0])


def test_everything_killed_is_resumed_at_the_next_start(place):
    job_id = place.submit("count", steps=40)
    place.at_step(job_id, 6)
    place.kill(place.supervisor())
    place.kill(place.worker(job_id))
    with Store() as store:
        assert store.active()[0]["state"] == "running"  # nobody is left who could say otherwise
    jobs.tend()
    job = place.ended(job_id)
    assert (job.state, job.attempts) == ("done", 2)
    assert place.starts(job)[1] >= 6


def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(place):
    job_id = place.submit("count", steps=40)
    job = place.at_step(job_id, 6)
    step, newest = job.progress["step"], job.folder / "checkpoint" / "step.txt"
    place.kill(place.supervisor())
    place.kill(place.worker(job_id))
    newest.write_text("")
    jobs.ensure_supervisor()
    job = place.ended(job_id)
    assert (job.state, job.progress["step"]) == ("done", 40)
    assert place.starts(job)[1] >= step - 1


def test_three_deaths_interrupt_a_job_and_restart_continues_it(place):
    job_id = place.submit("count", steps=18, deaths=5)
    job = place.ended(job_id)
    assert (job.state, job.attempts) == ("interrupted", 3)
    assert place.starts(job) == [0, 5, 10]
    assert job.error
    assert "Restart" in job.error
    jobs.restart(job_id, place.owner)
    job = place.ended(job_id)
    assert (job.state, job.error, place.starts(job)) == ("done", None, [0, 5, 10, 15])


def test_stop_ends_a_job_that_listens_and_keeps_its_best(place):
    job_id = place.submit("count", steps=100_000)
    place.at_step(job_id, 4)
    jobs.stop(job_id, place.owner)
    job = place.ended(job_id)
    assert (job.state, job.error) == ("cancelled", None)
    assert int((job.folder / "result" / "best.txt").read_text()) == job.progress["step"] >= 4


def test_stop_gives_a_job_that_listens_the_time_to_save(place):
    job_id = place.submit("slow_saver")
    place.until(job_id, lambda job: job.progress)
    jobs.stop(job_id, place.owner)
    job = place.ended(job_id)
    assert job.state == "cancelled"
    assert (job.folder / "result" / "best.txt").read_text() == "saved"


def test_stop_closes_a_generator_that_never_asks(place):
    job_id = place.submit("deaf")
    place.until(job_id, lambda job: job.progress)
    jobs.stop(job_id, place.owner)
    job = place.ended(job_id)
    assert job.state == "cancelled"
    assert (job.folder / "result" / "closed.txt").exists()


def test_stop_takes_a_waiting_job_from_the_queue_at_once(place, monkeypatch):
    monkeypatch.setattr("core.jobs.queue.ensure_supervisor", lambda: None)
    job_id = place.submit("count", steps=3)
    jobs.stop(job_id, place.owner)
    job = place.get(job_id)
    assert (job.state, job.active, job.attempts) == ("cancelled", False, 0)


def test_a_stopped_job_continues_after_restart(place):
    job_id = place.submit("count", steps=30, pause=0.05)
    place.at_step(job_id, 4)
    jobs.stop(job_id, place.owner)
    stopped = place.ended(job_id).progress["step"]
    jobs.restart(job_id, place.owner)
    job = place.ended(job_id)
    assert (job.state, place.starts(job)) == ("done", [0, stopped])


def test_a_job_beyond_its_time_is_stopped_with_a_sentence(place, monkeypatch):
    # Minutes are whole in the settings, so the supervisor runs here, with a limit of a fraction.
    from core.config import Limits
    from core.jobs.supervisor import Supervisor

    monkeypatch.setattr("core.jobs.queue.ensure_supervisor", lambda: None)
    job_id = place.submit("count", steps=100_000)
    with Store() as store:
        supervisor = Supervisor(store, Limits(job_minutes=0.01))  # pyright: ignore[reportArgumentType]
        while supervisor.tick():
            time.sleep(0.02)
    job = place.get(job_id)
    assert job.state == "cancelled"
    assert job.error
    assert "minutes" in job.error


def test_a_worker_that_cannot_begin_is_not_tried_for_ever(place, monkeypatch):
    monkeypatch.setattr("core.jobs.queue.ensure_supervisor", lambda: None)
    job_id = place.submit("count", steps=3)
    (place.get(job_id).folder / "live.lock").mkdir()  # no process can lock a folder in its place
    jobs.ensure_supervisor()
    job = place.ended(job_id)
    assert job.state == "failed"
    assert job.error
    assert "could not be started" in job.error


def test_only_one_supervisor_lives_and_an_idle_one_ends(place, monkeypatch):
    monkeypatch.setenv("PLAY_JOBS_IDLE_SECONDS", "3")
    (place.home / "jobs").mkdir()
    log = place.home / "jobs" / "supervisor.log"
    three = [launch.start("core.jobs.supervisor", log=log) for _ in range(3)]
    pid = place.supervisor()  # one of them has the lock, so that handing in a job starts no fourth
    job_id = place.submit("count", steps=10)
    assert place.ended(job_id).state == "done"
    assert sum(process.wait(timeout=30) == 0 for process in three) == 3
    assert pid in [process.pid for process in three]


def test_a_fork_does_not_keep_a_dead_worker_alive(place):
    from core.jobs import lock

    proof = lock.take(place.home / "some.lock")
    assert proof
    child = os.fork()
    if child == 0:
        time.sleep(5)
        os._exit(0)
    proof.release()
    time.sleep(0.1)
    free = not lock.held(place.home / "some.lock")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert free


def test_twenty_visitors_are_served_one_after_another_and_the_21st_is_refused(place):
    owners = [f"visitor-{number}" for number in range(20)]
    ids = [place.submit("count", owner=owners[0], steps=10_000)]
    place.until(ids[0], lambda job: job.state == "running", owner=owners[0])
    ids += [place.submit("count", owner=owner, steps=3) for owner in owners[1:]]
    assert [jobs.get(*pair).ahead for pair in zip(ids, owners, strict=True)] == [0, *range(1, 20)]
    with pytest.raises(Busy, match="The queue is full, 20 jobs"):
        place.submit("count", owner="visitor-20", steps=3)
    jobs.stop(ids[0], owners[0])
    most, deadline = 0, time.monotonic() + 120
    while (standing := [jobs.get(*pair) for pair in zip(ids, owners, strict=True)]) and any(j.active for j in standing):
        most = max(most, sum(job.state == "running" for job in standing))
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert most == 1
    assert [job.state for job in standing] == ["cancelled"] + ["done"] * 19
    ends = [job.updated for job in standing]
    assert ends == sorted(ends)
