"""Our zip comes back as the same model; everything else is refused in a sentence."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from core import models
from core.errors import PlaygroundError
from core.finetuning import shelf
from core.finetuning.takehome import bring_back, refill, zipped
from core.models import own
from core.models.image_classifier import ImageClassifier
from core.models.text_classifier import TextClassifier


@pytest.fixture
def catalog(tiny_text, tiny_image, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny networks as the whole catalog."""
    monkeypatch.setattr(refill, "MODELS", (tiny_text, tiny_image))


@pytest.fixture
def text_zip(make_task, toy, catalog) -> bytes:
    """A fine-tuned text model, packed."""
    return packed(make_task(toy["text"], settings={"max_seq_length": 32}))


def packed(task) -> bytes:
    task.run()
    return zipped.model_zip(task.folder / "result")


def bring(folder: Path, content: bytes) -> Path:
    """The job's folder after a zip with ``content`` was brought back."""
    (folder / "inputs").mkdir(parents=True)
    (folder / "inputs" / bring_back.UPLOAD).write_bytes(content)

    class Task:
        pass

    Task.folder = folder  # pyright: ignore
    list(bring_back.run(Task()))  # pyright: ignore
    return folder


def changed(content: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """The zip with ``change(name, content)`` instead of each file, and ``more`` files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if (kept := change(name, old.read(name))) is not None:
                new.writestr(name, kept)
        for name, extra in more.items():
            new.writestr(name, extra)
    return out.getvalue()


def with_weights(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return changed(content, lambda name, data: change(data) if name.endswith("model.safetensors") else data)


def with_card(content: bytes, **fields) -> bytes:
    def change(name: str, data: bytes) -> bytes:
        return json.dumps({**json.loads(data), **fields}).encode() if name.endswith("card.json") else data

    return changed(content, change)


def test_a_text_model_comes_back(make_task, toy, catalog, tmp_path: Path) -> None:
    task = make_task(toy["text"], settings={"max_seq_length": 32})
    content = packed(task)
    (before,) = shelf.own_cards([task.folder])
    own.set_threshold(before.folder, 0.5)
    folder = bring(tmp_path / "back0000-1", zipped.model_zip(task.folder / "result"))
    (after,) = shelf.own_cards([folder])
    assert after.slug == "own-back0000" and after.unknown_below == 0.5
    assert (after.title, after.labels, after.about) == (before.title, before.labels, before.about)
    first, second = TextClassifier.load(before), TextClassifier.load(after)
    texts = list(toy["text"].examples[:9])
    torch.testing.assert_close(first.predict(texts), second.predict(texts), atol=1e-6, rtol=0)
    assert second.max_tokens == 32
    assert len(content) and not list((folder / "inputs").iterdir()) and not list((folder / "checkpoint").iterdir())


def test_a_picture_model_comes_back(make_task, toy, catalog, tmp_path: Path) -> None:
    task = make_task(toy["image"], "partial", {"num_train_epochs": 1})
    folder = bring(tmp_path / "back0000-1", packed(task))
    cards = shelf.own_cards([task.folder, folder])
    first, second = (ImageClassifier.load(card) for card in cards)
    pixels = torch.cat([first.pixels(toy["image"].image(i)) for i in range(6)])
    torch.testing.assert_close(first.forward(pixels), second.forward(pixels), atol=1e-6, rtol=0)


def test_a_network_that_was_cut_and_one_with_an_adapter_come_back(
    make_task, toy, catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.finetuning.text_backbone.SURE", 0.1)  # the tiny encoder has two layers
    monkeypatch.setattr("core.finetuning.strategies.probe.best_depth", lambda backbone, *_: backbone.depths[0])
    texts = list(toy["text"].examples[:9])
    for name, strategy in (("cut00000-1", "probe"), ("lora0000-1", "lora")):
        task = make_task(toy["text"], strategy, {"num_train_epochs": 2})
        content = packed(task)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            adapters = [n for n in archive.namelist() if "/adapter/" in n]
            assert bool(adapters) == (strategy == "lora")
            if adapters:
                assert json.loads(archive.read("taste/adapter/adapter_config.json"))["base_model_name_or_path"]
        cards = shelf.own_cards([task.folder, bring(tmp_path / name, content)])
        first, second = (TextClassifier.load(card) for card in cards)
        assert first.model.config.num_hidden_layers == (2 if strategy == "probe" else 3)  # pyright: ignore
        torch.testing.assert_close(first.predict(texts), second.predict(texts), atol=1e-6, rtol=0)


def test_the_configuration_is_ours(text_zip: bytes, tmp_path: Path) -> None:
    foreign = {"model_type": "bert", "auto_map": {"AutoModel": "evil.Model"}, "hidden_size": 8, "_name_or_path": "/x"}
    content = changed(text_zip, lambda n, d: json.dumps(foreign).encode() if n.endswith("/config.json") else d)
    folder = bring(tmp_path / "a", content)
    config = json.loads((folder / "result/model/config.json").read_text())
    assert "auto_map" not in config and config["hidden_size"] == 32
    assert not list(folder.rglob("*.py"))


def renamed_pickle(data: bytes) -> bytes:
    return pickle.dumps({"weights": [1.0]})


def huge_header(data: bytes) -> bytes:
    return (2**40).to_bytes(8, "little") + data[8:]


def reshaped(data: bytes) -> bytes:
    tensors = load(data)
    tensors["classifier.weight"] = torch.zeros(7, 32)
    return save(tensors)


def missing(data: bytes) -> bytes:
    tensors = load(data)
    del tensors["classifier.bias"]
    return save(tensors)


def halves(data: bytes) -> bytes:
    return save({name: tensor.half() for name, tensor in load(data).items()})


def not_numbers(data: bytes) -> bytes:
    tensors = load(data)
    tensors["classifier.bias"][0] = float("nan")
    return save(tensors)


def overlapping(data: bytes) -> bytes:
    """Two tensors that claim the same bytes."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    for name in ("bert.encoder.layer.0.attention.self.key.bias", "bert.encoder.layer.0.attention.self.query.bias"):
        header[name]["data_offsets"] = [0, 128]
    fresh = json.dumps(header).encode()
    return len(fresh).to_bytes(8, "little") + fresh + data[8 + length :]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (renamed_pickle, "not a safetensors file"),
        (huge_header, "not a safetensors file"),
        (lambda data: b"", "not a safetensors file"),
        (lambda data: data[:-100], "damaged"),
        (overlapping, "damaged"),
        (reshaped, "classifier.weight"),
        (missing, "classifier.bias"),
        (halves, "finite 32-bit"),
        (not_numbers, "finite 32-bit"),
    ],
)
def test_weights_that_are_not_ours_are_refused(text_zip: bytes, tmp_path: Path, change, says: str) -> None:
    with pytest.raises(PlaygroundError, match=says):
        bring(tmp_path / "a", with_weights(text_zip, change))
    assert not (tmp_path / "a/result/model").exists()


