"""The transfer learning page: examples in, plain sentences for bad ones, a run, its report, and nobody else's."""

import io
import json
import os
import zipfile

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import jobs
from core.config import ROOT
from core.finetuning import JOB, spool
from core.finetuning import job as finetuning_job
from core.jobs.store import Store

OWNER = "a-visitor-of-the-tests"


@pytest.fixture
def page(own_home, monkeypatch):
    """The page of a visitor; submitted jobs wait, since no supervisor is started."""
    monkeypatch.setattr("core.jobs.queue.ensure_supervisor", lambda: None)
    return opened()


def opened(owner: str = OWNER, **query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
    at.switch_page("pages/transfer_learning.py")
    at.session_state["frame.arrived"] = True
    at.query_params["me"] = owner
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def fine(at: AppTest) -> AppTest:
    assert not at.exception, [e.value for e in at.exception]
    return at


def said(at: AppTest) -> str:
    return " ".join(str(e.value) for e in (*at.error, *at.warning, *at.caption, *at.markdown, *at.header))


def pictures(red: int = 20, blue: int = 20) -> bytes:
    """A zip of two classes that even a glance tells apart, and one broken file."""
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, channel, count in (("red", 0, red), ("blue", 2, blue)):
            for i in range(count):
                pixels = rng.integers(0, 90, (40, 40, 3))
                pixels[..., channel] += 150
                file = io.BytesIO()
                Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
                archive.writestr(f"{name}/{i}.png", file.getvalue())
        archive.writestr("red/broken.png", b"\x89PNG\r\n\x1a\nnothing")
    return buffer.getvalue()


def upload(at: AppTest, name: str, data: bytes) -> AppTest:
    at.segmented_control(key="set").set_value("own").run()
    at.file_uploader(key="labelled.upload").upload(name, data)
    return fine(at.run())


def press(at: AppTest) -> AppTest:
    return fine(at.button(key="finetune").click().run())


def work_on(job: "jobs.Job", state: str = jobs.DONE) -> None:
    """What a worker does, in this process."""
    with Store() as store:
        claimed = store.claim(job.id, os.getpid())
        assert claimed is not None
        task = jobs.Task(claimed.folder, claimed.params, lambda: False)
        for part in (task.inputs, task.checkpoint, task.result):
            part.mkdir(exist_ok=True)
        for record in finetuning_job.run(task):
            store.report(job.id, json.dumps(record))
        store.finish(job.id, claimed.attempts, state, None)


def test_opens_with_examples_and_a_button(page):
    fine(page)
    assert "100 pictures" in said(page)
    assert not page.button(key="finetune").disabled and not page.error


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("t.csv", b"", "The file is empty"),
        ("t.csv", b"text,label\n", "a header but no rows"),
        ("t.csv", b"text,label\n" + b"a word,same\n" * 30, "one class"),
        ("t.csv", b"text,label\na,b\nc,d,e\n", "Line 3 has 3 cells"),
        ("t.csv", b"PK\x03\x04" + b"xl/" * 9, "Excel"),
        ("t.zip", b"PK\x03\x04nothing", "incomplete"),
        ("t.zip", b"no zip at all" * 9, "not a zip"),
    ],
)
def test_bad_uploads_get_a_sentence_and_no_run(page, name, data, words):
    upload(page, name, data)
    assert words in said(page).replace("\\", ""), said(page)
    assert page.button(key="finetune").disabled and "Traceback" not in said(page)


def test_labels_of_visitors_are_shown_literally(page):
    rows = "".join(f"good text {i},![x](http://evil/t.png)\nbad text {i},<b>no</b>\n" for i in range(12))
    upload(page, "t.csv", f"text,label\n{rows}".encode())
    assert not page.button(key="finetune").disabled
    shown = " ".join(m.value for m in page.markdown)
    assert r"\!\[x\]" in shown and "![x](" not in shown and "<b>no" not in shown


def test_a_table_without_a_header_can_be_read(page):
    rows = b"".join(b"fine words,yes\nother words,no\n" for _ in range(8))
    upload(page, "t.csv", rows)
    assert "looks like data" in said(page)
    fine(page.toggle(key="labelled.header").set_value(False).run())
    assert page.selectbox(key="labelled.text").value == "column 1"
    assert page.selectbox(key="labelled.label").value == "column 2"


def test_fine_tunes_reports_and_survives_a_reload(page):
    upload(page, "my_colours.zip", pictures())
    assert "1 file was left out" in said(page).replace("\\", "")
    press(page)
    (job,) = jobs.list_jobs(OWNER)
    assert job.entry == JOB and job.params["title"] == "my colours, probe" and page.query_params["job"] == job.id
    assert "Waiting" in str(page.get("progress")[0].proto.text) and page.button(key="finetune").disabled
    assert len(spool.read(job.folder / "inputs")) == 40

    work_on(job)
    again = fine(opened(job=job.id))  # another session with the visitor's link
    values = {metric.label: metric.value for metric in again.metric}
    assert values["Majority class"] == "50 %" and int(values["Right"].split()[0]) >= 75
    assert [link.proto.label for link in again.get("page_link")] == ["Try it on Vision", "Explain it"]
    assert again.get("download_button")[0].proto.label == "Take home"
    assert not again.button(key="finetune").disabled

    alone = fine(opened())  # without the job's id: the visitor's newest run
    assert alone.metric and "my colours" in said(alone)
    stranger = fine(opened(owner="somebody-else-entirely", job=job.id))
    assert not stranger.metric and "colours" not in said(stranger)


def test_two_runs_do_not_share_a_name(page):
    press(page)
    first = jobs.list_jobs(OWNER)[0]
    with Store() as store:
        claimed = store.claim(first.id, os.getpid())
        assert claimed is not None
        store.finish(first.id, claimed.attempts, jobs.FAILED, "It went wrong: try again.")
    again = fine(opened(job=first.id))
    assert "It went wrong" in said(again)
    press(again)
    assert {job.params["title"] for job in jobs.list_jobs(OWNER)} == {
        "Animals or food, probe",
        "Animals or food, probe 2",
    }


def test_a_full_server_is_said_politely(page, monkeypatch):
    monkeypatch.setenv("PLAY_JOBS_PER_VISITOR_PER_DAY", "1")
    press(page)
    job = jobs.list_jobs(OWNER)[0]
    jobs.stop(job.id, OWNER)
    again = fine(opened())
    press(again)
    assert again.error and "Traceback" not in said(again)
    assert len(jobs.list_jobs(OWNER)) == 1


def test_texts_have_their_own_models_and_settings(page):
    fine(page.segmented_control(key="set").set_value("spam-or-ham").run())
    assert page.sidebar.selectbox(key="text_base").value == "all-minilm-l6-v2"
    fine(page.sidebar.radio(key="strategy").set_value("partial").run())
    assert any("Blocks that learn" in slider.label for slider in page.sidebar.slider)
