"""Pictures of a zip or a folder: classes from folders or from a table beside them; what is broken is listed."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.config import Limits
from core.data.archives import read_archive
from core.data.folders import read_folder
from core.errors import PlaygroundError

LIMITS = Limits()


def picture(seed: int = 0, side: int = 40) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def unpacked(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


LISTED = {
    "labels.csv": b"file,labels\n1.png,cat|indoors\n2.png,cat\nmore/3.png,dog;indoors\n4.png,\n9.png,cat\n",
    "1.png": picture(1),
    "2.png": picture(2),
    "more/3.png": picture(3),
    "4.png": picture(4),
    "5.png": picture(5),
}


@pytest.mark.parametrize("root", ["", "photos/"])
def test_a_table_beside_the_pictures_gives_several_classes(root):
    found = read_archive(zipped({root + name: content for name, content in LISTED.items()}), LIMITS)
    assert found.data.labels == ("cat", "dog", "indoors")
    assert found.data.target_sets == ((0, 2), (0,), (1, 2)) and found.data.names == ("1.png", "2.png", "3.png")
    assert dict(found.skipped) == {"4.png": "not in labels.csv", "5.png": "not in labels.csv"}


def test_a_table_with_one_class_each_is_single_label():
    table = b"file_name,class\n1.png,cat\n2.png,dog\n"
    found = read_archive(zipped({"labels.csv": table, "1.png": picture(1), "2.png": picture(2)}), LIMITS)
    assert not found.data.multi_label and found.data.labels == ("cat", "dog") and found.data.targets == (0, 1)


def test_a_table_with_other_columns_is_a_sentence():
    with pytest.raises(PlaygroundError, match="needs the columns file and labels, and has a, b"):
        read_archive(zipped({"labels.csv": b"a,b\n1,2\n", "1.png": picture()}), LIMITS)


def test_a_folder_reads_as_its_zip_does(tmp_path):
    files = {f"{c}/{i}.png": picture(i) for c in ("cat", "dog") for i in range(3)} | {"dog/bad.png": b"\x89PNG no"}
    heard: list[float] = []
    found = read_folder(unpacked(tmp_path, files), LIMITS, told=heard.append)
    assert found == read_archive(zipped(files), LIMITS)
    assert [name for name, _ in found.skipped] == ["dog/bad.png"] and heard[-1] == 1


def test_a_folder_may_have_a_table(tmp_path):
    assert read_folder(unpacked(tmp_path, LISTED), LIMITS).data.multi_label


def test_no_folder_is_a_sentence(tmp_path):
    with pytest.raises(PlaygroundError, match="no folder 'nothing'"):
        read_folder(tmp_path / "nothing", LIMITS)
    with pytest.raises(PlaygroundError, match="no pictures"):
        read_folder(tmp_path, LIMITS)
