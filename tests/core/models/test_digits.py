"""Networks that draw digits: the same everywhere, better than random weights, and true to what they promise."""

import json

import numpy as np
import pytest
import torch

from core.data import digits
from core.errors import PlaygroundError
from core.models import MODELS_BY_SLUG, drawn_digits, shipped
from core.models.digit_diffusion import NONE, DigitDiffusion
from core.models.digit_reader import DigitReader
from core.models.drawn_digits import AtOnce, ByDiffusion
from core.models.gan import GAN
from core.models.vae import VAE

KINDS = {"digits-vae": VAE, "digits-vae-map": VAE, "digits-gan": GAN}
GOLDEN = {
    "digits-vae": [0.405241, 0.418493, 0.660948, 0.854989, 0.818533, 0.734284, 0.693962, 0.621824],
    "digits-vae-map": [0.432597, 0.529757, 0.610594, 0.667125, 0.663244, 0.665315, 0.585578, 0.492097],
    "digits-gan": [0.0, 1e-06, 4.3e-05, 0.003318, 0.108682, 0.160808, 0.215499, 0.386403],
    "digits-diffusion": [0.088456, 0.621704, 0.855529, 0.933194, 0.942516, 0.971987, 1.0, 0.936119],
    "digits-reader": [
        17.69989, -6.609706, 1.956114, 3.009432, -5.783128,
        -6.697535, -3.086944, -5.33299, -2.411772, 0.296538,
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> DigitReader:
    return DigitReader.shipped()


@pytest.fixture(scope="module")
def diffusion() -> DigitDiffusion:
    return DigitDiffusion.load(MODELS_BY_SLUG["digits-diffusion"])


def scrambled(network):
    """A network of the same shape whose weights are random, of the same deviation."""
    torch.manual_seed(0)
    for tensor in network.parameters():
        tensor.copy_(torch.randn_like(tensor) * tensor.std(correction=0) + tensor.mean())
    return network


def looked(pixels: torch.Tensor) -> torch.Tensor:
    """Eight of the pixels of the first picture, from its middle."""
    return pixels[0, 0, 14, 10:18]


@pytest.mark.parametrize("slug", KINDS)
def test_a_fixed_point_gives_the_same_picture_everywhere(slug):
    network = KINDS[slug].load(MODELS_BY_SLUG[slug])
    with torch.inference_mode():
        pixels, _ = network.sample(2, seed=1)
    torch.testing.assert_close(looked(pixels), torch.tensor(GOLDEN[slug]), atol=1e-4, rtol=0)


def test_a_fixed_seed_gives_the_same_digit_by_diffusion_everywhere(diffusion):
    *_, last = diffusion.sample([3], num_inference_steps=4, guidance_scale=2.0, seed=1)
    torch.testing.assert_close(looked(last.noisy), torch.tensor(GOLDEN["digits-diffusion"]), atol=1e-4, rtol=0)


def test_a_fixed_digit_is_read_the_same_everywhere(reader):
    logits = reader(drawn_digits.as_pixels(digits.unseen().images[:1]))[0]
    torch.testing.assert_close(logits, torch.tensor(GOLDEN["digits-reader"]), atol=1e-3, rtol=0)


def test_the_reader_reads_unseen_digits_because_of_its_weights(reader):
    real = digits.unseen()

    def right(network: DigitReader) -> float:
        return float((network.probs(drawn_digits.as_pixels(real.images)).argmax(1).numpy() == real.labels).mean())

    assert right(reader) >= 0.95
    assert right(scrambled(DigitReader.shipped())) <= 0.4


@pytest.mark.parametrize(("slug", "least"), [("digits-vae", 0.16), ("digits-vae-map", 0.24)])
def test_a_vae_brings_unseen_digits_back_because_of_its_weights(slug, least):
    real = digits.unseen().images

    def error(network: VAE) -> float:
        return float(np.sqrt(np.mean((drawn_digits.rebuilt(network, real) / 255.0 - real / 255.0) ** 2)))

    network = VAE.load(MODELS_BY_SLUG[slug])
    assert error(network) < least
    assert error(scrambled(network)) > 0.28  # a black picture is 0.32 away


@pytest.mark.parametrize("slug", ["digits-vae", "digits-gan"])
def test_digits_of_many_kinds_are_drawn_because_of_the_weights(slug, reader):
    def kinds(network: VAE | GAN) -> int:
        drawn = drawn_digits.at_once(network, AtOnce(count=32), reader)
        return len(set(drawn.read[drawn.probs > 0.9].tolist()))

    network = KINDS[slug].load(MODELS_BY_SLUG[slug])
    assert kinds(network) >= 6
    assert kinds(scrambled(network)) <= 3


def test_diffusion_draws_what_is_asked_because_of_its_weights(diffusion, reader):
    asked = ByDiffusion(count=32)

    def right(network: DigitDiffusion) -> float:
        *_, last = drawn_digits.by_diffusion(network, asked, lambda: False)
        return float((drawn_digits.looked_at(last.noisy, reader).read == np.array(asked.labels)).mean())

    assert right(diffusion) >= 0.8
    ruined = DigitDiffusion.load(MODELS_BY_SLUG["digits-diffusion"])
    scrambled(ruined.unet)
    assert right(ruined) <= 0.4


def test_a_stopped_diffusion_ends_between_two_steps(diffusion):
    seen = []
    for step in diffusion.sample([1, 2], num_inference_steps=5, stopping=lambda: len(seen) >= 3):
        seen.append(step.number)
    assert seen == [0, 1, 2]


def test_a_picture_does_not_depend_on_what_is_drawn_beside_it(diffusion):
    alone, among = (list(diffusion.sample(labels, 3, seed=4))[-1].noisy for labels in ([5], [5, 6, 7]))
    torch.testing.assert_close(alone[0], among[0], atol=1e-4, rtol=0)


def test_without_guidance_the_name_does_not_matter_and_with_it_it_does(diffusion):
    one, other = (list(diffusion.sample([label], 3, guidance_scale=0.0))[-1].noisy for label in (1, 8))
    torch.testing.assert_close(one, other)
    named, nameless = (list(diffusion.sample([label], 3, guidance_scale=1.0))[-1].noisy for label in (1, None))
    assert (named - nameless).abs().max() > 0.1
    assert diffusion.unet.config.num_class_embeds == NONE + 1


def test_a_digit_of_each_kind_is_asked_in_turn_or_one_or_none():
    assert ByDiffusion(count=12).labels == (*range(10), 0, 1)
    assert (
        ByDiffusion(count=4, digit="7").labels == (7,) * 4 and ByDiffusion(count=4, digit="any").labels == (None,) * 4
    )


def test_a_walk_begins_and_ends_where_it_should_and_the_map_reads_right_and_up():
    network = VAE.load(MODELS_BY_SLUG["digits-vae-map"])
    ends = np.array([[-2.5, 2.5], [2.5, -2.5]], np.float32)
    first, last = torch.from_numpy(ends)
    way = drawn_digits.walk(network, ends[0], ends[1], 5)
    atlas = drawn_digits.atlas(network, 3)
    assert (way[0] == drawn_digits.at(network, (-2.5, 2.5))).all()
    assert np.abs(atlas[:28, :28].astype(int) - way[0]).max() <= 1  # top left
    assert np.abs(atlas[-28:, -28:].astype(int) - way[-1]).max() <= 1  # bottom right
    torch.testing.assert_close(
        network.interpolate(first, last, 5)[0, 0] * 255, torch.from_numpy(way[0]).float(), atol=0.6, rtol=0
    )


def test_the_bound_of_a_vae_is_lost_plus_cost():
    torch.manual_seed(0)
    network = VAE(side=28, channels=1, widths=(4, 8), hidden=16, latent_dim=3)
    pixels = torch.rand(5, 1, 28, 28)
    for tensor in network.parameters():
        tensor.data.zero_()
    # All zero: q is the prior, so nothing is paid, and every pixel costs log 2.
    assert float(network.loss(pixels).detach()) == pytest.approx(784 * np.log(2), rel=1e-5)
    assert float(network.loss(pixels, beta=7.0).detach()) == pytest.approx(784 * np.log(2), rel=1e-5)


def test_damaged_files_are_told_in_one_sentence(tmp_path):
    GAN(latent_dim=4, width=4).save_pretrained(tmp_path)
    assert GAN.read(tmp_path).settings == {"latent_dim": 4, "width": 4}
    (tmp_path / "config.json").write_text(json.dumps({"class": "GAN", "latent_dim": 5, "width": 4}))
    with pytest.raises(PlaygroundError, match="damaged"):
        GAN.read(tmp_path)


def test_the_reader_ships_with_its_facts():
    facts = shipped.facts("digits-reader")
    assert facts.figures[0].low > 0.95 and facts.figures[0].count >= 900
