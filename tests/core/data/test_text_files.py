"""A text file in any usual encoding, or one sentence."""

import pytest

from core.config import Limits
from core.data.texts import read_text
from core.errors import PlaygroundError


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_usual_encodings_are_read(encoding: str) -> None:
    assert read_text("Ça va, señor?".encode(encoding)).text == "Ça va, señor?"


def test_another_encoding_is_told() -> None:
    assert "Windows-1252" in read_text("señor".encode("cp1252")).notices[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a plain text file"),
        (b"a" * 2_000_001, "larger than 1 MB"),
    ],
)
def test_what_is_no_text_gets_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(PlaygroundError, match=words):
        read_text(data, Limits(table_mb=1))
