"""Real signals to the real worker of a real fine-tune, under a real server, while Chromium watches the page."""

import os
import re
import resource
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from core import jobs
from core.errors import Busy
from core.jobs.failures import DISK_FULL, OUT_OF_MEMORY
from tests.browser.conftest import Server, Visit, serve
from tests.browser.jobs_watch import Watch, beginning, learns_again, panel, press, sees, stop_and_keep

pytestmark = pytest.mark.browser
NewVisit = Callable[..., Visit]
MB = 1024 * 1024


@pytest.fixture
def watch(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """The jobs of the common server, none of which is left."""
    yield (watch := Watch(server, monkeypatch))
    watch.end_all()


@pytest.fixture(scope="module", autouse=True)
def no_watch_is_left(server: Server) -> Iterator[None]:
    yield
    with pytest.MonkeyPatch.context() as monkeypatch:
        Watch(server, monkeypatch).end_watch()


def test_a_killed_worker_goes_on_before_the_visitors_eyes(visit: Visit, watch: Watch) -> None:
    job = watch.begin(visit)
    epochs, killed = len(job.progress["history"]), time.time()
    watch.kill(watch.worker(job))
    sees(visit, "gone on from what was saved")
    expect(panel(visit)).to_contain_text("Running")
    job = watch.until(job, learns_again(killed))
    assert job.attempts == 2 and len(job.progress["history"]) >= epochs
    stop_and_keep(visit)
    visit.clean()


@pytest.mark.slow
def test_a_killed_watch_is_replaced_by_whoever_looks(visit: Visit, watch: Watch) -> None:
    job = watch.begin(visit)
    worker, killed = watch.worker(job), watch.supervisor()
    watch.kill(killed)
    before = len(job.progress["history"])
    job = watch.until(job, lambda job: len(job.progress["history"]) > before)
    assert watch.worker(job) == worker and watch.supervisor() != killed
    expect(panel(visit)).to_contain_text("Running")
    stop_and_keep(visit)  # also by the watch that adopted it
    assert watch.job(visit).attempts == 1
    visit.clean()


@pytest.mark.slow
def test_three_deaths_are_told_and_restart_continues(visit: Visit, watch: Watch) -> None:
    job = watch.begin(visit)
    epochs = len(job.progress["history"])
    for attempt in (1, 2, 3):
        job = watch.until(job, lambda job, n=attempt: job.attempts == n and job.state == "running")
        watch.kill(watch.worker(job))
    sees(visit, "process ended 3 times")
    expect(panel(visit)).to_contain_text("Interrupted")
    pressed = time.time()
    press(visit, "Restart")
    expect(panel(visit)).to_contain_text(re.compile("Waiting|Running"))
    expect(visit.page.get_by_text("process ended 3 times")).to_have_count(0)
    job = watch.until(job, learns_again(pressed))
    assert job.attempts == 1 and len(job.progress["history"]) >= epochs
    stop_and_keep(visit)
    visit.clean()


def test_stop_is_quick_and_keeps_the_best(visit: Visit, watch: Watch) -> None:
    job = watch.begin(visit)
    asked = time.monotonic()
    stop_and_keep(visit)
    assert time.monotonic() - asked < 30  # with report and browser, on a busy machine; alone it is about one second
    assert watch.job(visit).state == "cancelled"
    assert (job.folder / "result" / "model" / "model.safetensors").exists()
    visit.clean()


@pytest.mark.slow
def test_a_hung_worker_is_ended_by_stop_and_restart_goes_on(visit: Visit, watch: Watch) -> None:
    job = watch.begin(visit)
    os.kill(watch.worker(job), signal.SIGSTOP)  # hears nothing any more, no signal either
    press(visit, "Stop")
    expect(panel(visit)).to_contain_text("Stopped", timeout=60_000)
    sees(visit, "Restart continues from what it had learned")
    pressed = time.time()
    press(visit, "Restart")
    watch.until(job, learns_again(pressed))
    stop_and_keep(visit)
    visit.clean()


@pytest.mark.slow
def test_the_queue_shows_everybodys_place_and_refuses_the_21st(visit: Visit, new_visit: NewVisit, watch: Watch) -> None:
    others = [watch.submit(f"visitor-number-{number:04}") for number in range(19)]
    first = watch.until(others[0], lambda job: job.state == "running")
    os.kill(watch.worker(first), signal.SIGSTOP)  # the queue stands still while we look
    watch.open(visit)
    press(visit, "Fine-tune")
    expect(panel(visit)).to_contain_text("Waiting · 19 jobs ahead of you", timeout=120_000)
    late = watch.open(new_visit())
    press(late, "Fine-tune")
    sees(late, "The queue is full, 20 jobs are waiting")
    assert "job=" not in late.page.url
    with pytest.raises(Busy):
        watch.submit("visitor-number-0021")
    for other in others[10:]:
        jobs.stop(other.id, other.owner)
    expect(panel(visit)).to_contain_text("Waiting · 10 jobs ahead of you")
    for other in others[:10]:
        jobs.stop(other.id, other.owner)
    expect(panel(visit)).to_contain_text("Running", timeout=120_000)
    press(late, "Fine-tune")
    expect(panel(late)).to_contain_text("Waiting · 1 job ahead of you", timeout=120_000)
    visit.clean()
    late.clean()


@pytest.mark.slow
def test_a_lack_of_memory_is_told_and_the_run_can_go_on(visit: Visit, watch: Watch) -> None:
    job = watch.begin(visit, beginning, max_seq_length=64)  # tensors too large for what the process holds already
    resource.prlimit(watch.worker(job), resource.RLIMIT_DATA, (MB, resource.RLIM_INFINITY))  # nothing more to be had
    sees(visit, OUT_OF_MEMORY.split(":")[0])
    assert watch.job(visit).state == "failed"
    pressed = time.time()
    press(visit, "Restart")
    watch.until(job, learns_again(pressed))
    stop_and_keep(visit)
    visit.clean()


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_run_can_go_on(visit: Visit, watch: Watch) -> None:
    job = watch.begin(visit)
    epochs = len(job.progress["history"])
    # The next checkpoint does not fit any more, the record still does.
    resource.prlimit(watch.worker(job), resource.RLIMIT_FSIZE, (6 * MB, resource.RLIM_INFINITY))
    sees(visit, DISK_FULL.split(":")[0])
    assert watch.job(visit).state == "failed"
    pressed = time.time()
    press(visit, "Restart")
    job = watch.until(job, learns_again(pressed))
    assert len(job.progress["history"]) >= epochs
    stop_and_keep(visit)
    visit.clean()


def test_the_app_is_killed_and_the_page_finds_its_run_again(
    new_visit: NewVisit, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(tmp_path_factory.mktemp("killed") / "home") as own:
        visit, watch = new_visit(at=own), Watch(own, monkeypatch)
        try:
            job = watch.begin(visit)
            worker = watch.worker(job)
            own.stop()
            before = len(job.progress["history"])
            job = watch.until(job, lambda job: len(job.progress["history"]) > before)  # learns without the app
            own.start()
            expect(panel(visit)).to_contain_text("Running", timeout=120_000)  # nobody touched the page
            assert watch.worker(job) == worker and watch.job(visit).attempts == 1

            own.stop()
            killed = time.time()
            watch.kill(watch.supervisor())
            watch.kill(worker)
            newest = max(
                (p for p in (job.folder / "checkpoint").rglob("*.safetensors")), key=lambda p: p.stat().st_mtime
            )
            os.truncate(newest, newest.stat().st_size // 2)
            own.start()
            sees(visit, "gone on from what was saved")
            resumed = watch.until(job, learns_again(killed))
            assert resumed.attempts == 2
            visit.page.wait_for_timeout(500)
            stop_and_keep(visit)
        finally:
            watch.end_all()
            watch.end_watch()


def test_reload_tab_and_browser_see_one_run_and_a_stranger_none(
    visit: Visit, new_visit: NewVisit, watch: Watch
) -> None:
    job = watch.begin(visit)
    private = visit.page.url
    visit.page.reload()
    expect(panel(visit)).to_contain_text("Running", timeout=120_000)
    tab = Visit(visit.page.context.new_page(), watch.server)
    elsewhere, stranger = new_visit(), new_visit()
    for other in (tab, elsewhere):
        other.page.goto(private)
        expect(panel(other)).to_contain_text("Running", timeout=120_000)
    for link in (re.sub(r"me=[^&]+", "me=" + "x" * 22, private), re.sub(r"&?me=[^&]+", "", private)):
        stranger.page.goto(link)
        stranger.settle()
        expect(stranger.page.get_by_role("button", name="Fine-tune")).to_be_visible()
        for name in ("Stop", "Restart", "Remove", "Take home"):
            assert stranger.page.get_by_role("button", name=name, exact=True).count() == 0
        assert stranger.page.get_by_test_id("stProgress").count() == 0
        assert job.id not in stranger.page.url
    press(elsewhere, "Stop")
    for other in (visit, tab, elsewhere):
        expect(other.page.get_by_role("button", name="Take home")).to_be_visible(timeout=120_000)
    assert watch.job(visit).state == "cancelled"
    visit.page.get_by_text("Your runs (1)").click()
    visit.page.get_by_role("button", name="Remove", exact=True).click()
    expect(visit.page.get_by_role("button", name="Take home")).to_have_count(0)
    assert not job.folder.exists()
    visit.settle().clean()
    stranger.clean()
