"""Many items in one file, by number."""

from pathlib import Path

import pytest

from core.data.packed import Packed, Packing

ITEMS = (b"one", b"", b"three" * 100, b"4")


@pytest.fixture
def packed(tmp_path: Path) -> Packed:
    with Packing(tmp_path / "items.bin") as packing:
        for item in ITEMS:
            packing.append(item)
        return packing.packed()


def test_items_come_back_by_number(packed: Packed) -> None:
    assert len(packed) == 4 and tuple(packed) == ITEMS
    assert packed[-1] == b"4" and packed[1:3] == ITEMS[1:3] and packed[::2] == ITEMS[::2]
    for at in (4, -5):
        with pytest.raises(IndexError):
            packed[at]


def test_it_equals_what_holds_the_same(packed: Packed, tmp_path: Path) -> None:
    assert packed == ITEMS and packed == ITEMS and packed != ITEMS[:3] and packed != (b"x", *ITEMS[1:])
    again = Packed(tmp_path / "items.bin", [3, 3, 503, 504])
    assert again == packed and hash(again) == hash(packed)


def test_nothing_and_too_little(tmp_path: Path) -> None:
    (tmp_path / "none.bin").touch()
    assert tuple(Packed(tmp_path / "none.bin", ())) == ()
    (tmp_path / "short.bin").write_bytes(b"abc")
    with pytest.raises(ValueError, match="shorter"):
        Packed(tmp_path / "short.bin", (2, 9))
