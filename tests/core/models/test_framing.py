"""What a network of places sees of a picture, and the way back."""

import numpy as np
import pytest
from PIL import Image
from transformers import SegformerImageProcessorPil, YolosImageProcessorPil

from core.models.framing import Framing


def photo(width: int, height: int) -> Image.Image:
    dice = np.random.default_rng(0)
    return Image.fromarray(dice.integers(0, 256, (height, width, 3)).astype(np.uint8))


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (300, 300), (1333, 300), (257, 411)])
def test_a_hub_network_gets_what_its_processor_says(size):
    for processor in (
        YolosImageProcessorPil(size={"shortest_edge": 128, "longest_edge": 300}),
        SegformerImageProcessorPil(size={"height": 96, "width": 128}),
    ):
        framing = Framing.of(processor, padded=False)
        expected = processor(images=photo(*size), return_tensors="pt")["pixel_values"]
        got = framing.pixels(framing.frame(photo(*size)))
        assert got.shape == expected.shape
        assert (got - expected).abs().max() < 1e-5


@pytest.mark.parametrize("size", [(96, 96), (288, 288), (1000, 500), (40, 400), (3000, 20), (1, 1)])
def test_ours_see_the_whole_picture_in_its_shape_and_boxes_come_back(size):
    framing = Framing((96, 96), 0, 0, True, 2, (0.5,) * 3, (0.5,) * 3)
    framed = framing.frame(photo(*size))
    assert framed.image.size == (96, 96) and framing.pixels(framed).shape == (1, 3, 96, 96)
    left, top, right, bottom = framed.window
    assert max(right - left, bottom - top) == 96
    shares = np.array([[left, top, right, bottom], [0, 0, 96, 96], [left, top, left, top]]) / 96
    whole = [0, 0, *size]
    assert np.allclose(framed.to_original(shares), [whole, whole, [0, 0, 0, 0]], atol=1e-6 * max(size))
    grid = np.arange(144.0).reshape(12, 12)
    assert framed.inside(grid).size >= 1 and framed.inside(grid).shape[0] <= 12


def test_padding_has_the_mean_colour():
    framed = Framing((96, 96), 0, 0, True, 2, (0.5,) * 3, (0.5,) * 3).frame(Image.new("RGB", (200, 100), (9, 80, 200)))
    assert framed.image.getpixel((0, 0)) == (9, 80, 200) and framed.window == (0, 24, 96, 72)
