"""The ONNX file gives the same logits in another runtime, for any batch and length."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import Unavailable
from core.finetuning import shelf
from core.finetuning.takehome import onnx_file
from core.models.image_classifier import ImageClassifier
from core.models.text_classifier import TextClassifier

ONNX_WARNINGS = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def exported(make_task, data, folder: Path):
    """The card of a model fine-tuned on ``data``, and a session on the ONNX file that the job made of it."""
    import onnxruntime

    task = make_task(data)
    task.run()
    (card,) = shelf.own_cards([task.folder])
    (folder / "inputs").mkdir(parents=True)
    for name, file in onnx_file.inputs(card).items():
        shutil.copyfile(file, folder / "inputs" / name)

    class Task:
        pass

    Task.folder = folder  # pyright: ignore
    records = list(onnx_file.run(Task()))  # pyright: ignore
    assert records[-1]["fraction"] == 1.0
    return card, onnxruntime.InferenceSession(str(folder / "result" / onnx_file.FILE))


@ONNX_WARNINGS
@pytest.mark.slow
def test_a_text_model_in_another_runtime(make_task, toy, tmp_path: Path) -> None:
    card, session = exported(make_task, toy["text"], tmp_path / "job")
    classifier = TextClassifier.load(card)
    for texts in (["good"], ["good great film", "bad", "the very dull and cold room"], list(toy["text"].examples[:17])):
        read = classifier.tokenizer(texts, padding=True, return_tensors="pt")
        with torch.inference_mode():
            want = classifier.forward(read["input_ids"], read["attention_mask"]).numpy()
        (got,) = session.run(None, {name: read[name].numpy() for name in ("input_ids", "attention_mask")})
        np.testing.assert_allclose(got, want, atol=1e-4)


@ONNX_WARNINGS
@pytest.mark.slow
def test_a_picture_model_in_another_runtime(make_task, toy, tmp_path: Path) -> None:
    card, session = exported(make_task, toy["image"], tmp_path / "job")
    classifier = ImageClassifier.load(card)
    for count in (1, 5):
        pixels = torch.cat([classifier.pixels(toy["image"].image(i)) for i in range(count)]).contiguous()
        with torch.inference_mode():
            want = classifier.forward(pixels).numpy()
        (got,) = session.run(None, {"pixel_values": pixels.numpy()})
        np.testing.assert_allclose(got, want, atol=1e-4)


def test_a_server_without_the_exporter_says_so(tiny_text, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "NEEDED", ("no_such_exporter",))
    assert not onnx_file.available()
    with pytest.raises(Unavailable, match="cannot write ONNX"):
        onnx_file.write(tiny_text, tmp_path / "x.onnx")
