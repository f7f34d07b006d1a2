"""Networks for pictures that we trained: the same answer everywhere, and good because of what they learned."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from core.data import scenes
from core.models import MODELS, hub, shipped
from core.models.catalog import HERE_ONLY, IMAGE_CLASSIFICATION, IMAGE_SEGMENTATION, OBJECT_DETECTION
from core.models.image_classifier import ImageClassifier
from core.models.object_detector import ObjectDetector
from core.models.segmenter import Segmenter

CLASSIFIERS = [card for card in MODELS if card.shipped and card.task == IMAGE_CLASSIFICATION]
DETECTORS = [card for card in MODELS if card.shipped and card.task == OBJECT_DETECTION]
every_detector = pytest.mark.parametrize("card", DETECTORS, ids=lambda card: card.slug)
SEGMENTERS = [card for card in MODELS if card.shipped and card.task == IMAGE_SEGMENTATION]
every_segmenter = pytest.mark.parametrize("card", SEGMENTERS, ids=lambda card: card.slug)
every_classifier = pytest.mark.parametrize("card", CLASSIFIERS, ids=lambda card: card.slug)
FIXED = scenes.scene(np.random.default_rng(0), [scenes.sprites("noto")], 64, 1, (0.8, 0.8), (24,))  # a red apple
SCENE = scenes.scene(np.random.default_rng(0), [scenes.sprites("noto")], 96, 3, (0.4, 0.5), (24, 21, 29))
GOLDEN = {
    "emoji-detector": [-6.405799, -6.222197, -4.764655, -2.842077, -5.781187, -4.088144],
    "emoji-segmenter": [6.791086, -9.259221, -8.428154, -8.548085],
    "emoji-resnet": [-1.223962, -0.983278, -0.91936, -0.558092, -1.154328, -1.305589],
    "emoji-vit": [-0.811695, -0.936361, 0.603623, -0.297286, -0.064608, 0.51101],
}  # of the first six classes


def one_each(vendor: str) -> list[tuple[Image.Image, int]]:
    """A picture of every class, drawn by ``vendor`` on a drawn ground."""
    dice = np.random.default_rng(1)
    drawn = [scenes.sprites(vendor)]
    made = [(scenes.scene(dice, drawn, 64, 1, (0.6, 0.95), (kind,)), kind) for kind in range(len(scenes.CLASSES))]
    return [(Image.fromarray(scene.pixels), kind) for scene, kind in made]


def right(classifier: ImageClassifier, vendor: str) -> float:
    return float(np.mean([classifier.predict(image).targets[0] == kind for image, kind in one_each(vendor)]))


def found(detector: ObjectDetector, vendor: str) -> float:
    """The share of things that the surest claims name and frame rightly, as many claims as there are things."""
    dice, hits, total = np.random.default_rng(3), 0, 0
    for _ in range(24):
        scene = scenes.scene(dice, [scenes.sprites(vendor)], 96, 2, (0.35, 0.6))
        claims = detector.find(Image.fromarray(scene.pixels), 0.0)
        some = list(zip(claims.targets, claims.boxes, strict=True))[: len(scene.labels)]
        total += len(scene.labels)
        for kind, box in zip(scene.labels, scene.boxes, strict=True):
            hits += any(target == kind and iou(place, box) >= 0.5 for target, place in some)
    return hits / total


def iou(first: np.ndarray, second: np.ndarray) -> float:
    width, height = (np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])).clip(0)
    shared = width * height
    return shared / (np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - shared)


def pixels_right(segmenter: Segmenter, vendor: str) -> float:
    """The share of points with something on them that get its name."""
    dice = np.random.default_rng(2)
    some = [scenes.scene(dice, [scenes.sprites(vendor)], 96, 3, (0.3, 0.6)) for _ in range(24)]
    masks = [segmenter.segment(Image.fromarray(one.pixels)).mask for one in some]
    hits = [(mask == one.mask)[one.mask > 0].mean() for mask, one in zip(masks, some, strict=True)]
    return float(np.mean(hits))


def ruined(card, folder):
    """``card`` with random weights of the same spread in place of what was learned."""
    source = hub.locate(card)
    for file in source.glob("*.json"):
        (folder / file.name).write_bytes(file.read_bytes())
    torch.manual_seed(0)
    weights = load_file(source / "model.safetensors")
    chaos = {
        name: torch.randn_like(tensor) * tensor.std() if tensor.is_floating_point() and tensor.dim() > 1 else tensor
        for name, tensor in weights.items()
    }
    save_file(chaos, folder / "model.safetensors", metadata={"format": "pt"})
    return replace(card, folder=folder)


@every_classifier
def test_a_fixed_picture_gets_the_same_answer_everywhere(card):
    classifier = ImageClassifier.load(card)
    logits = classifier.forward(classifier.pixels(Image.fromarray(FIXED.pixels)))[0, :6]
    torch.testing.assert_close(logits, torch.tensor(GOLDEN[card.slug]), atol=1e-4, rtol=0)


@every_classifier
def test_what_it_learned_makes_the_difference(card, tmp_path):
    classifier = ImageClassifier.load(card)
    assert classifier.labels == scenes.CLASSES
    assert right(classifier, "noto") >= 0.7 and right(classifier, "twemoji") >= 0.35
    assert right(ImageClassifier.load(ruined(card, tmp_path)), "noto") <= 0.2


@every_segmenter
def test_a_fixed_scene_is_segmented_the_same_everywhere(card):
    segmenter = Segmenter.load(card)
    framed = segmenter.framing.frame(Image.fromarray(SCENE.pixels))
    logits = segmenter.logits(segmenter.framing.pixels(framed))[0, :4, 12, 12]
    torch.testing.assert_close(logits, torch.tensor(GOLDEN[card.slug]), atol=1e-4, rtol=0)


@every_segmenter
def test_what_it_learned_finds_things_point_by_point(card, tmp_path):
    segmenter = Segmenter.load(card)
    assert segmenter.labels == (scenes.BACKGROUND, *scenes.CLASSES)
    assert pixels_right(segmenter, "noto") >= 0.6 and pixels_right(segmenter, "twemoji") >= 0.35
    assert pixels_right(Segmenter.load(ruined(card, tmp_path)), "noto") <= 0.2


@every_detector
def test_a_fixed_scene_gets_the_same_boxes_everywhere(card):
    detector = ObjectDetector.load(card)
    framed = detector.framing.frame(Image.fromarray(SCENE.pixels))
    with torch.inference_mode():
        answer = detector.model(pixel_values=detector.framing.pixels(framed))
    torch.testing.assert_close(answer.logits[0, 0, :6], torch.tensor(GOLDEN[card.slug]), atol=1e-4, rtol=0)


@every_detector
def test_what_it_learned_finds_things_and_their_boxes(card, tmp_path):
    detector = ObjectDetector.load(card)
    assert detector.labels == scenes.CLASSES
    assert found(detector, "noto") >= 0.6 and found(detector, "twemoji") >= 0.3
    assert found(ObjectDetector.load(ruined(card, tmp_path)), "noto") <= 0.05


@pytest.mark.parametrize("card", [card for card in MODELS if card.revision_source == HERE_ONLY], ids=lambda c: c.slug)
def test_what_is_nowhere_else_comes_with_the_playground_and_is_checked(card):
    assert hub.origin(card) == "package" and not card.on_hub
    assert len(card.package.sha256) == 64
    folder = hub.locate(card)
    assert shipped.facts(card.shipped).figures
    learned = [
        tensor.numel()
        for file in folder.rglob("*.safetensors")
        for name, tensor in load_file(file).items()
        if not name.endswith(("running_mean", "running_var", "num_batches_tracked"))
    ]
    assert sum(learned) == card.parameters
