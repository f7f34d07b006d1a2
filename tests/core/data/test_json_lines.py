"""JSON Lines: rows of words like a table's, or one sentence with the line's number."""

from dataclasses import replace

import pytest

from core.config import Limits
from core.data import columns
from core.data.json_lines import read_json_lines
from core.errors import PlaygroundError

LIMITS = Limits()


def test_objects_become_rows():
    table = read_json_lines(b'{"text": "a", "label": "x"}\n\n{"text": "b", "n": 3, "label": null}\n', LIMITS)
    assert table.columns == ("text", "label", "n")
    assert table.rows == (("a", "x", ""), ("b", "", "3"))
    assert table.lines == (1, 3)


def test_lists_are_several_classes():
    table = read_json_lines('{"text": "ä", "labels": ["sad", "funny"]}'.encode(), LIMITS)
    data, _ = columns.labelled(table, "text", "labels", LIMITS, several=True)
    assert data.labels == ("funny", "sad") and data.target_sets == ((0, 1),) and data.examples == ("ä",)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b'{"text": "a"}\n{broken', "Line 2 is not JSON"),
        (b'["a"]', "Line 1 is not an object"),
        (b"{}", "Line 1 is not an object"),
        (b"[" * 100_000, "Line 1 is not JSON"),
        (b'{"text": "a\0"}', "NUL"),
        (b"text,label\na,b", "Line 1 is not JSON"),
    ],
)
def test_bad_files_get_a_sentence(data, words):
    with pytest.raises(PlaygroundError, match=words):
        read_json_lines(data, LIMITS)


@pytest.mark.parametrize(("limit", "words"), [("table_rows", "more than 2 lines"), ("table_columns", "3 different")])
def test_limits_hold(limit, words):
    data = b'{"a": 1, "b": 2, "c": 3}\n' * 3
    with pytest.raises(PlaygroundError, match=words):
        read_json_lines(data, replace(LIMITS, **{limit: 2}))
