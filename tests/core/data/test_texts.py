"""Texts lose what would break a tokeniser or deceive a reader, and keep what people write."""

import pytest

from core.config import Limits
from core.data.texts import clean_label, clean_text, md_escape, strip_unsafe
from core.errors import PlaygroundError


@pytest.mark.parametrize("text", ["", "   \n\t ", "\u200b\u202e\x00", "\ud800"])
def test_nothing_to_read(text: str) -> None:
    with pytest.raises(PlaygroundError, match="Enter some text"):
        clean_text(text)


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("a\u202eb\u2066c", "abc"),  # overrides of direction
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\x1b[31mred\x1b[0m\x07", "red"),  # terminal colours, bell
        ("lone\ud83d surrogate", "lone surrogate"),
        ("pay\u200dpal", "paypal"),  # a joiner between Latin letters only hides a word
        ("tag\U000e0041\U000e0042", "tag"),
        ("one\r\ntwo\rthree\tfour", "one\ntwo\nthree\tfour"),
    ],
)
def test_unsafe_characters_go(dirty: str, clean: str) -> None:
    assert strip_unsafe(dirty) == clean
    clean_text(dirty).text.encode("utf-8")


@pytest.mark.parametrize(
    "text", ["👩‍👩‍👧 family", "می‌خواهم", "🏴\U000e0067\U000e0062\U000e007f", "שלום", "naïve café", "$x^2$ <b>"]
)
def test_what_people_write_stays(text: str) -> None:
    assert strip_unsafe(text) == text


def test_long_text_is_cut_and_said() -> None:
    cleaned = clean_text("word " * 200_000, Limits(text_chars=100))
    assert len(cleaned.text) <= 100 and "1,000,000 characters; only the first 100" in cleaned.notices[0]


def test_another_alphabet_is_said() -> None:
    assert "English" in clean_text("Это предложение написано по-русски").notices[-1]
    assert clean_text("Une phrase en français").notices == ()


def test_labels_are_one_short_line() -> None:
    assert clean_label(" two\nlines\u202e ") == "two lines"
    assert len(clean_label("x" * 1000)) == 60


def test_markdown_is_escaped() -> None:
    said = md_escape("![t](http://evil/t.png) :red[x] $a$ <img>")
    assert r"\!\[t\]\(" in said and r"\:red\[" in said and r"\$a\$" in said and r"\<img\>" in said
