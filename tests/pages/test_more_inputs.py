"""The tab of more inputs: the grid, and a whole set as a job: its form, its sentences, what it has found."""

import io
import json
import os
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import jobs
from core.config import ROOT
from core.finetuning import spool
from core.jobs.store import Store
from core.studies import attribution_batch
from core.studies.attribution_batch import BATCH, MAPS, TABLE
from ui import batch, look, more_inputs

OWNER = "a-visitor-of-the-tests"
HOSTILE = "![x](http://evil/t.png)"


@pytest.fixture
def page(own_home, monkeypatch) -> AppTest:
    """The tab, cheap methods only; submitted jobs wait, since no supervisor is started."""
    monkeypatch.setattr("core.jobs.queue.ensure_supervisor", lambda: None)
    return opened()


def opened(kind: str = "image", *names: str, beside: tuple[str, ...] | None = ()) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "explainability.py"), default_timeout=120)
    at.session_state["frame.arrived"] = True
    at.session_state["explain.tabs"] = "More inputs"
    at.session_state["erase.steps"], at.session_state["erase.draws"] = 5, 2
    at.session_state["hide.draws"] = 2
    if beside is not None:
        at.session_state[f"more.{kind}"] = list(beside)
    at.session_state["kind"] = {"image": "Picture", "text": "Text"}[kind]
    at.session_state[f"{kind}_methods"] = list(names) or ["Grad-CAM", "Saliency"]
    at.query_params["me"] = OWNER
    return at


def fine(at: AppTest) -> AppTest:
    assert not at.exception and not at.error, [e.value for e in (*at.exception, *at.error)]
    return at


def said(at: AppTest) -> str:
    return " ".join(str(e.value) for e in (*at.caption, *at.markdown, *at.error, *at.info)).replace("\\", "")


def shown(at: AppTest) -> list[str]:
    """What stands below the pictures of the grid, and above the texts."""
    lines = [e.value for e in (*at.caption, *at.markdown)]
    return [line.replace("\\", "") for line in lines if line.startswith("**") and "** · " in line]


def test_each_row_explains_its_own_answer_or_the_pages(page):
    del page.session_state["more.image"]
    fine(page.run())
    assert [line.split("**")[1] for line in shown(page)] == ["Cat", "Espresso", "Photographer"]
    assert "espresso, 9" in shown(page)[1] and "Over 3 inputs, Grad-CAM and Saliency agree by a rank" in said(page)
    own = said(page)
    page.toggle(key="more.same").set_value(True).run()
    assert "Egyptian cat, under 1 %; the answer is espresso" in shown(fine(page))[1] and said(page) != own
    page.multiselect(key="more.image").set_value(["cat", "rocket"]).run()
    assert [line.split("**")[1] for line in shown(fine(page))] == ["Cat", "Rocket"], "the page's own comes once"


def test_the_grid_is_made_once_and_holds_four_methods(page, monkeypatch):
    page.session_state["image_methods"] = ["Grad-CAM", "Saliency", "Input × gradient", "LRP", "Guided backprop"]
    fine(page.run())
    assert "The first 4 of your 5 methods" in said(page)
    assert "agree most (rank correlation" in said(page) and "least (" in said(page)

    def never(*arguments, **options):
        raise AssertionError("made twice")

    monkeypatch.setattr(more_inputs.explaining, "explain", never)
    fine(page.run())


def test_one_scale_holds_for_the_whole_grid(page, monkeypatch):
    scales: list[float | None] = []
    overlay = look.heatmap.overlay

    def noting(picture, values, **how):
        scales.append(how["scale"])
        return overlay(picture, values, **how)

    page.session_state["more.image"] = ["espresso", "rocket"]
    fine(page.run())
    monkeypatch.setattr(look.heatmap, "overlay", noting)
    fine(page.run())
    assert set(scales) == {None}
    scales.clear()
    fine(page.toggle(key="one_scale").set_value(True).run())
    assert len(set(scales[-6:])) == 1 and scales[-1] is not None


def test_more_steps_are_left_out_in_the_grid(page, monkeypatch):
    asked: list[dict[str, Any]] = []
    explain = more_inputs.explaining.explain

    def noting(question, name, options, report):
        asked.append(options)
        return explain(question, name, options, report)

    monkeypatch.setattr(more_inputs.explaining, "explain", noting)
    page.session_state["image_methods"] = ["Integrated gradients"]
    page.session_state["integrated-gradients.n_steps"] = 9
    page.session_state["more.image"] = ["espresso"]
    fine(page.run())
    assert asked == [{"n_steps": 9, "more": False, "baseline": "black"}], "the page's own map is taken as it is"


