"""Visitors' words are shown literally."""

import pytest

from ui.words import count, literal


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
