import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import UnidentifiedImageError

from core.data.labelled import Labelled
from core.finetuning import spool
from core.models import own
from tests.core.models import tiny_places


def there_and_back(data: Labelled, folder: Path) -> Labelled:
    folder.mkdir(exist_ok=True)
    for name, content in spool.spool(data).items():
        (folder / name).write_bytes(content)
    return spool.read(folder)


@pytest.mark.parametrize("kind", ["text", "image"])
def test_what_goes_in_comes_out(toy, kind: str, tmp_path: Path) -> None:
    assert there_and_back(toy[kind], tmp_path / kind) == toy[kind]


def test_odd_texts_survive(toy, tmp_path: Path) -> None:
    odd = ("a\nb", "\u2028line\u0085", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), '"', "")
    data = replace(toy["text"], examples=odd, targets=(0, 1, 0, 1, 0), names=("",) * 5, concepts=("x",) * 5)
    assert there_and_back(data, tmp_path) == data


def test_a_pickle_in_the_inputs_is_only_bytes(toy, tmp_path: Path) -> None:
    files = spool.spool(toy["image"])
    hostile = pickle.dumps(print).ljust(len(files[spool.IMAGES]), b".")
    for name, content in {**files, spool.IMAGES: hostile}.items():
        (tmp_path / name).write_bytes(content)
    data = spool.read(tmp_path)
    assert b"".join(data.examples) == hostile  # pyright: ignore
    with pytest.raises(UnidentifiedImageError):
        data.image(0)  # pyright: ignore


def test_inputs_that_were_cut_are_noticed(toy, tmp_path: Path) -> None:
    there_and_back(toy["image"], tmp_path)
    (tmp_path / spool.IMAGES).write_bytes(b"short")
    with pytest.raises(ValueError, match="shorter"):
        spool.read(tmp_path)


def test_two_processes_put_a_base_together_at_once(tmp_path, monkeypatch):
    card = tiny_places.segmenter(tmp_path / "own")
    own.save_card(tmp_path / "own", replace(card, labels=("cup", "spoon")))
    (tmp_path / "inputs").mkdir()
    for name, file in spool.base_files(card).items():
        (tmp_path / "inputs" / name).write_bytes(file.read_bytes())
    assert spool.read_base(tmp_path / "inputs", tmp_path / "base") is not None
    monkeypatch.setattr(Path, "exists", lambda self: False)  # as the other process sees it a moment before
    again = spool.read_base(tmp_path / "inputs", tmp_path / "base")
    assert again is not None and again.folder == tmp_path / "base"
