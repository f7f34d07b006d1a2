"""Cards of fine-tuned models: what is written is read back, and nothing else is believed."""

import json
from dataclasses import replace

import pytest

from core.errors import PlaygroundError
from core.models import MODELS_BY_SLUG
from core.models.own import CARD_FILE, base_of, read_card, save_card, set_threshold

CARD = replace(MODELS_BY_SLUG["efficientnet-lite0"], slug="my-cats", title="Cats & <dogs>", package=None, convert="")
CARD = replace(CARD, labels=("cat", "dog"), revision_source="yours")


def test_a_card_comes_back_with_its_folder(tmp_path):
    save_card(tmp_path, CARD)
    assert read_card(tmp_path) == replace(CARD, folder=tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ["one"]},
        {"labels": ["same", "same"]},
        {"labels": ["a", 3]},
        {"labels": "ab"},
        {"labels": ["a", "x" * 301]},
        {"title": "x" * 301},
        {"title": None},
        {"parameters": -1},
        {"parameters": True},
        {"megabytes": 1.5},
        {"task": "text-generation"},
        {"folder": "/etc"},
        {"convert": "os:system"},
        {"package": {"module": "os"}},
        {"unknown_below": 1.0},
        {"unknown_below": -0.1},
        {"unknown_below": True},
        {"unknown_below": "0.5"},
    ],
)
def test_anything_else_on_a_card_is_refused(tmp_path, change):
    save_card(tmp_path, CARD)
    file = tmp_path / CARD_FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(PlaygroundError, match="no readable card"):
        read_card(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"{}", b'"' + b"x" * 300_000 + b'"'])
def test_an_unreadable_card_is_refused(tmp_path, content):
    (tmp_path / CARD_FILE).write_bytes(content)
    with pytest.raises(PlaygroundError, match="fine-tune it again"):
        read_card(tmp_path)


def test_no_card_is_refused(tmp_path):
    with pytest.raises(PlaygroundError):
        read_card(tmp_path)


def test_a_card_that_could_not_be_read_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="labels"):
        save_card(tmp_path, replace(CARD, labels=("only",)))


def test_the_threshold_is_kept_on_the_card(tmp_path):
    save_card(tmp_path, CARD)
    assert read_card(tmp_path).unknown_below == 0
    set_threshold(tmp_path, 0.65)
    assert read_card(tmp_path) == replace(CARD, folder=tmp_path, unknown_below=0.65)


@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan")])
def test_a_senseless_threshold_leaves_the_card(tmp_path, value):
    save_card(tmp_path, CARD)
    with pytest.raises(PlaygroundError, match="makes no sense"):
        set_threshold(tmp_path, value)
    assert read_card(tmp_path).unknown_below == 0


def test_a_card_from_before_there_were_thresholds_is_read(tmp_path):
    save_card(tmp_path, CARD)
    facts = json.loads((tmp_path / CARD_FILE).read_text())
    del facts["unknown_below"]
    (tmp_path / CARD_FILE).write_text(json.dumps(facts))
    assert read_card(tmp_path).unknown_below == 0


def test_a_fine_tuned_model_knows_its_base(tmp_path):
    assert base_of(replace(CARD, folder=tmp_path)) is MODELS_BY_SLUG["efficientnet-lite0"]
    assert base_of(replace(CARD, folder=tmp_path, hub_id="nobody/nothing")) is None
    assert base_of(MODELS_BY_SLUG["efficientnet-lite0"]) is None
