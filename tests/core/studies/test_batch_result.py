"""What a run over a whole set has left, read back."""

import pytest

from core.finetuning import spool
from core.studies import attribution_batch, batch_result
from core.studies.attribution_batch import run
from tests.core.studies.conftest import Bags, Planes, pictures, texts


@pytest.fixture(autouse=True)
def small_models(monkeypatch):
    monkeypatch.setattr(attribution_batch, "_classifier", lambda task, kind: Planes(0) if kind == "image" else Bags(0))


def test_pictures_come_back_by_row_and_the_newest_while_it_runs(make_task):
    task = make_task({"model": "plane", "method": "Saliency"}, spool.spool(pictures(4)))
    assert batch_result.table(task.folder) is None and not batch_result.maps(task.folder, 3)
    list(run(task))
    found = batch_result.table(task.folder)
    assert found is not None and len(found) == 4
    kept = batch_result.maps(task.folder, 3)
    assert list(kept) == [0, 1, 2] and all(bytes(one).startswith(b"\x89PNG") for one in kept.values())
    newest = batch_result.newest(task.folder, 2)
    assert list(newest) == [1, 2], "the last may not be written to its end"
    assert newest[1] == kept[1]


def test_texts_come_back_as_words_with_their_credit(make_task):
    task = make_task({"model": "bag", "method": "Token ablation"}, spool.spool(texts(2)))
    list(run(task))
    words = batch_result.maps(task.folder, 9)[1]
    assert not isinstance(words, bytes) and all(isinstance(w, str) and isinstance(v, float) for w, v in words)


def test_stopped_before_the_first_there_is_no_table(make_task):
    task = make_task({"model": "plane", "method": "Saliency"}, spool.spool(pictures(2)), stopping=lambda: True)
    list(run(task))
    assert batch_result.table(task.folder) is None
