"""What the tests of jobs do behind the visitor's back: find the real worker and the watch, and send them signals."""

import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from playwright.sync_api import Locator, expect

from core import jobs
from core.data.samples import SAMPLE_SETS_BY_SLUG
from core.finetuning import JOB, STRATEGIES_BY_NAME, spool
from core.jobs import launch, lock
from core.jobs.store import Store
from tests.browser.conftest import Server, Visit

# A real fine-tune of the last blocks, cheap in each epoch, that does not end by itself while a test looks.
LONG = {"max_seq_length": 16, "num_train_epochs": 20, "early_stopping_patience": 20, "learning_rate": 1e-05}


class Watch:
    """The jobs of one server, seen from the machine."""

    def __init__(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        monkeypatch.setenv("PLAY_HOME", str(server.home))  # core.jobs here speaks of the server's jobs

    def begin(self, visit: Visit, met: Callable[[jobs.Job], object] | None = None, **settings: float) -> jobs.Job:
        """Press Fine-tune on the page, and wait until ``met``: if not given, until the network's blocks learn."""
        self.open(visit, **settings)
        visit.page.get_by_role("button", name="Fine-tune").click()
        visit.page.wait_for_url(re.compile("job="), timeout=120_000)
        return self.until(self.job(visit), met or learning)

    def open(self, visit: Visit, **settings: float) -> Visit:
        """The page, set to a long run on texts, with ``settings`` of its own."""
        asked = {f"partial.text.{name}": str(value) for name, value in {**LONG, **settings}.items()}
        strategy = STRATEGIES_BY_NAME["partial"].title
        return visit.open("transfer_learning", strategy=strategy, set="Spam or ham", **asked)

    def submit(self, owner: str) -> jobs.Job:
        """The same run for a visitor whose browser is not needed."""
        data = SAMPLE_SETS_BY_SLUG["spam-or-ham"].load()
        params = {"base": "all-minilm-l6-v2", "strategy": "partial", "settings": LONG, "title": "Other"}
        return jobs.get(jobs.submit(JOB, params, owner, spool.spool(data)), owner)

    def job(self, visit: Visit) -> jobs.Job:
        """The job in the page's address."""
        query = parse_qs(urlsplit(visit.page.url).query)
        return jobs.get(query["job"][0], query["me"][0])

    def until(self, job: jobs.Job, met: Callable[[jobs.Job], object], seconds: float = 180.0) -> jobs.Job:
        """The job once ``met`` holds; the limit only bounds a failing test."""
        deadline = time.monotonic() + seconds
        while not met(job := jobs.get(job.id, job.owner)):
            log = job.folder / "log.txt"
            told = log.read_text()[-1500:] if log.exists() else ""
            assert time.monotonic() < deadline, f"still {job.state} {job.progress} {job.error}\n{told}"
            time.sleep(0.05)
        return job

    def worker(self, job: jobs.Job) -> int:
        """The process that works on it."""
        with Store() as store:
            return next(row["pid"] for row in store.active() if row["id"] == job.id)

    def supervisor(self) -> int:
        """The process that watches."""
        while (pid := lock.holder(launch.supervisor_lock())) is None:
            time.sleep(0.02)
        return pid

    def kill(self, pid: int) -> None:
        """Kill -9, and wait until the process has let go of its lock."""
        os.kill(pid, signal.SIGKILL)
        while any(lock.holder(path) == pid for path in self._locks()):
            time.sleep(0.01)

    def end_all(self) -> None:
        """Leave no job behind, for the next test or at the end."""
        with Store() as store:
            rows = store.connection.execute("select id, owner from job where state in ('queued', 'running')").fetchall()
        for row in rows:
            jobs.stop(row["id"], row["owner"])
        for row in rows:
            self.until(jobs.get(row["id"], row["owner"]), lambda job: not job.active)

    def end_watch(self) -> None:
        """End the supervisor with its spare."""
        if (pid := lock.holder(launch.supervisor_lock())) is not None:
            with suppress(psutil.NoSuchProcess):
                children = psutil.Process(pid).children()
                os.kill(pid, signal.SIGKILL)
                for child in children:
                    child.kill()

    def _locks(self) -> list:
        folder = self.server.home / "jobs"
        return [path for path in [folder / "supervisor.lock", *folder.glob("*/live.lock")] if path.exists()]


def beginning(job: jobs.Job) -> bool:
    """Whether the blocks are about to learn, their largest batches still to come."""
    return job.progress.get("phase") == "blocks"


def learning(job: jobs.Job) -> bool:
    """Whether the blocks learn and a checkpoint is behind them."""
    assert job.state != "done", f"it ended before the test looked: {job.params}"
    return job.progress.get("phase") == "blocks" and len(job.progress.get("history") or []) >= 1


def learns_again(since: float) -> Callable[[jobs.Job], bool]:
    """Whether a process that began after ``since`` learns; the record of the one before stays until it reports."""
    return lambda job: learning(job) and job.state == "running" and job.progress["started"] > since


def panel(visit: Visit) -> Locator:
    """The words of the bar."""
    return visit.page.get_by_test_id("stProgress").first


def sees(visit: Visit, words: str, seconds: float = 120) -> None:
    """The visitor reads ``words`` somewhere on the page."""
    expect(visit.page.get_by_test_id("stMain").get_by_text(words).first).to_be_visible(timeout=1000 * seconds)


def press(visit: Visit, name: str) -> None:
    """Press a button of the panel."""
    visit.page.get_by_role("button", name=name, exact=True).click()


def stop_and_keep(visit: Visit) -> None:
    """Press Stop; the page shows the model that was reached."""
    press(visit, "Stop")
    expect(visit.page.get_by_role("button", name="Take home")).to_be_visible(timeout=120_000)
    sees(visit, "Stopped early")
