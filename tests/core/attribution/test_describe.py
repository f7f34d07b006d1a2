"""The sentences beside a map say what the numbers say."""

import numpy as np
import pytest

from core.attribution import METHODS_BY_NAME
from core.attribution.describe import describe_picture, describe_trust, describe_words
from core.attribution.metrics.base import Band, Curve
from core.attribution.regions import place, ranked_regions, region_sums
from core.attribution.words import Word

IG, CAM = METHODS_BY_NAME["Integrated gradients"], METHODS_BY_NAME["Grad-CAM"]


def one_map(**cells: float) -> np.ndarray:
    made = np.zeros((224, 224))
    for name, value in cells.items():
        row, column = int(name[1]), int(name[3])
        made[32 * row + 3, 32 * column + 3] = value
    return made


def test_regions_keep_the_sum_and_are_ranked():
    noise = np.random.default_rng(0).normal(size=(240, 225))
    assert region_sums(noise).sum() == pytest.approx(noise.sum())
    ranked = ranked_regions(one_map(r0c0=3.0, r6c6=1.0, r3c3=-2.0))
    assert (ranked[0].row, ranked[0].column, ranked[0].place, ranked[0].share) == (1, 1, "upper left", 0.75)
    assert (ranked[-1].place, ranked[-1].value, ranked[-1].share) == ("centre", -2.0, 1.0)
    assert len(ranked) == 49


@pytest.mark.parametrize(
    ("cell", "words"), [((0, 6), "upper right"), ((3, 3), "centre"), ((3, 0), "left"), ((6, 3), "lower centre")]
)
def test_places_have_names(cell, words):
    assert place(*cell) == words


def test_a_picture_in_words():
    says = describe_picture(IG, one_map(r0c0=3.0, r6c6=1.0, r3c3=-2.0), "cat")
    assert "most evidence for “cat” at the upper left" in says and "hold 100% of it" in says
    assert says.endswith("Most against it lies in the centre.")
    assert "against" not in describe_picture(CAM, one_map(r3c3=1.0), "cat")
    assert "nothing that matters" in describe_picture(IG, one_map(), "cat")
    assert "no evidence for" in describe_picture(IG, one_map(r0c0=-1.0), "cat")


def test_a_text_in_words():
    method = METHODS_BY_NAME["Token ablation"]
    says = describe_words(method, [Word("dull", -1.0, 1), Word("great", 2.0, 1), Word("the", 0.0, 1)], "good")
    assert says == "Token ablation: most for “good” are “great” (+2.00); most against are “dull” (-1.00)."
    assert "nothing that matters" in describe_words(method, [], "good")


def test_trust_in_words():
    fractions = np.array([0.0, 0.5, 1.0])
    controls = {"shifted": Band("moved maps", np.array([[1, 0.6, 0], [1, 0.4, 0]]), fractions)}
    says = describe_trust(Curve("deletion", fractions, np.array([1, 0.1, 0]), controls), "shifted")
    assert says == "Deletion area 0.30, better than all moved maps (0.45 to 0.55)."
    assert "worse than all" in describe_trust(Curve("deletion", fractions, np.array([1, 0.9, 0]), controls), "shifted")
