"""Class buckets: filled by hand, bounded, and one sentence for what does not fit."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from core.config import Limits
from core.data.buckets import MOST_CLASSES, Buckets
from core.errors import PlaygroundError

LIMITS = Limits()


def picture(colour: str = "red", side: int = 600) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def test_classes_become_labelled_pictures():
    buckets = Buckets()
    for name, count in (("dog", 2), (" cat ", 3), ("empty", 0)):
        label = buckets.add_class(name)
        for i in range(count):
            buckets.add_picture(label, picture(), f"{i}.jpg", LIMITS)
    data = buckets.labelled()
    assert data is not None and data.labels == ("cat", "dog") and len(data) == 5
    assert data.targets == (1, 1, 0, 0, 0) and data.names[0] == "dog/0.jpg"
    assert data.image(0).size == (256, 256)


def test_pictures_and_classes_can_be_removed():
    buckets = Buckets()
    buckets.add_class("a")
    buckets.add_picture("a", picture(), limits=LIMITS)
    buckets.add_picture("a", picture("blue"), limits=LIMITS)
    buckets.remove_picture("a", 0)
    buckets.remove_picture("a", 7)
    assert [shot.name for shot in buckets.shots["a"]] == ["shot 2"] and buckets.total == 1
    buckets.remove_class("a")
    assert buckets.labelled() is None


@pytest.mark.parametrize(("name", "words"), [("", "a name first"), (" \n", "a name first"), ("CAT", "already")])
def test_a_bad_name_is_a_sentence(name, words):
    buckets = Buckets()
    buckets.add_class("cat")
    with pytest.raises(PlaygroundError, match=words):
        buckets.add_class(name)


def test_a_bad_picture_leaves_the_class_as_it_was():
    buckets = Buckets()
    buckets.add_class("a")
    for data in (b"", b"no picture", picture()[:200]):
        with pytest.raises(PlaygroundError):
            buckets.add_picture("a", data, limits=LIMITS)
    assert buckets.total == 0
    with pytest.raises(PlaygroundError, match="no class called 'gone'"):
        buckets.add_picture("gone", picture(), limits=LIMITS)


def test_room_is_bounded():
    buckets = Buckets()
    for i in range(MOST_CLASSES):
        buckets.add_class(f"class {i}")
    with pytest.raises(PlaygroundError, match="20 classes are the most"):
        buckets.add_class("one more")
    few = replace(LIMITS, finetune_images=2)
    for _ in range(2):
        buckets.add_picture("class 0", picture(), limits=few)
    with pytest.raises(PlaygroundError, match="2 pictures are the most"):
        buckets.add_picture("class 1", picture(), limits=few)
