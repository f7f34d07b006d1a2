"""Sentences from templates: marks are where they say, what is for judging stays apart, intervals are right."""

import csv
import re

import pytest

from core.data.marked import Mark
from recipes import definitions, details
from recipes import details_sentences as made


@pytest.fixture(autouse=True)
def few_definitions(monkeypatch):
    rows = [("a tool for driving nails", "thing", "hammer"), ("a bird of 3 kg", "animal", "goose")]
    monkeypatch.setattr(definitions, "load", lambda: rows)
    made.words.cache_clear()
    yield
    made.words.cache_clear()


def test_a_template_tells_where_its_marks_are():
    dice = made.random.Random(0)
    for _ in range(50):
        text, marks = made.filled("From {given}, on {name=May} {count} for {money}.", dice)
        assert [mark.label for mark in marks] == ["name", "name", "amount"]
        name, literal, amount = (text[mark.start : mark.end] for mark in marks)
        assert text.startswith(f"From {name}, on {literal} ") and text.endswith(f" for {amount}.") and literal == "May"


def test_every_gap_can_be_filled_and_every_mark_lies_in_its_text():
    for part in ("train", "test"):
        data = made.sentences(part, 2 * len(made.templates(part)), 0)
        assert made.shares([data]).keys() == set(made.KINDS) and min(made.shares([data]).values()) > 50
        for text, marks in zip(data.examples, data.marks, strict=True):
            assert not re.search(r"[{}]", text)
            ends = [0, *(mark.end for mark in marks)]
            assert all(end <= mark.start < mark.end <= len(text) for end, mark in zip(ends, marks, strict=False))
            assert all(text[mark.start : mark.end].strip() == text[mark.start : mark.end] for mark in marks)


def test_the_same_seed_makes_the_same_sentences():
    assert made.sentences("train", 30, 4) == made.sentences("train", 30, 4)
    assert made.sentences("train", 30, 4) != made.sentences("train", 30, 5)


def test_what_judges_has_templates_and_names_of_its_own():
    assert not set(made.templates("train")) & set(made.templates("test"))
    lists = made.words()
    shared = (set(lists["first"]) & set(lists["test_first"])) | (set(lists["last"]) & set(lists["test_last"]))
    assert not shared
    test = made.sentences("test", 300, 0)
    names = [text[m.start : m.end] for text, ms in zip(test.examples, test.marks, strict=True) for m in ms]
    assert not any(re.search(r"\b(Anna|Viktor|Johnson|Nakamura|Okafor)\b", name) for name in names)


def test_a_definition_that_may_hold_an_amount_is_left_out():
    assert made.words()["gloss"] == ["a tool for driving nails"]


def test_the_check_set_is_whole_and_holds_no_words():
    with made.MARKS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["label"] for row in rows} == {made.SENTENCE, *made.KINDS}
    chosen = [row for row in rows if row["label"] == made.SENTENCE]
    assert len(chosen) == len({row["mail"] for row in chosen}) == 400
    halves = [{row["mail"] for row in chosen if row["part"] == part} for part in ("dev", "test")]
    assert len(halves[0]) == len(halves[1]) == 200 and not halves[0] & halves[1]
    for row in rows:
        assert int(row["start"]) < int(row["end"]) and row["mail"].isdigit()


def test_a_mark_is_right_only_as_a_whole():
    there = [Mark(0, 4, "name"), Mark(8, 12, "date")]
    found = [Mark(0, 4, "name"), Mark(8, 11, "date"), Mark(20, 22, "amount")]
    assert details._counts(found, there, "") == (1, 3, 2)
    assert details._counts(found, there, "date") == (0, 1, 1)
    value, precision, recall = details.f1([(1, 3, 2), (1, 1, 2)])
    assert (precision, recall) == (0.5, 0.5) and value == pytest.approx(0.5)
    low, high = details.interval([(1, 1, 1)] * 50 + [(0, 1, 1)] * 50)
    assert 0.38 < low < 0.5 < high < 0.62
