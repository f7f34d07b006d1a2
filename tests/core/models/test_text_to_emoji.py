"""Our words to emoji: the same numbers everywhere, pictures of what was asked for, and only because it learned."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from core.models import MODELS_BY_SLUG
from core.models.painter import Painter, Painting, known

CARD = MODELS_BY_SLUG["text-to-emoji"]
LEARNED = ("red apple", "house", "sunflower", "soccer ball", "grinning face", "evergreen tree", "red heart", "pizza")
NEW = {"blue apple": 2, "green cat": 1}  # what no picture showed together, and the channel that is strongest
GOLDEN = [0.189956, -1.998698, 0.801423, 0.15628, 0.407541, -0.288642]


@pytest.fixture(scope="module")
def painter() -> Painter:
    return Painter.load(CARD)


def painted(painter: Painter, *captions: str) -> tuple[Image.Image, ...]:
    *_, last = painter.paint(captions, Painting(), show_every=99)
    return last.guess


def recognised(painter: Painter) -> float:
    """The share of learned names whose picture is nearest to the one that was learned."""
    pictures = painted(painter, *LEARNED)
    return float(np.mean([painter.nearest(image).name == name for name, image in zip(LEARNED, pictures, strict=True)]))


def test_fixed_noise_gets_the_same_answer_everywhere(painter):
    words = painter.read(["red apple"])
    with torch.inference_mode():
        velocity = painter.unet(painter.noise(1, 0), torch.tensor(500), words).sample
    torch.testing.assert_close(velocity[0, :6, 4, 4], torch.tensor(GOLDEN), atol=1e-4, rtol=0)


def test_it_draws_what_it_learned_and_mixes_what_it_did_not(painter):
    assert recognised(painter) >= 0.75
    for (caption, channel), image in zip(NEW.items(), painted(painter, *NEW), strict=True):
        colours = np.asarray(image, dtype=float)[16:48, 16:48].reshape(-1, 3).mean(0)
        assert colours.argmax() == channel, caption
    names, images, _ = known(CARD)
    assert len(names) == len(images) > 900 and not {*NEW} & {*map(str, names)}


@pytest.mark.parametrize("part", ["unet", "vae"])
def test_what_it_learned_makes_the_difference(painter, part):
    ruined = Painter(CARD, painter.unet, painter.vae, painter.scheduler, painter.encoder, painter.tokenizer)
    network = type(getattr(painter, part)).from_config(getattr(painter, part).config)
    torch.manual_seed(0)
    for mine, trained in zip(network.parameters(), getattr(painter, part).parameters(), strict=True):
        mine.data = torch.randn_like(trained) * trained.std().nan_to_num()
    setattr(ruined, part, network.eval())
    assert recognised(ruined) <= 0.25


def test_one_picture_is_one_picture_however_it_is_shown(painter):
    every = list(painter.paint(["house"], replace(Painting(), num_inference_steps=3)))
    (last,) = painter.paint(["house"], replace(Painting(), num_inference_steps=3), show_every=3)
    assert np.array_equal(np.asarray(every[-1].guess[0]), np.asarray(last.guess[0]))
