"""Near-duplicates: copies that a visitor would call the same are found, and what merely looks alike is not."""

import io

import numpy as np
from PIL import Image, ImageEnhance

from core.data import samples
from core.data.labelled import LabelledImages, LabelledTexts, encode
from core.data.near import near_groups

MAIL = (
    "Dear friend, I am writing to you about a sum of money that was left in a bank by a late customer, and I need "
    "your help to move it out of the country before the end of the month. Please answer at once with your number."
)


def texts(*examples: str) -> LabelledTexts:
    return LabelledTexts(examples, (0,) * len(examples), ("a",), ("",) * len(examples))


def pictures(*made: Image.Image) -> LabelledImages:
    return LabelledImages(tuple(map(encode, made)), (0,) * len(made), ("a",), ("",) * len(made))


def saved_again(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.resize((300, 280)).save(buffer, "JPEG", quality=40)
    return Image.open(buffer)


def test_texts_that_differ_little_are_one_group():
    other = "The goalkeeper saved two penalties and the home side went through to the final on Saturday."
    found = near_groups(texts(MAIL, other, MAIL.replace("friend", "sir").upper(), "short", "short one"))
    assert found == (0, 1, 0, 3, 4)


def test_short_and_empty_texts_are_not_alike_for_being_short():
    assert near_groups(texts("", "a", "b", "a b", "!", "?")) == (0, 1, 2, 3, 4, 5)


def test_a_picture_saved_again_or_brighter_is_the_same():
    for sample in [s for s in samples.SAMPLES if s.kind == "image"]:
        image = samples.load_image(sample)
        brighter = ImageEnhance.Brightness(image).enhance(1.1)
        assert near_groups(pictures(image, saved_again(image), brighter)) == (0, 0, 0), sample.slug


def test_different_pictures_are_different():
    ours = [samples.load_image(s) for s in samples.SAMPLES if s.kind == "image"]
    assert near_groups(pictures(*ours)) == tuple(range(len(ours)))
    emoji = samples.SAMPLE_SETS_BY_SLUG["emoji-groups"].load()
    assert len(set(near_groups(emoji))) == len(emoji)


def test_noise_on_a_flat_ground_is_not_a_copy():
    rng = np.random.default_rng(0)
    noisy = [Image.fromarray(rng.integers(100, 255, (16, 16, 3), dtype=np.uint8)) for _ in range(5)]
    assert near_groups(pictures(*noisy)) == (0, 1, 2, 3, 4)


def test_nothing_has_no_groups():
    assert near_groups(texts()) == ()
