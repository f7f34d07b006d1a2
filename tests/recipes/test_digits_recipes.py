"""Recipes of the digits: distances between sets, and a game of two networks that goes on after a stop."""

import numpy as np
import pytest
import torch

from core.models.gan import GAN, Critic
from recipes import digits_figures, digits_gan, digits_judge
from recipes.digits_diffusion import shifted


def test_the_frechet_distance_of_shifted_and_stretched_normals_is_known():
    rows = torch.from_numpy(np.random.default_rng(0).normal(size=(4000, 3))).float()
    assert digits_figures.frechet(rows, rows) == pytest.approx(0, abs=1e-6)
    assert digits_figures.frechet(rows, rows + 2) == pytest.approx(12, rel=1e-3)  # 3 · 2²
    stretched = rows.clone()
    stretched[:, 0] *= 3
    assert digits_figures.frechet(rows, stretched) == pytest.approx(4, rel=0.05)  # (3 - 1)²


def test_near_and_met_know_a_cluster_that_is_missing_and_a_point_that_is_far():
    real = torch.cat([torch.randn(50, 2), torch.randn(50, 2) + 100])
    drawn = torch.cat([real[:50] + 0.01, torch.full((50, 2), 50.0)])
    assert digits_figures.precise(real, drawn).mean() == 0.5
    assert digits_figures.covered(real, drawn).tolist() == [True] * 50 + [False] * 50


def test_bent_and_shifted_digits_are_other_pictures_of_as_much_ink():
    torch.manual_seed(0)
    pixels = torch.zeros(6, 1, 28, 28)
    pixels[:, :, 8:20, 12:16] = 1
    bent = digits_judge.bent(pixels)
    assert (bent - pixels).abs().flatten(1).amax(1).min() > 0.5
    assert torch.allclose(bent.sum((1, 2, 3)), pixels.sum((1, 2, 3)), rtol=0.4)
    moved = shifted(pixels, np.random.default_rng(0))
    assert torch.equal(moved.sum((1, 2, 3)), pixels.sum((1, 2, 3))) and not torch.equal(moved, pixels)


def test_a_game_goes_on_where_it_was_stopped(tmp_path):
    def duel(file) -> digits_gan.Duel:
        torch.manual_seed(0)
        return digits_gan.Duel(GAN(latent_dim=4, width=4), Critic(width=4), file)

    real = torch.rand(8, 1, 28, 28)
    whole, first = duel(tmp_path / "whole.pt"), duel(tmp_path / "parts.pt")
    whole.train(lambda _: whole.turn(real), steps=4, seconds=60)
    with pytest.raises(KeyError):
        first.train(lambda number: dict.fromkeys(range(2), first.turn)[number](real), steps=4, seconds=60)
    first.save()
    again = duel(tmp_path / "parts.pt")
    assert again.step == 2
    again.train(lambda _: again.turn(real), steps=4, seconds=60)
    for one, other in zip(whole.critic.parameters(), again.critic.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    for one, other in zip(whole.average.parameters(), again.average.parameters(), strict=True):
        torch.testing.assert_close(one, other)
