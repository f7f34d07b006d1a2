"""Detection: as the library reads its own network, each thing once, attention where it belongs."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import YolosImageProcessorPil

from core.errors import PlaygroundError
from core.models import MODELS_BY_SLUG, hub, object_detector
from core.models.object_detector import ObjectDetector
from tests.core.models import tiny_places

PHOTO = Image.effect_noise((200, 120), 80).convert("RGB")


@pytest.fixture(scope="module")
def detector(tmp_path_factory) -> ObjectDetector:
    return ObjectDetector.load(tiny_places.detector(tmp_path_factory.mktemp("yolos")))


def test_boxes_and_scores_are_those_of_the_library(detector, monkeypatch):
    monkeypatch.setattr(object_detector, "MOST_OVERLAP", 1.0)
    square = PHOTO.resize((96, 96))
    found = detector.find(square)
    answer = detector.model(pixel_values=detector.framing.pixels(detector.framing.frame(square)))
    sizes = torch.tensor([[96, 96]])
    (theirs,) = YolosImageProcessorPil().post_process_object_detection(answer, threshold=0.05, target_sizes=sizes)
    order = theirs["scores"].argsort(descending=True)
    assert len(found) == len(order) > 0
    assert np.allclose(found.scores, theirs["scores"][order], atol=1e-6)
    assert np.allclose(found.boxes, theirs["boxes"][order].clamp(0, 96), atol=1e-3)
    assert [detector.labels[k] for k in theirs["labels"][order].tolist()] == list(found.labels)


def test_boxes_lie_in_the_picture_whatever_its_shape(detector):
    for size in ((200, 120), (40, 300), (1, 1), (96, 96)):
        found = detector.find(PHOTO.resize(size))
        assert found.boxes.shape == (len(found), 4)
        assert (found.boxes >= 0).all() and (found.boxes <= (*size, *size)).all()


def test_the_threshold_leaves_the_surer_ones(detector):
    found = detector.find(PHOTO)
    middle = found.scores[len(found) // 2]
    assert list(found.scores) == sorted(found.scores, reverse=True)
    over = found.over(middle)
    assert over.scores == tuple(s for s in found.scores if s >= middle) and len(over.boxes) == len(over.tokens)
    assert len(found.over(1.1)) == 0 and found.over(1.1).boxes.shape == (0, 4)
    assert detector.find(PHOTO, middle).labels == over.labels


def test_attention_of_each_token_covers_the_picture(detector):
    found = detector.find(PHOTO)  # 200 × 120 on a square: 12 × 8 patches
    maps = detector.looks(PHOTO, found.tokens)
    assert maps.shape == (len(found), 8, 12)
    assert (maps >= 0).all() and (maps.sum((1, 2)) <= 1 + 1e-5).all() and (maps.sum((1, 2)) > 0.1).all()
    assert detector.looks(PHOTO, ()).shape == (0, 8, 12)


def test_a_network_of_the_hub_keeps_the_shape(tmp_path):
    card = tiny_places.detector(tmp_path, {"shortest_edge": 64, "longest_edge": 200})
    model = hub.load_model(card, "AutoModelForObjectDetection", attn_implementation="eager")
    framing = object_detector.Framing.of(hub.load_image_processor(card), padded=False)
    hubs = ObjectDetector(card, model, framing)
    assert hubs.looks(PHOTO, hubs.find(PHOTO).tokens[:1]).shape[1:] == (8, 12)


def test_damaged_files_are_one_sentence(tmp_path):
    card = tiny_places.detector(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(PlaygroundError, match="damaged"):
        ObjectDetector.load(card)


def test_the_hubs_detector_says_when_it_cannot_be_had(monkeypatch):
    card = MODELS_BY_SLUG["yolos-tiny"]
    monkeypatch.setattr(hub, "_snapshot", lambda card: None)
    monkeypatch.setattr(hub, "online", lambda: False)
    with pytest.raises(PlaygroundError, match="YOLOS tiny is not on this machine and the Hub cannot be reached"):
        ObjectDetector.load(card)
