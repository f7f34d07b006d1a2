from dataclasses import replace
from pathlib import Path

import pytest

from core.data.labelled import Labelled
from core.finetuning import spool


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


def test_a_pickle_in_the_inputs_is_not_opened(toy, tmp_path: Path) -> None:
    import numpy as np

    there_and_back(toy["image"], tmp_path)
    with (tmp_path / spool.IMAGES).open("wb") as file:
        np.savez(file, data=np.array([{"a": 1}], dtype=object), ends=np.array([1]))
    with pytest.raises(ValueError, match="allow_pickle"):
        spool.read(tmp_path)
