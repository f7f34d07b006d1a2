"""Teaching: a wider layer that says at first what it said, a lesson that survives a kill, a model to take home."""

import io
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from core.data import scenes
from core.errors import PlaygroundError
from core.finetuning import shelf, spool, teach, teaching_run, things
from core.finetuning.takehome import taught
from core.models import own
from core.models.segmenter import Segmenter
from tests.core.models import tiny_places

NAMES = ("background", "banana", "key")


@dataclass
class Task:
    folder: Path
    params: dict[str, Any]
    stop_after: int = 10**9
    asked: int = field(default=0)

    def stopping(self) -> bool:
        self.asked += 1
        return self.asked > self.stop_after


@pytest.fixture
def task(tmp_path, monkeypatch) -> Task:
    """A lesson of four steps for a tiny network of one's own."""
    monkeypatch.setattr(teaching_run, "BATCH", 2)
    monkeypatch.setattr(teaching_run, "LOOKS", 2)
    monkeypatch.setattr(teaching_run, "TESTS", 2)
    monkeypatch.setattr(teaching_run, "LOOK_EVERY", 2)
    (tmp_path / "own").mkdir()
    card = tiny_places.segmenter(tmp_path / "own", NAMES)
    own.save_card(tmp_path / "own", own.replace(card, labels=NAMES))
    inputs = tmp_path / "12345678-job" / "inputs"
    inputs.mkdir(parents=True)
    (tmp_path / "drawn").mkdir()
    drawn = scenes.shipped("noto")["owl"], scenes.shipped("twemoji")["owl"]
    for name, source in teach.files(card, [drawn[0]], drawn[1], tmp_path / "drawn").items():
        (inputs / name).write_bytes(source if isinstance(source, bytes) else source.read_bytes())
    params = {"base": "tiny", "name": "owl", "title": "Tiny + owl", "steps": 4, "seed": 0}
    return Task(inputs.parent, params)


def test_a_lesson_leaves_a_model_its_figures_and_a_zip(task):
    records = list(teach.run(task))
    assert [r["phase"] for r in records] == ["reading", "before", *["learning"] * 4, "saving", "done"]
    assert records[-1]["fraction"] == 1 and len(records[-1]["history"]) == 2
    report = teach.read_report(task.folder)
    assert report is not None and report.name == "owl" and not report.stopped
    assert {*report.before} == {*report.after} == {"new", "old"} and report.before["new"] == 0
    (card,) = shelf.own_cards([task.folder])
    assert card.labels == (*NAMES, "owl") and {*things.of(card)} == {"owl"}
    assert Segmenter.load(card).segment(scenes.shipped("noto")["key"]).names == card.labels
    with zipfile.ZipFile(io.BytesIO(taught.taught_zip(task.folder))) as archive:
        names = {name.split("/")[1] for name in archive.namelist()}
    assert names >= {"model.safetensors", "config.json", "preprocessor_config.json", "predict.py", "README.md"}


def test_a_killed_lesson_ends_with_the_same_weights(task, tmp_path):
    whole = list(teach.run(task))[-1]["history"]
    weights = (task.folder / "result" / "model" / "model.safetensors").read_bytes()
    shutil.rmtree(task.folder / "checkpoint")
    for record in teach.run(task):
        if record.get("step") == 3:
            break  # after the checkpoint of step 2
    again = list(teach.run(task))
    steps = [r["step"] for r in again if "step" in r]
    assert steps == [3, 4] and again[-1]["history"] == whole
    assert (task.folder / "result" / "model" / "model.safetensors").read_bytes() == weights


def test_stop_keeps_what_was_measured_and_before_that_nothing(task):
    early = Task(task.folder, task.params, stop_after=1)
    list(teach.run(early))
    assert teach.read_report(task.folder) is None and not (task.folder / "result").exists()
    list(teach.run(Task(task.folder, task.params, stop_after=3)))
    report = teach.read_report(task.folder)
    assert report is not None and report.stopped and report.kept_step == 2


def test_the_wider_layer_says_of_old_things_what_it_said(tmp_path):
    from transformers import SegformerForSemanticSegmentation

    tiny_places.segmenter(tmp_path, NAMES)
    model = SegformerForSemanticSegmentation.from_pretrained(tmp_path).eval()
    pixels = torch.randn(1, 3, 96, 96)
    before = model(pixel_values=pixels).logits
    teaching_run.widen(model, (*NAMES, "owl"))
    after = model(pixel_values=pixels).logits
    torch.testing.assert_close(after[:, :3], before, atol=1e-5, rtol=0)
    assert model.config.num_labels == 4 and model.config.id2label[3] == "owl"


@pytest.mark.parametrize("name", ["", "   ", "x" * 31, "Banana", " key "])
def test_bad_names_are_one_sentence(tmp_path, name):
    card = tiny_places.card("image-segmentation", tmp_path)
    with pytest.raises(PlaygroundError, match=r"name|knows"):
        teach.check_name(name, card, NAMES)
    assert teach.check_name("  coffee   pot ", card, NAMES) == "coffee pot"


def test_own_cards_may_segment(tmp_path):
    assert "image-segmentation" in own.TASKS and spool.base_files(tiny_places.segmenter(tmp_path))
