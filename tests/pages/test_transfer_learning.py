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
from core.finetuning import JOB, shelf, spool, takehome
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


def a_picture(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (600, 400), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def test_json_lines_and_several_classes_are_read(page):
    rows = [
        {"text": f"words {i} of a kind {i * i}", "labels": ["sad", "funny"] if i % 3 else ["sad"]} for i in range(24)
    ]
    upload(page, "t.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert page.toggle(key="labelled.several.labels").value is True  # recognised
    press(page)
    (job,) = jobs.list_jobs(OWNER)
    data = spool.read(job.folder / "inputs")
    assert data.multi_label and data.labels == ("funny", "sad")
    assert {tuple(own) for own in data.target_sets} == {(0, 1), (1,)}


def test_buckets_are_filled_by_hand_and_outlive_the_page(page):
    fine(page.segmented_control(key="set").set_value("buckets").run())
    assert page.button(key="finetune").disabled
    for name in ("red", "blue"):
        page.text_input(key="buckets.name").set_value(name).run()
    fine(page)
    for at, colour in enumerate(("red", "blue")):
        key = next(u.key for u in page.get("file_uploader") if u.key.startswith(f"bucket.{at}.files"))
        files = [(f"{i}.jpg", a_picture(), "image/jpeg") for i in range(4)] + [("broken.jpg", b"no", "image/jpeg")]
        page.file_uploader(key=key).set_value(files)
        fine(page.run())
        assert "broken.jpg: " in said(page).replace("\\", ""), colour
    assert "**red** · 4 pictures" in said(page) and "**blue** · 4 pictures" in said(page)
    fine(page.switch_page("pages/nlp.py").run())
    fine(page.switch_page("pages/transfer_learning.py").run())
    fine(page.segmented_control(key="set").set_value("buckets").run())
    assert "**red** · 4 pictures" in said(page)
    fine(page.button(key="bucket.0.last").click().run())
    assert "**red** · 3 pictures" in said(page)
    fine(page.button(key="bucket.0.remove").click().run())
    assert "**red**" not in said(page)


def test_a_bad_bucket_is_a_sentence(page):
    fine(page.segmented_control(key="set").set_value("buckets").run())
    fine(page.button(key="buckets.add").click().run())
    assert "a name first" in said(page)


def test_hub_sets_are_offered_only_where_the_operator_lists_them(page, monkeypatch, tmp_path):
    assert "hub" not in page.segmented_control(key="set").options
    import pyarrow as pa
    from pyarrow import parquet

    rows = {"text": [f"text number {i} {i * i}" for i in range(40)], "label": ["a", "b"] * 20}
    parquet.write_table(pa.table(rows), tmp_path / "0000.parquet")
    monkeypatch.setenv("PLAY_HUB_DATASETS", "someone/letters")
    monkeypatch.setattr("core.data.hub_sets.fetch", lambda set_id: tmp_path)
    at = opened()
    fine(at.segmented_control(key="set").set_value("hub").run())
    fine(at.selectbox(key="labelled.hub").set_value("someone/letters").run())
    assert not at.button(key="finetune").disabled and "**a** 20" in said(at)


def test_what_the_controls_say_is_what_the_job_gets(page):
    page.segmented_control(key="weights").set_value("random").run()
    assert page.toggle(key="control").disabled
    page.segmented_control(key="weights").set_value("pretrained").run()
    page.toggle(key="control").set_value(True).run()
    press(page)
    (job,) = jobs.list_jobs(OWNER)
    assert job.params["weights"] == "pretrained" and job.params["control"] is True


def test_imbalance_offers_its_remedy(page):
    rows = "".join(f"good words {i * i},good\n" for i in range(40)) + "".join(f"bad {i} news,bad\n" for i in range(8))
    upload(page, "t.csv", f"text,label\n{rows}".encode())
    assert "5 times as many" in said(page)
    fine(page.button(key="remedy").click().run())
    assert "weighed more" in said(page) and page.toggle(key="probe.text.class_weights").value is True


def test_the_threshold_is_kept_on_the_card_and_an_unsure_answer_is_unknown(page):
    upload(page, "my_colours.zip", pictures())
    page.sidebar.slider(key="probe.image.num_train_epochs").set_value(1)  # so that it is not sure of anything
    press(page)
    (job,) = jobs.list_jobs(OWNER)
    work_on(job)
    at = fine(opened(job=job.id))
    at.session_state["transfer.tabs"] = "Unknown"
    fine(at.run())
    fine(at.slider(key=f"transfer.unknown.{job.id}").set_value(98).run())
    (card,) = shelf.own_cards([job.folder])
    assert card.unknown_below == 0.98
    fine(at.switch_page("pages/vision.py").run())
    picker = at.selectbox(key="model")
    fine(picker.set_value(next(o for o in picker.options if "my colours" in o)).run())
    assert "Unknown" in [header.value for header in at.header]
    fine(at.toggle(key="beside_base").set_value(True).run())
    assert "1,000 classes of its own" in said(at)


def test_a_zip_of_ours_can_be_brought_back(page):
    at = page
    at.file_uploader(key="bring.upload").upload("mine.zip", b"PK\x05\x06" + b"\0" * 18)
    fine(at.run())
    fine(at.button(key="bring.button").click().run())
    (job,) = jobs.list_jobs(OWNER)
    assert job.entry == takehome.BRING_BACK and (job.folder / "inputs" / "upload.zip").is_file()
