"""Visitors' words are shown literally."""

import pytest

from ui.words import count, duration, gap, literal


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)>",
        "[c](javascript:x)",
        "![t](http://evil/t.png)",
        ":red[x]",
        "$x^2$",
        "`x`",
        "**x**",
        "a|b",
    ],
)
def test_nothing_keeps_its_meaning_in_markdown(hostile: str) -> None:
    shown = literal(hostile)
    for at, character in enumerate(shown):
        if character in "<>[]()!:$`*|":
            assert shown[at - 1] == "\\"
    assert shown.replace("\\", "") == hostile


def test_lines_become_one() -> None:
    assert literal("a\n\n# b") == "a \\# b"


def test_counting() -> None:
    assert (count(1, "job"), count(1200, "picture"), count(2, "class", "classes")) == (
        "1 job",
        "1,200 pictures",
        "2 classes",
    )


def test_times_are_told_no_more_exactly_than_they_are_known() -> None:
    said = {seconds: duration(seconds) for seconds in (0.2, 42.4, 59.7, 130, 185, 601, 3600, 4000)}
    assert list(said.values()) == ["0 s", "42 s", "1 min", "2 min 10 s", "3 min", "10 min", "1 h", "1 h 6 min"]


def test_a_gap_is_told_in_numbers_that_a_reader_can_weigh() -> None:
    assert gap(0.07, 0.0082) == "gap +0.07 logits, 0.82 %"
    assert gap(-5.1, 1.62) == "gap -5.10 logits, 1.6 times the change"
    assert gap(3.0, float("inf")) == "gap +3.00 logits, far beyond the change"
