"""One method over a whole set, as a job."""

import io
import time
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.errors import PlaygroundError
from core.finetuning import spool
from core.studies import attribution_batch
from core.studies.attribution_batch import MAPS, TABLE, run
from tests.core.studies.conftest import Bags, Planes, pictures, texts


@pytest.fixture(autouse=True)
def small_models(monkeypatch):
    monkeypatch.setattr(attribution_batch, "_classifier", lambda task, kind: Planes(0) if kind == "image" else Bags(0))


def table(task) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO((task.result / TABLE).read_bytes()))


def test_a_row_and_a_map_for_each_picture(make_task):
    data = pictures(3)
    params = {"model": "plane", "method": "Integrated gradients", "settings": {"n_steps": 5}, "curves": True}
    task = make_task(params, spool.spool(data))
    records = list(run(task))
    assert [r["fraction"] for r in records if r["phase"] == "explaining"] == pytest.approx([1 / 3, 2 / 3, 1])
    assert all(r["started"] <= time.time() for r in records if r["phase"] == "explaining")
    rows = table(task)
    classifier = Planes(0)
    pixels = classifier.pixels(data.image(1))
    target = int(classifier.logits(pixels).argmax())
    assert rows["answer"][1] == classifier.labels[target] and rows["name"].tolist() == ["0.png", "1.png", "2.png"]
    assert rows["gap, share"].max() < 0.01 and rows["deletion area"].between(0, 1).all()
    assert "insertion area, moved maps" in rows.columns
    with zipfile.ZipFile(task.result / MAPS) as archive:
        names = archive.namelist()
        assert len(names) == 7 and TABLE in names
        inside = io.BytesIO(archive.read("maps/00002-integrated-gradients.npz"))
        values = np.load(inside, allow_pickle=False)["values"]
        assert Image.open(io.BytesIO(archive.read("maps/00002-integrated-gradients.png"))).size == (28, 28)
    black = -1.0
    expected = (classifier.model.weight[target] * (pixels[0] - black)).sum(0).detach().numpy()
    np.testing.assert_allclose(values, expected, atol=1e-4)


def test_stop_keeps_what_is_done_and_a_second_try_does_the_rest(make_task):
    done: list[dict] = []
    params = {"model": "bag", "method": "Token ablation", "explain": "class"}
    task = make_task(params, spool.spool(texts(6)), stopping=lambda: len(done) >= 3)
    for record in run(task):
        done += [record] if record["phase"] == "explaining" else []
    assert len(table(task)) == 3
    with zipfile.ZipFile(task.result / MAPS) as archive:
        assert len(archive.namelist()) == 4
    more = [r for r in run(replace(task, stopping=lambda: False)) if r["phase"] == "explaining"]
    assert len(more) == 3 and len(table(task)) == 6
    with zipfile.ZipFile(task.result / MAPS) as archive:
        assert len(archive.namelist()) == 7
    assert table(task)["explained"].tolist() == ["blame", "praise"] * 3


def test_hostile_cells_are_no_formulas_and_a_bad_example_does_not_end_the_others(make_task, monkeypatch):
    data = replace(texts(2), examples=('=HYPERLINK("http://x") a b', "@SUM(1) good day"), names=("=1+1", "b"))
    encode = Bags.encode

    def refusing(self, text):
        if text.startswith("@"):
            raise PlaygroundError("The text is empty; enter some words.")
        return encode(self, text)

    monkeypatch.setattr(Bags, "encode", refusing)
    task = make_task({"model": "bag", "method": "Token ablation"}, spool.spool(data))
    list(run(task))
    rows = table(task)
    assert rows["name"][0] == "'=1+1" and not rows["most for"].fillna("").str.startswith("=").any()
    assert rows["problem"][1].startswith("The text is empty") and pd.isna(rows["problem"][0])


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"method": "Magic"}, "no method"),
        ({"method": "Grad-CAM"}, "explains images"),
        ({"method": "Token ablation", "explain": "class", "labels": ["x"]}, "other classes"),
    ],
)
def test_what_cannot_be_done_says_so(make_task, params, words):
    task = make_task({"model": "bag", **params}, spool.spool(replace(texts(2), labels=("x", "y"))))
    with pytest.raises(PlaygroundError, match=words):
        list(run(task))


def test_maps_are_left_out_where_nobody_wants_them(make_task):
    task = make_task({"model": "plane", "method": "Saliency", "maps": False}, spool.spool(pictures(2)))
    list(run(task))
    assert not (task.result / MAPS).exists() and len(table(task)) == 2
