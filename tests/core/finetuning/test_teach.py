"""Teaching: a wider layer that says at first what it said, a lesson that survives a kill, a model to take home."""

import io
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.data import scenes
from core.errors import PlaygroundError
from core.finetuning import shelf, spool, teach, teaching_boxes, teaching_masks, teaching_run, things
from core.finetuning.takehome import taught
from core.models import own
from core.models.catalog import IMAGE_SEGMENTATION, OBJECT_DETECTION
from core.models.object_detector import ObjectDetector
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


@pytest.fixture(params=[IMAGE_SEGMENTATION, OBJECT_DETECTION])
def task(request, tmp_path, monkeypatch) -> Task:
    """A lesson of four steps for a tiny network of one's own."""
    monkeypatch.setattr(teaching_run, "BATCH", 2)
    monkeypatch.setattr(teaching_run, "LOOKS", 2)
    monkeypatch.setattr(teaching_run, "TESTS", 2)
    monkeypatch.setattr(teaching_run, "LOOK_EVERY", 2)
    (tmp_path / "own").mkdir()
    names = NAMES if request.param == IMAGE_SEGMENTATION else NAMES[1:]
    make = {IMAGE_SEGMENTATION: tiny_places.segmenter, OBJECT_DETECTION: tiny_places.detector}[request.param]
    card = make(tmp_path / "own", names=names)
    own.save_card(tmp_path / "own", own.replace(card, labels=names))
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
    assert card.labels[-3:] == (*NAMES[1:], "owl") and {*things.of(card)} == {"owl"}
    assert "It knows 3 things" in card.limits
    if card.task == IMAGE_SEGMENTATION:
        assert Segmenter.load(card).segment(scenes.shipped("noto")["key"]).names == card.labels
    else:
        assert ObjectDetector.load(card).labels == card.labels
    with zipfile.ZipFile(io.BytesIO(taught.taught_zip(task.folder))) as archive:
        names = {name.split("/")[1] for name in archive.namelist()}
    assert names >= {"model.safetensors", "config.json", "preprocessor_config.json", "predict.py", "README.md"}


@pytest.mark.slow
def test_the_script_that_is_taken_home_runs(task, tmp_path):
    list(teach.run(task))
    with zipfile.ZipFile(io.BytesIO(taught.taught_zip(task.folder))) as archive:
        archive.extractall(tmp_path / "home")
    (place,) = (tmp_path / "home").iterdir()
    scenes.shipped("noto")["owl"].convert("RGB").resize((120, 80)).save(place / "owl.png")
    code = (place / "predict.py").read_text().replace("SURE = 0.5", "SURE = 0.0")  # a tiny network is never sure
    (place / "predict.py").write_text(code)
    done = subprocess.run([sys.executable, "predict.py", "owl.png"], cwd=place, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert any(name in done.stdout for name in (*NAMES, "owl"))


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
    teaching_masks.widen(model, (*NAMES, "owl"))
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


def test_the_wider_detector_says_of_old_things_what_it_said(tmp_path):
    from transformers import YolosForObjectDetection

    tiny_places.detector(tmp_path, names=NAMES)
    model = YolosForObjectDetection.from_pretrained(tmp_path).eval()
    pixels = torch.randn(1, 3, 96, 96)
    before = model(pixel_values=pixels).logits
    teaching_boxes.widen(model, (*NAMES, "owl"))
    after = model(pixel_values=pixels).logits
    torch.testing.assert_close(after[..., :3], before[..., :3], atol=1e-5, rtol=0)
    torch.testing.assert_close(after[..., -1], before[..., -1], atol=1e-5, rtol=0)
    assert model.config.num_labels == 4 and after.shape[-1] == 5


def test_a_thing_belongs_to_the_nearest_free_token():
    nearest = teaching_boxes.Nearest(12)
    assert nearest.middles[0].tolist() == pytest.approx([1 / 8, 1 / 6]) and nearest.middles[11, 0] == 7 / 8
    corner, beside = [0.9, 0.9, 0.2, 0.2], [0.85, 0.8, 0.2, 0.2]
    ((tokens, things_),) = nearest({}, [{"boxes": torch.tensor([corner, beside, [0.1, 0.1, 0.2, 0.2]])}])
    owner = dict(zip(things_.tolist(), tokens.tolist(), strict=True))
    assert owner[2] == 0 and owner[0] == 11 and owner[1] in (7, 10)


def test_perfect_boxes_overlap_wholly_and_unsure_ones_count_nothing():
    drawn = [scenes.sprites("noto")]
    dice = np.random.default_rng(0)
    some = [scenes.scene(dice, drawn, 96, 2, (0.3, 0.5), (3, 31), tries=9)]

    class Oracle:
        config = type("Config", (), {"num_labels": 32})
        sure = 9.0

        def __call__(self, pixel_values):
            (target,) = teaching_boxes.targets_of(some, torch.device("cpu"))
            logits = torch.zeros(1, len(target["boxes"]), 33)
            logits[0, range(len(target["boxes"])), target["class_labels"]] = self.sure
            return type("Answer", (), {"logits": logits, "pred_boxes": target["boxes"][None]})

    found = teaching_boxes.measured(Oracle(), [some])
    assert found == {"new": pytest.approx(1, abs=1e-3), "old": pytest.approx(1, abs=1e-3)}
    Oracle.sure = 1.0
    assert teaching_boxes.measured(Oracle(), [some]) == {"new": 0.0, "old": 0.0}
