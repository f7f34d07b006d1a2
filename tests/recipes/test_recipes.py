"""What the recipes do with raw data, and that a training run can be killed and goes on as if nothing had been."""

import csv
import io

import numpy as np
import pytest
import torch
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from PIL import Image, ImageDraw
from torch import nn

from core.data.samples import ASSETS
from recipes import definitions, denoising, emoji_scenes, mails, samples
from recipes.training import Trainee

MAIL = b"""From: someone@example.org
Subject: [list] Re: The new disk (again)
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

Somebody wrote:
> quoted words that are not the sender's
I put it on http://example.org/disk and call 0123-456789 tomorrow,
or write to me@example.org about the 30 disks that are left over.
"""


def test_a_mail_becomes_its_subject_and_its_own_words_with_nothing_private():
    text = mails.text_of(MAIL)
    assert text.startswith("Re: The new disk (again). Somebody wrote: I put it on [link] and call [number] tomorrow")
    assert "[address] about the 30 disks" in text and "quoted" not in text
    assert mails.subject_of(text) == "the new disk (again)"
    assert mails.text_of(b"Subject: short\n\nToo short.") == ""


def test_pages_in_mails_lose_their_marks_and_scripts():
    page = MAIL.replace(b"text/plain", b"text/html").replace(
        b"Somebody wrote:", b"<html><style>p {color: red}</style><p>Fish &amp; chips</p><script>alert(1)</script>"
    )
    assert "Fish & chips" in mails.text_of(page) and "alert" not in mails.text_of(page)


def test_a_line_of_wordnet_becomes_a_description_with_its_kind():
    line = "07697195 13 n 02 challah 0 hallah 0 001 @ 07695101 n 0000 | (Judaism) a loaf of white bread; often braided"
    assert definitions.parsed(line) == ("a loaf of white bread", "food", "challah")
    assert definitions.parsed(line.replace(" 13 n", " 03 n")) is None
    assert definitions.parsed("  1 This software and database is being provided to you | by Princeton") is None


@pytest.fixture
def disc(monkeypatch):
    """Every emoji is a red disc with a white heart."""
    picture = Image.new("RGB", (64, 64), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((8, 12, 55, 59), fill="red")
    draw.ellipse((26, 30, 36, 40), fill="white")
    sprite = emoji_scenes.cut_out(np.asarray(picture))
    monkeypatch.setattr(emoji_scenes, "sprites", lambda vendor: (sprite,) * len(emoji_scenes.CLASSES))
    return sprite


def test_white_around_an_emoji_goes_and_white_inside_stays(disc):
    assert disc.size == (48, 48)
    assert disc.getpixel((0, 0))[3] == 0 and disc.getpixel((23, 23)) == (255, 255, 255, 255)


def test_boxes_and_masks_of_a_scene_are_exact(disc):
    dice = np.random.default_rng(0)
    for _ in range(20):
        made = emoji_scenes.scene(dice, ("any",), 96, 1, (0.3, 0.6))
        (label,), ((left, top, right, bottom),) = made.labels, made.boxes
        rows, columns = np.nonzero(made.mask == 1 + label)
        assert (columns.min(), rows.min()) == (left, top) and (columns.max() + 1, rows.max() + 1) == (right, bottom)
        assert made.pixels.shape == (96, 96, 3) and 0.15 < (right - left) / 96 <= 0.61
    again = [emoji_scenes.scene(np.random.default_rng(7), ("any",), 96, 3, (0.3, 0.6)) for _ in range(2)]
    assert np.array_equal(again[0].pixels, again[1].pixels) and np.array_equal(again[0].boxes, again[1].boxes)


def test_no_emoji_hides_another(disc):
    for seed in range(10):
        made = emoji_scenes.scene(np.random.default_rng(seed), ("any",), 96, 5, (0.3, 0.6))
        assert set(np.unique(made.mask)) == {0, *(1 + made.labels)}


class Killed(Exception):
    """What a test throws into a run."""


def test_a_training_run_goes_on_as_if_it_had_not_been_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("recipes.training.SAVE_EVERY", 0.0)

    def trained(name: str, cut_at: int | None) -> Trainee:
        torch.manual_seed(3)
        trainee = Trainee(nn.Conv2d(2, 2, 1), tmp_path / name, 1e-2, ema=0.9)

        def loss(step: int) -> torch.Tensor:
            if step == cut_at:
                raise Killed
            return trainee.network(torch.randn(4, 2, 3, 3)).square().mean()

        trainee.train(loss, 12, 60)
        return trainee

    whole = trained("whole.pt", None)
    with pytest.raises(Killed):
        trained("cut.pt", 5)
    cut = trained("cut.pt", None)
    assert whole.step == cut.step == 12
    torch.testing.assert_close(whole.network.weight, cut.network.weight)
    torch.testing.assert_close(whole.average.weight, cut.average.weight)


def test_the_velocity_is_what_the_denoisers_learn_and_no_noise_level_outweighs_the_others():
    latents = torch.randn(6, 2, 4, 4, generator=torch.Generator().manual_seed(1))
    schedule = DDPMScheduler(**denoising.SCHEDULE)
    torch.manual_seed(3)
    noise = torch.randn_like(latents)
    when = torch.randint(0, 1000, (6,))
    signal = schedule.alphas_cumprod[when].view(-1, 1, 1, 1)
    velocity = signal.sqrt() * noise - (1 - signal).sqrt() * latents
    torch.manual_seed(3)
    assert float(denoising.loss_of(lambda noisy, at: velocity, schedule, latents)) < 1e-10
    snr = (signal / (1 - signal)).flatten()
    weight = snr.clamp(max=5) / (snr + 1)
    torch.manual_seed(3)
    told = denoising.loss_of(lambda noisy, at: torch.zeros_like(velocity), schedule, latents)
    torch.testing.assert_close(told, (weight * velocity.square().mean((1, 2, 3))).mean())


def test_the_emoji_to_sort_that_ship_are_the_chosen_ones():
    with samples.CHOSEN.open(encoding="utf-8", newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    with np.load(ASSETS / samples.EMOJI, allow_pickle=False) as held:
        assert rows == list(zip(*(held[key].tolist() for key in ("names", "classes", "concepts")), strict=True))


def test_a_sample_picture_is_made_small_in_its_shape():
    buffer = io.BytesIO()
    Image.new("L", (1000, 300)).save(buffer, "PNG")
    assert samples.small(buffer.getvalue()).size == (512, 154) and samples.small(buffer.getvalue()).mode == "RGB"
