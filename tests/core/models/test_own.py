"""Cards of fine-tuned models: what is written is read back, and nothing else is believed."""

import json
from dataclasses import replace

import pytest

from core.errors import PlaygroundError
from core.models import MODELS_BY_SLUG
from core.models.own import CARD_FILE, read_card, save_card

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
