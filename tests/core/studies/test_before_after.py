"""Before and after, on classifiers whose reasons are known."""

import numpy as np
import pytest
import torch

from core.attribution import METHODS_BY_NAME
from core.errors import PlaygroundError
from core.plots import difference
from core.studies.before_after import Rectangle, compare, map_agreement, ranks, share_inside
from tests.core.studies.conftest import SIDE, Bags, Planes, noise

IG, SALIENCY = METHODS_BY_NAME["Integrated gradients"], METHODS_BY_NAME["Saliency"]
ABLATION = METHODS_BY_NAME["Token ablation"]


def test_the_difference_of_two_planes_is_the_difference_of_their_weights_times_the_input():
    before, after, picture = Planes(0), Planes(1), noise(3)
    found = compare(before, after, picture, IG, 1, n_steps=5, baseline="grey")
    pixels = before.pixels(picture)
    expected = ((after.model.weight[1] - before.model.weight[1]) * pixels[0]).sum(0)
    assert found.unit == "logits"
    np.testing.assert_allclose(found.difference, expected.detach().numpy(), atol=1e-5)
    for side, classifier in ((found.before, before), (found.after, after)):
        probs = classifier.logits(pixels).softmax(1)[0]
        assert side.probs == pytest.approx(probs.tolist()) and side.given == (int(probs.argmax()),)
    assert found.flipped == (found.before.given != found.after.given)


def test_the_same_model_twice_changes_nothing():
    found = compare(Planes(0), Planes(0), noise(1), IG, 0, n_steps=5)
    assert not found.flipped and found.agreement == pytest.approx(1)
    assert np.abs(found.difference).max() < 1e-6 and "stayed" in found.says


def test_methods_without_a_sum_are_compared_as_shares():
    found = compare(Planes(0), Planes(1), noise(2), SALIENCY, 0)
    assert found.unit == "share"
    for side in (found.before, found.after):
        assert np.abs(side.values).sum() == pytest.approx(1, rel=1e-5)
    assert found.difference.sum() == pytest.approx(0, abs=1e-5)


def test_the_share_inside_a_region():
    values = np.zeros((10, 10))
    values[:5, :5], values[5:, 5:], values[0, 9] = 3.0, 1.0, -50.0
    assert share_inside(values, Rectangle(0, 0, 5, 5)) == pytest.approx(0.75)
    assert share_inside(values, Rectangle(-3, -3, 99, 99)) == pytest.approx(1)
    assert share_inside(-np.abs(values), Rectangle(0, 0, 5, 5)) is None
    assert share_inside(np.array([1.0, -2.0, 3.0]), [2]) == pytest.approx(0.75)
    for region in (Rectangle(20, 20, 30, 30), Rectangle(5, 5, 5, 5)):
        with pytest.raises(PlaygroundError, match="marked region"):
            share_inside(values, region)
    for region in ([], [3], [-1]):
        with pytest.raises(PlaygroundError, match="3 words"):
            share_inside(np.array([1.0, -2.0, 3.0]), region)


def test_texts_word_by_word():
    before, after, text = Bags(0), Bags(1), "the film was really lovely"
    found = compare(before, after, text, ABLATION, 1)
    ids = before.encode(text).input_ids[0, 1:-1]
    expected = (after.embedding_layer.weight - before.embedding_layer.weight)[ids, 1].detach().numpy()
    gained = found.after.explained.values - found.before.explained.values
    np.testing.assert_allclose(gained, expected, atol=1e-5)
    assert found.words == tuple(text.split()) and found.unit == "share"
    first, then = found.inside([0, 1])
    assert first is None or 0 <= first <= 1
    assert then is None or 0 <= then <= 1
    strongest = found.words[int(found.difference.argmax())]
    assert f"gained by “{strongest}”" in found.says


def test_agreement_is_the_rank_correlation():
    one = np.arange(16.0).reshape(4, 4)
    assert map_agreement(one, np.exp(one), grid=4) == pytest.approx(1)
    assert map_agreement(one, -one, grid=4) == pytest.approx(-1)
    assert map_agreement(one, np.ones((4, 4)), grid=4) is None
    assert map_agreement(np.array([1.0, 2.0]), np.array([2.0, 1.0])) is None
    assert ranks(np.array([5.0, 1.0, 5.0, 9.0])).tolist() == [2.5, 1, 2.5, 4]


def test_what_cannot_be_compared_says_so():
    with pytest.raises(PlaygroundError, match="different classes"):
        compare(Planes(0), Planes(1, labels=("blue", "green")), noise(0), IG, 0)


def test_three_pictures_share_one_scale():
    found = compare(Planes(0), Planes(1), noise(2), IG, 0, n_steps=5)
    drawn = difference.overlays(noise(2), found)
    assert len({one.scale for one in drawn}) == 1 and all(one.image.size == (SIDE, SIDE) for one in drawn)


def test_the_words_figure_shows_the_most_changed_words():
    found = compare(Bags(0), Bags(1), "the film was really lovely <b>bold</b>", ABLATION, 1)
    figure = difference.words(found, most=3)
    names = figure.layout.yaxis.ticktext  # pyright: ignore
    assert len(names) == 3 and not any("<b>" in name for name in names)
    dots = [trace for trace in figure.data if trace.mode == "markers"]  # pyright: ignore
    shown = np.array(dots[1].x) - np.array(dots[0].x)  # pyright: ignore
    assert np.abs(shown).min() == pytest.approx(np.sort(np.abs(found.difference))[-3])


def test_a_stop_reaches_the_method():
    with pytest.raises(PlaygroundError, match="Stopped"):
        compare(Planes(0), Planes(1), noise(2), IG, 0, stopping=lambda: True)
    assert torch.is_grad_enabled()
