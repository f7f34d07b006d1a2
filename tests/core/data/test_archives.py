"""Every hostile or wrong zip gets one plain sentence; broken pictures in a sound one are left out and listed."""

import io
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.config import Limits
from core.data.archives import read_archive
from core.errors import PlaygroundError

LIMITS = Limits()


def picture(seed: int = 0, width: int = 40, height: int = 30) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(files: dict[str, bytes], **options) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("cat/1.png")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped({"cat/1.png": picture()}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


def lying() -> bytes:
    """A zip whose directory states a smaller size than the file unpacks to."""
    data = bytearray(zipped({"cat/1.png": b"\0" * 100_000}, compression=zipfile.ZIP_DEFLATED))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + offset
        data[at : at + 4] = struct.pack("<I", 10)
    return bytes(data)


GOOD = {f"{c}/{i}.png": picture(i) for c in ("cat", "dog") for i in range(3)}
REFUSED = {
    "nothing": (b"", "empty"),
    "slip": (zipped({"../../etc/cron.d/x": b"x"}), "unsafe name"),
    "absolute": (zipped({"/etc/x.png": b"x"}), "unsafe name"),
    "drive": (zipped({"C:/x.png": b"x"}), "unsafe name"),
    "link": (link(), "holds a link"),
    "bomb": (
        zipped({f"cat/{i}.png": b"\0" * 50_000_000 for i in range(5)}, compression=zipfile.ZIP_DEFLATED),
        "unpacks to",
    ),
    "lying size": (lying(), "damaged"),
    "nested": (zipped({"cat/more.zip": zipped(GOOD)}), "another archive"),
    "2500 files": (zipped({f"cat/{i}.png": b"" for i in range(2500)}), "2,500 files and the limit is 2,000"),
    "encrypted": (encrypted(), "password"),
    "truncated": (zipped(GOOD)[:200], "incomplete"),
    "not a zip": (b"hello" * 100, "not a zip"),
    "empty zip": (zipped({}), "no pictures"),
    "only clutter": (zipped({"__MACOSX/cat/._1.png": b"x", "cat/.DS_Store": b"x"}), "no pictures"),
    "loose pictures": (zipped({"1.png": picture(), "2.png": picture()}), "not in class folders"),
    "no pictures": (zipped({"cat/1.txt": b"hello", "dog/1.txt": b"hello"}), "None of the 2 files"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_archives_get_one_plain_sentence(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(PlaygroundError, match=words) as caught:
        read_archive(data, LIMITS)
    assert str(caught.value).endswith(".") and "0x" not in str(caught.value)


def test_backslashes_are_refused() -> None:
    data = zipped({"cat/1.png": picture()}).replace(b"cat/1.png", b"cat\\1.png")
    with pytest.raises(PlaygroundError, match="unsafe name"):
        read_archive(data, LIMITS)


def test_too_large_is_refused_before_opening() -> None:
    with pytest.raises(PlaygroundError, match="51 MB and the limit is 50 MB"):
        read_archive(b"PK" + b"\0" * (51 * 1024 * 1024), LIMITS)


def test_a_directory_of_a_million_files_is_refused_before_it_is_read() -> None:
    data = bytearray(zipped(GOOD))
    at = data.rindex(b"PK\x05\x06") + 12
    data[at : at + 4] = struct.pack("<I", 0x7FFFFFFF)
    with pytest.raises(PlaygroundError, match="too many files"):
        read_archive(bytes(data), LIMITS)


def test_damaged_bytes_never_escape_as_another_error() -> None:
    whole = zipped(GOOD, compression=zipfile.ZIP_DEFLATED)
    rng = np.random.default_rng(0)
    for _ in range(150):
        broken = bytearray(whole)
        for at in rng.integers(0, len(whole), 4):
            broken[at] = rng.integers(0, 256)
        try:
            read_archive(bytes(broken), LIMITS)
        except PlaygroundError as error:
            assert "0x" not in str(error)


@pytest.mark.parametrize("root", ["", "photos/", "photos/train/"])
def test_folders_are_classes(root: str) -> None:
    clutter = {"__MACOSX/cat/._0.png": b"x", f"{root}.DS_Store": b"x", f"{root}cat/Thumbs.db": b"x"}
    archive = read_archive(zipped({root + name: content for name, content in GOOD.items()} | clutter), LIMITS)
    assert archive.data.labels == ("cat", "dog") and archive.data.targets == (0, 0, 0, 1, 1, 1)
    assert archive.skipped == () and archive.data.image(0).size == (40, 30)
    assert archive.data.names[0] == "cat/0.png"


def test_broken_pictures_are_left_out_and_listed() -> None:
    files = GOOD | {"cat/bad.png": picture()[:60], "cat/notes.txt": b"hi", "loose.png": picture()}
    archive = read_archive(zipped(files), LIMITS)
    assert len(archive.data) == 6
    assert [name for name, _ in archive.skipped] == ["cat/bad.png", "cat/notes.txt", "loose.png"]
    assert "3 files were left out" in archive.notices[0]


def test_pictures_are_reduced_as_they_are_read() -> None:
    heard: list[float] = []
    archive = read_archive(zipped({"cat/big.png": picture(0, 900, 600)} | GOOD), LIMITS, told=heard.append)
    assert max(archive.data.image(0).size) == 256 and heard[-1] == 1.0
