"""Baselines as pictures, with what the model says of them."""

import pytest
import torch
from PIL import Image
from torch import Tensor

from core.attribution.starting import start_of


class Bright:
    """Two classes: how bright the picture is, and nothing. Pixels in [-1, 1]."""

    mean, std = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)

    def logits(self, pixels: Tensor) -> Tensor:
        return torch.stack([pixels.mean((1, 2, 3)), torch.zeros(len(pixels))], 1)

    def denormalise(self, pixels: Tensor) -> Image.Image:
        return Image.new("L", (1, 1), round(127.5 * (float(pixels.mean()) + 1)))


@pytest.mark.parametrize(("name", "logit", "shade"), [("black", -1.0, 0), ("white", 1.0, 255), ("grey", 0.0, 128)])
def test_a_baseline_is_shown_with_its_answer(name, logit, shade):
    pixels = torch.full((1, 3, 4, 4), 0.5)
    start = start_of(Bright(), pixels, 0, name)  # pyright: ignore[reportArgumentType]
    assert start.image.getpixel((0, 0)) == shade and start.logit == pytest.approx(logit)
    assert start.prob == pytest.approx(torch.sigmoid(torch.tensor(logit)).item(), rel=1e-5)
    assert start.rise == pytest.approx(0.5 - logit)


def test_an_own_picture_stands_for_nothing():
    pixels = torch.full((1, 3, 4, 4), 0.5)
    start = start_of(Bright(), pixels, 0, "black", torch.full_like(pixels, 0.25))  # pyright: ignore[reportArgumentType]
    assert start.logit == pytest.approx(0.25) and start.rise == pytest.approx(0.25)
