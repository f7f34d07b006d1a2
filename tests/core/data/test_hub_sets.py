"""Hub data sets: an operator's allow-list, and parquet folders in the Hub's own form read without any of its code."""

import io
import json
from dataclasses import replace

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from core.config import Limits
from core.data import hub_sets
from core.data.gathering import Archive
from core.data.tables import Table
from core.errors import PlaygroundError, Unavailable

LIMITS = Limits()


def described(table: pa.Table, **classes: list[str]) -> pa.Table:
    """``table`` with the description that the Hub writes into its parquet files."""
    features = {name: {"names": names, "_type": "ClassLabel"} for name, names in classes.items()}
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_text_set_becomes_a_table(tmp_path):
    table = pa.table({"text": ["good", "bad", "none"], "label": [1, 0, -1], "tokens": [["a"], ["b"], ["c"]]})
    parquet.write_table(described(table, label=["neg", "pos"]), tmp_path / "0000.parquet")
    found = hub_sets.read_folder(tmp_path, LIMITS)
    assert isinstance(found, Table) and found.columns == ("text", "label")
    assert found.rows == (("good", "pos"), ("bad", "neg"), ("none", ""))


def test_a_picture_set_becomes_pictures_and_skips_broken_ones(tmp_path):
    images = [{"bytes": data, "path": None} for data in (png("red"), png("blue"), b"broken", png("green"))]
    table = pa.table({"image": images, "label": [0, 1, 1, -1]})
    parquet.write_table(described(table, label=["warm/red", "cold"]), tmp_path / "0000.parquet")
    found = hub_sets.read_folder(tmp_path, LIMITS)
    assert isinstance(found, Archive) and found.data.labels == ("cold", "warm-red") and len(found.data) == 2
    assert len(found.skipped) == 2 and max(found.data.image(0).size) == 256


def test_of_a_large_sorted_set_every_part_is_taken(tmp_path):
    for shard in range(2):
        table = pa.table({"text": [f"text {shard} {i}" for i in range(500)], "label": [shard] * 500})
        parquet.write_table(described(table, label=["a", "b"]), tmp_path / f"{shard}.parquet", row_group_size=70)
    found = hub_sets.read_folder(tmp_path, replace(LIMITS, finetune_texts=100))
    assert isinstance(found, Table) and len(found) == 100
    assert [row[1] for row in found.rows].count("a") == 50 and len(set(found.rows)) == 100


@pytest.mark.parametrize("content", [None, b"", b"PAR1 and no more"])
def test_a_folder_without_sound_files_is_a_sentence(tmp_path, content):
    if content is not None:
        (tmp_path / "0000.parquet").write_bytes(content)
    with pytest.raises(PlaygroundError, match="choose another"):
        hub_sets.read_folder(tmp_path, LIMITS)


def test_only_valid_ids_of_the_operator_are_offered(monkeypatch):
    monkeypatch.delenv("PLAY_HUB_DATASETS", raising=False)
    assert hub_sets.allowed() == ()
    monkeypatch.setenv("PLAY_HUB_DATASETS", "imdb, someone/beans ,../etc,a/b/c,http://x,imdb,a/..b,")
    assert hub_sets.allowed() == ("imdb", "someone/beans")
    with pytest.raises(PlaygroundError, match="not among those"):
        hub_sets.fetch("someone/else")


def test_a_hub_that_does_not_answer_is_a_sentence(monkeypatch):
    def broken(*_, **__):
        raise OSError("no route")

    monkeypatch.setenv("PLAY_HUB_DATASETS", "imdb")
    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", broken)
    with pytest.raises(Unavailable, match="cannot be fetched"):
        hub_sets.fetch("imdb")


def test_the_training_part_of_the_first_configuration_is_fetched():
    sizes = {"plain/train/0000.parquet": 10, "plain/train/0001.parquet": 10, "plain/test/0000.parquet": 10}
    assert hub_sets.training_files(sizes | {"z/train/0.parquet": 5, "README.md": 1}) == tuple(sizes)[:2]
    with pytest.raises(PlaygroundError, match="no training part"):
        hub_sets.training_files({"plain/test/0000.parquet": 10, "train.py": 1})
    with pytest.raises(PlaygroundError, match="900 MB and the limit is 500"):
        hub_sets.training_files({"plain/train/0000.parquet": 900_000_000})