def test_stop_leaves_what_is_there(page, monkeypatch):
    fine(page.run())

    class Stopped(more_inputs.Stoppable):
        stopped = property(lambda self: True)

    monkeypatch.setattr(more_inputs, "Stoppable", Stopped)
    page.multiselect(key="more.image").set_value(["officer"]).run()
    fine(page)
    assert "Saliency: stopped before there was anything to show" in said(page) and "Over 1 input," in said(page)


def test_texts_stand_in_a_grid_too(page):
    at = opened("text", "Token ablation", "Layer gradient × activation", beside=("goal",))
    fine(at.run())
    assert [line.split("**")[1] for line in shown(at)] == ["Your text", "Late goal"]
    assert "Over 2 inputs" in said(at)


def start(at: AppTest) -> "jobs.Job":
    fine(at.button(key="batch.start").click().run())
    return jobs.list_jobs(OWNER)[0]


def test_every_control_of_the_form_reaches_the_job(page):
    fine(page.run())
    assert "About" in said(page) and "200 ×" in said(page)
    job = start(page)
    assert job.entry == BATCH and page.query_params["job"] in (job.id, [job.id])
    first = job.params
    assert (first["method"], first["explain"], first["curves"], first["maps"]) == ("Grad-CAM", "answer", False, True)
    assert len(spool.read(job.folder / "inputs")) == 200 and "Waiting" in page.get("progress")[0].proto.text
    assert page.button(key="batch.start").disabled
    jobs.stop(job.id, OWNER)
    page.run()
    page.segmented_control(key="batch.set.image.False").set_value("emoji-groups").run()
    page.selectbox(key="batch.method").set_value("Saliency").run()
    page.number_input(key="batch.most.300").set_value(5).run()
    page.toggle(key="batch.maps").set_value(False).run()
    plain = said(page)
    page.toggle(key="batch.curves").set_value(True).run()
    assert said(page) != plain, "the areas take their time"
    job = start(page)
    assert (job.params["method"], job.params["curves"], job.params["maps"]) == ("Saliency", True, False)
    data = spool.read(job.folder / "inputs")
    assert len(data) == 5 and len(set(data.targets)) == 5, "a part holds all classes"
    assert job.params["title"] == "Saliency, Five kinds of emoji"


def test_the_class_is_explained_where_the_model_knows_it(page):
    at = opened("text", "Token ablation")
    at.query_params["labels"] = "ham, spam"
    fine(at.run())
    assert at.selectbox(key="batch.explain").value == "answer"
    at.selectbox(key="batch.explain").set_value("class").run()
    job = start(at)
    assert job.params["explain"] == "class" and job.params["labels"] == ["ham", "spam"]
    other = fine(opened("text", "Token ablation").run())
    assert other.selectbox(key="batch.explain.answers").disabled