@pytest.mark.parametrize(
    "name",
    ["taste/model.pkl", "taste/pytorch_model.bin", "../model.safetensors", "/etc/config.json", "a/b/card.json"],
)
def test_files_that_we_never_pack_are_refused(text_zip: bytes, tmp_path: Path, name: str) -> None:
    content = changed(text_zip, lambda n, d: d, **{name: pickle.dumps(print)})
    with pytest.raises(PlaygroundError, match="our downloads never do"):
        bring(tmp_path / "a", content)
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} & {"model.pkl", "pytorch_model.bin"} == set()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"hub_id": "evil/model"}, "not in the list"),
        ({"task": "text-generation"}, "no readable card"),
        ({"labels": ["one", "two", "three"]}, "do not fit"),
        ({"labels": [1, 2]}, "no readable card"),
        ({"title": "x" * 5000}, "no readable card"),
        ({"folder": "/etc"}, "no readable card"),
    ],
)
def test_a_card_that_was_changed_is_refused(text_zip: bytes, tmp_path: Path, fields: dict, says: str) -> None:
    with pytest.raises(PlaygroundError, match=says):
        bring(tmp_path / "a", with_card(text_zip, **fields))


def test_damage_is_told(text_zip: bytes, tmp_path: Path) -> None:
    for at, content in enumerate((b"", b"hello", text_zip[:5000], changed(text_zip, lambda n, d: None))):
        with pytest.raises(PlaygroundError, match="zip"):
            bring(tmp_path / str(at), content)
    deep = changed(text_zip, lambda n, d: b"[" * 100_000 if n.endswith("report.json") else d)
    with pytest.raises(PlaygroundError, match=r"report\.json"):
        bring(tmp_path / "deep", deep)


def test_a_bomb_is_counted_while_it_unpacks(text_zip: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/model.safetensors", bytes(30 * 1024 * 1024))
        archive.writestr("a/card.json", "{}")
    monkeypatch.setenv("PLAY_MODEL_MB", "10")
    with pytest.raises(PlaygroundError, match="unpacks to more"):
        bring(tmp_path / "a", out.getvalue())
    monkeypatch.setenv("PLAY_MODEL_MB", "1")
    with pytest.raises(PlaygroundError, match="limit on this server is 1 MB"):
        bring_back.check(2 * 1024 * 1024)


def test_what_a_mac_adds_is_ignored(text_zip: bytes, tmp_path: Path) -> None:
    more = {"__MACOSX/taste/._model.safetensors": b"x", "taste/.DS_Store": b"x"}
    assert shelf.own_cards([bring(tmp_path / "a", changed(text_zip, lambda n, d: d, **more))])


def test_the_catalog_is_asked_by_name_and_task(tiny_text) -> None:
    assert refill.base_of(models.MODELS_BY_SLUG["all-minilm-l6-v2"]) is models.MODELS_BY_SLUG["all-minilm-l6-v2"]
    with pytest.raises(PlaygroundError, match="not in the list"):
        refill.base_of(tiny_text)