def zip_of(pictures: int, label: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for at in range(pictures):
            file = io.BytesIO()
            Image.fromarray(np.full((32, 32, 3), 40 * at, dtype=np.uint8)).save(file, "PNG")
            archive.writestr(f"{label}/{at}.png", file.getvalue())
    return buffer.getvalue()


def upload(at: AppTest, name: str, data: bytes) -> AppTest:
    at.segmented_control(key="batch.set.image.False").set_value("own").run()
    at.file_uploader(key="labelled.upload").upload(name, data)
    return at.run()


def test_a_set_of_the_visitors_own_and_what_cannot_be_one(page):
    fine(page.run())
    upload(page, "t.csv", b"text,label\nfine words,good\npoor words,bad\n")
    assert "holds texts and the page explains pictures; choose texts" in said(page)
    upload(page, "t.zip", b"PK\x03\x04nothing")
    assert "incomplete" in said(page)
    fine(upload(page, f"{HOSTILE}.zip", zip_of(3, "thing")))
    job = start(page)
    assert len(spool.read(job.folder / "inputs")) == 3
    assert HOSTILE not in " ".join(str(e.value) for e in (*page.markdown, *page.caption))


def test_what_an_own_model_learned_from_is_a_set(page, monkeypatch):
    fine(page.run())
    page.number_input(key="batch.most.200").set_value(3).run()
    learned = start(page)  # stands for the run that made the model: its examples lie in the same place
    jobs.stop(learned.id, OWNER)
    monkeypatch.setattr(batch, "_learned_from", lambda subject: learned)
    fine(page.run())
    assert page.segmented_control(key="batch.set.image.True").value == "run"
    job = start(page)
    assert len(spool.read(job.folder / "inputs")) == 3 and job.params["title"] == f"Grad-CAM, {learned.params['title']}"


def test_a_full_server_and_a_long_run_are_said_politely(page, monkeypatch):
    monkeypatch.setenv("PLAY_JOB_MINUTES", "0")
    fine(page.run())
    assert "A run ends after" not in said(page)
    monkeypatch.setattr(batch.Limits, "from_env", classmethod(lambda cls: cls(job_minutes=1)))
    monkeypatch.setattr(batch, "finished", lambda *what: _Slow())
    page.run()
    assert "A run ends after 1 minute with" in said(page)
    monkeypatch.undo()


class _Slow:
    seconds, rough, values = 100.0, False, np.zeros((224, 224))


def test_a_quota_is_a_sentence(page, monkeypatch):
    monkeypatch.setenv("PLAY_JOBS_PER_VISITOR_PER_DAY", "1")
    fine(page.run())
    jobs.stop(start(page).id, OWNER)
    page.run()
    page.button(key="batch.start").click().run()
    assert "limit on this server" in said(page) and not page.exception


def work_on(job: "jobs.Job", most: int = 99, state: str = jobs.DONE) -> None:
    """What a worker does, in this process."""
    with Store() as store:
        claimed = store.claim(job.id, os.getpid())
        assert claimed is not None
        done: list[dict[str, Any]] = []
        task = jobs.Task(claimed.folder, claimed.params, lambda: len(done) >= most)
        for part in (task.inputs, task.checkpoint, task.result):
            part.mkdir(exist_ok=True)
        for record in attribution_batch.run(task):
            store.report(job.id, json.dumps(record))
            done += [record] if record["phase"] == "explaining" else []
        store.finish(job.id, claimed.attempts, state, None)


def test_a_finished_run_shows_table_files_and_maps(page):
    fine(page.run())
    page.number_input(key="batch.most.200").set_value(4).run()
    job = start(page)
    work_on(job)
    fine(page.run())
    assert [b.proto.label for b in page.get("download_button")] == ["Table, CSV", "Maps, zip"]
    table = page.dataframe[0].value
    assert len(table) == 4 and {"name", "answer", "most for"} <= set(table.columns)
    assert "4 examples" in said(page) and (job.folder / "result" / TABLE).is_file()
    assert (job.folder / "result" / MAPS).is_file()
    again = fine(opened().run())  # another session with the visitor's key
    assert len(again.dataframe[0].value) == 4
    stranger = opened()
    stranger.query_params["me"] = "somebody-else-entirely"
    assert not fine(stranger.run()).dataframe


def test_a_stopped_run_shows_what_it_has_and_goes_on(page):
    fine(page.run())
    page.number_input(key="batch.most.200").set_value(3).run()
    job = start(page)
    work_on(job, most=1, state=jobs.CANCELLED)
    fine(page.run())
    assert len(page.dataframe[0].value) == 1 and "1 example" in said(page)
    page.button(key="job.restart").click().run()
    assert jobs.get(job.id, OWNER).state == "queued"
    jobs.stop(job.id, OWNER)
    (job.folder / "result" / TABLE).unlink()
    fine(page.run())
    assert "stopped before the first example" in said(page)


def test_a_run_of_texts_shows_its_words_literally(page):
    at = opened("text", "Token ablation")
    fine(at.run())
    at.segmented_control(key="batch.set.text.False").set_value("own").run()
    rows = b"text,label\n<script>alert(1)</script> good day,good\n=1+1 bad day,bad\n"
    at.file_uploader(key="labelled.upload").upload("t.csv", rows)
    fine(at.run())
    work_on(start(at))
    fine(at.run())
    drawn = " ".join(element.proto.body for element in at.get("html"))
    assert "&lt;</span>" in drawn and "<script>" not in drawn


def test_a_run_that_goes_on_shows_its_newest(page):
    fine(page.run())
    page.number_input(key="batch.most.200").set_value(3).run()
    job = start(page)
    with Store() as store:
        assert store.claim(job.id, os.getpid()) is not None
        row = {"name": "a.png", "explained": "cat", "its probability": 0.5, "most for": ""}
        record = {"fraction": 2 / 3, "phase": "explaining", "done": 2, "total": 3, "latest": [row, row]}
        store.report(job.id, json.dumps(record))
    fine(page.run())
    assert "2 of 3 explained" in said(page) and "Explaining" in page.get("progress")[0].proto.text
    assert len(page.dataframe[0].value) == 2
    page.button(key="job.stop").click().run()
    assert "Stopping" in page.get("progress")[0].proto.text
