"""Controls, infidelity, agreement, randomisation and sensitivity, where the right answer is known."""

from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.attribution import METHODS_BY_NAME, explain
from core.attribution.base import Attribution, Method
from core.attribution.metrics import agreement, infidelity, randomisation, sensitivity, text_deletion
from core.attribution.metrics.base import Band, Curve
from core.attribution.metrics.controls import CONTROLS, cell_sums, controls_of, edges, other_phases
from core.attribution.metrics.deletion import Plan, trust_curves
from core.attribution.metrics.infidelity import Falls
from core.attribution.result import explained
from core.attribution.trust import figures
from tests.core.attribution import fakes

BRIGHT = torch.full((1, 3, fakes.SIDE, fakes.SIDE), 0.5)


@pytest.fixture(scope="module")
def noise() -> Tensor:
    return torch.randn(1, 3, fakes.SIDE, fakes.SIDE, generator=torch.Generator().manual_seed(3))


def blob(side: int = 14) -> np.ndarray:
    place = np.arange(side)
    return np.exp(-((place[:, None] - 4) ** 2 + (place[None] - 9) ** 2) / 6)


# Controls


def test_other_phases_keep_the_waves_and_lose_the_shape():
    made = other_phases(blob(), np.random.default_rng(0))
    assert np.allclose(np.abs(np.fft.fft2(made)), np.abs(np.fft.fft2(blob())))
    assert made.mean() == pytest.approx(blob().mean())
    assert abs(agreement.rank_correlation(made, blob())) < 0.9


def test_agreement_over_several_inputs_is_the_mean():
    rise, fall = np.arange(12.0), -np.arange(12.0)
    matrix = agreement.mean_agreement([[rise, rise], [rise, fall]])
    np.testing.assert_allclose(matrix, [[1, 0], [0, 1]], atol=1e-9)


def test_edges_lie_where_grey_changes():
    half = torch.zeros(1, 3, 32, 32)
    half[..., 16:] = 1.0
    found = edges(half, 1.0)
    assert found.shape == (32, 32) and set(found.argmax(1).tolist()) <= {15, 16}
    assert found[:, :8].max() < 1e-6


@pytest.mark.parametrize("name", CONTROLS)
def test_every_control_gives_as_many_grids_as_asked(name, noise):
    made = controls_of(name, blob(4), noise, 8, draws=3, seed=0)
    assert len(made) == 3 and all(grid.shape == (4, 4) for grid in made)
    assert not np.array_equal(made[0], made[1])
    again = controls_of(name, blob(4), noise, 8, draws=3, seed=0)
    assert all(np.array_equal(a, b) for a, b in zip(made, again, strict=True))


@pytest.mark.parametrize("name", CONTROLS)
def test_curves_stand_beside_the_control_asked_for(name):
    model = fakes.FakePictures(fakes.Linear())
    plan = Plan(cell=8, steps=4, baseline="black", draws=2, control=name)
    found = trust_curves(model, BRIGHT, np.random.default_rng(0).random((32, 32)), 0, plan)
    assert set(found["deletion"].controls) == {name, "scattered"}
    assert found["deletion"].controls[name].says == CONTROLS[name]


# Infidelity


def test_a_linear_models_own_map_foretells_everything(noise):
    linear = fakes.FakePictures(fakes.Linear())
    falls = infidelity.falls_of_picture(linear, noise, 1, baseline="grey", cell=8)
    true = explain(linear, METHODS_BY_NAME["Integrated gradients"], noise, 1, baseline="grey").maps[0].numpy()
    assert infidelity.infidelity(falls, true) < 1e-6
    assert infidelity.infidelity(falls, -true) == 1.0
    wrong = np.random.default_rng(0).standard_normal(true.shape)
    assert infidelity.infidelity(falls, wrong) > 0.5
    assert infidelity.infidelity(falls, 100 * wrong) == pytest.approx(infidelity.infidelity(falls, wrong))
    assert infidelity.infidelity(falls, np.zeros_like(true)) == 1.0


def test_the_baseline_of_the_falls_counts(noise):
    linear = fakes.FakePictures(fakes.Linear())
    of = [infidelity.falls_of_picture(linear, noise, 1, baseline=name, cell=8).logits for name in ("grey", "black")]
    assert not np.allclose(*of)


def test_words_that_add_up_are_foretold_by_their_own_logits():
    texts, encoding = fakes.FakeTexts(fakes.Bag().eval()), fakes.encoding()
    falls = infidelity.falls_of_text(texts, encoding, 0)
    words = max(w for w in encoding.word_ids if w is not None) + 1
    alone = infidelity.falls_without(texts, encoding, 0, np.eye(words, dtype=bool))
    assert infidelity.infidelity(falls, alone) == pytest.approx(0, abs=1e-6)
    assert infidelity.infidelity(falls, 7 * alone) == pytest.approx(0, abs=1e-6)
    ablated = explained(explain(texts, METHODS_BY_NAME["Token ablation"], encoding, 0), encoding)
    assert np.allclose(ablated.values, alone, atol=1e-6)
    assert agreement.leave_one_out_tau(ablated.values, alone) == pytest.approx(1)


def test_nothing_fell_and_nothing_was_foretold():
    assert infidelity.left_over(np.zeros(3), np.zeros(3)) == 0.0
    assert infidelity.left_over(np.zeros(3), np.ones(3)) == 1.0


# Agreement


def test_agreement_is_a_rank_correlation():
    one = np.random.default_rng(1).random((28, 28))
    matrix = agreement.agreement([one, np.exp(one), -one, np.ones_like(one)])
    assert matrix[0, 0] == 1.0 and np.allclose(matrix, matrix.T)
    assert matrix[0, 2] == pytest.approx(-1.0)
    assert matrix[0, 1] > 0.95 and matrix[0, 3] == 0.0
    words = np.array([3.0, 1.0, 2.0])
    assert agreement.agreement([words, 10 * words**3])[0, 1] == pytest.approx(1.0)


def test_tau_counts_swapped_pairs():
    assert agreement.leave_one_out_tau(np.array([1, 2, 3]), np.array([1, 3, 2])) == pytest.approx(1 / 3)
    assert agreement.leave_one_out_tau(np.array([1, 2, 3]), np.array([3, 2, 1])) == pytest.approx(-1)
    assert agreement.leave_one_out_tau(np.ones(3), np.array([3, 2, 1])) == 0.0


# Comprehensiveness and sufficiency


def test_comprehensiveness_and_sufficiency_are_means_over_steps():
    steps, none = np.array([0, 0.5, 1]), Band("", np.zeros((1, 3)), np.array([0, 0.5, 1]))
    deleted = Curve("deletion", steps, np.array([0.9, 0.3, 0.1]), {"shuffled": none})
    inserted = Curve("insertion", steps, np.array([0.1, 0.8, 0.9]), {"shuffled": none})
    assert text_deletion.comprehensiveness(deleted) == pytest.approx(0.9 - 0.2)
    assert text_deletion.sufficiency(inserted) == pytest.approx(0.9 - 0.45)


# Randomisation


class Renewable(fakes.FakePictures):
    """Pictures whose network can be exchanged."""

    def over(self, model: nn.Module) -> "Renewable":
        return Renewable(model)


class RenewableTexts(fakes.FakeTexts):
    """Texts whose network can be exchanged."""

    def over(self, model: nn.Module) -> "RenewableTexts":
        return RenewableTexts(model)


class Blind:
    """A "method" that shows the picture and never asks the network; it notes its settings."""

    seen: ClassVar[list[bool]] = []

    @staticmethod
    def attribute(classifier, pixels, target, *, more=True):
        Blind.seen.append(more)
        return Attribution(pixels.clone(), target)


def blind() -> Method:
    from core.params import Toggle

    return Method(
        "Blind", "image", "gradients", Blind.attribute, True, (Toggle("more", "More", True),), "", "Shows the picture."
    )


def test_a_map_that_ignores_the_network_is_flagged(noise):
    Blind.seen.clear()
    stages = list(randomisation.cascade(Renewable(fakes.Convolutional()), blind(), noise, 0, {}, stages=2, draws=2))
    assert [(s.share, s.draw) for s in stages] == [(0.5, 0), (1.0, 0), (0.5, 1), (1.0, 1)]
    assert all(s.similarity == 1.0 for s in stages) and randomisation.flagged(stages)
    assert Blind.seen == [False] * 5


def test_the_slope_of_a_linear_model_goes_with_its_weights(noise):
    model = Renewable(fakes.Linear())
    stages = list(randomisation.cascade(model, METHODS_BY_NAME["Saliency"], noise, 0, {}))
    assert len(stages) == randomisation.DRAWS and all(abs(s.similarity) < 0.4 for s in stages)
    assert not randomisation.flagged(stages)
    true = fakes.Linear().weight
    assert torch.equal(model.model.weight, true), "the shared network stays as it was"


def test_layers_are_shuffled_from_the_answer_down():
    network = fakes.Convolutional()
    layers = randomisation.layers_from_the_answer(network)
    assert layers[0] is network.head[1] and layers[-1] is network.features[0]
    before = network.head[1].weight.clone()
    randomisation.shuffle(network.head[1], torch.Generator().manual_seed(0))
    after = network.head[1].weight
    assert not torch.equal(after, before)
    assert torch.equal(after.flatten().sort()[0], before.flatten().sort()[0])


def test_only_the_first_stage_decides():
    stages = [randomisation.Stage(0.25, 0.1), randomisation.Stage(1.0, 0.99)]
    assert not randomisation.flagged(stages) and not randomisation.flagged([])
    assert randomisation.flagged([randomisation.Stage(0.25, 0.8, 0), randomisation.Stage(0.25, 0.7, 1)])


# Sensitivity


def test_a_linear_models_slope_never_trembles_and_its_product_by_the_radius(noise):
    linear = Renewable(fakes.Linear())
    assert max(sensitivity.max_sensitivity(linear, METHODS_BY_NAME["Saliency"], noise, 0, {})) == 0.0
    times = METHODS_BY_NAME["Input × gradient"]
    found = list(sensitivity.max_sensitivity(linear, times, noise, 0, {}, radius=0.02))
    assert len(found) == sensitivity.DRAWS and found == sorted(found) and 0 < found[-1] < 0.05
    wider = list(sensitivity.max_sensitivity(linear, times, noise, 0, {}, radius=0.2))
    assert wider[-1] == pytest.approx(10 * found[-1], rel=1e-3)


def test_words_tremble_through_their_vectors():
    texts, encoding = RenewableTexts(fakes.Bag().eval()), fakes.encoding()
    before = texts.embedding_layer.weight.clone()
    method = METHODS_BY_NAME["Token ablation"]
    small, large = (
        list(sensitivity.max_sensitivity(texts, method, encoding, 0, {}, radius=radius))[-1] for radius in (0.02, 0.2)
    )
    assert 0 < small < large
    assert torch.equal(texts.embedding_layer.weight, before)


# All figures together


def test_every_figure_has_a_value_per_method_and_a_caveat():
    texts, encoding = fakes.FakeTexts(fakes.Bag().eval()), fakes.encoding()
    found = [
        explained(explain(texts, METHODS_BY_NAME[name], encoding, 0), encoding)
        for name in ("Token ablation", "Layer integrated gradients")
    ]
    curves = [text_deletion.trust_text_curves(texts, encoding, list(one.values), 0) for one in found]
    falls = infidelity.falls_of_text(texts, encoding, 0)
    alone = infidelity.falls_without(texts, encoding, 0, np.eye(len(found[0].words), dtype=bool))
    made = figures([(found[0], curves[0]), (found[1], {})], "shuffled", falls, alone)
    titles = [figure.title for figure in made]
    assert titles[:5] == ["Deletion", "Insertion", "Comprehensiveness", "Sufficiency", "As leaving out one word"]
    assert titles[5:] == ["Infidelity", "Completeness gap", "Time", "Memory"]
    for figure in made:
        assert list(figure.values) == ["Token ablation", "Layer integrated gradients"]
        assert figure.caveat.count(".") == 1 and figure.caveat.endswith(".")
    by_title = {figure.title: figure for figure in made}
    assert by_title["Deletion"].values["Layer integrated gradients"] is None
    assert by_title["Deletion"].values["Token ablation"] == curves[0]["deletion"].auc
    assert by_title["As leaving out one word"].values["Token ablation"] == pytest.approx(1)
    assert by_title["Completeness gap"].values["Token ablation"] is None
    pictures = figures([], "shifted", Falls(np.zeros((1, 1), dtype=bool), np.zeros(1), 8))
    assert [figure.title for figure in pictures] == [
        "Deletion",
        "Insertion",
        "Infidelity",
        "Completeness gap",
        "Time",
        "Memory",
    ]


# A planted cue


class Small(nn.Module):
    """Enough of a network to find a small square."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 16, 3, padding=1), nn.ReLU()
        )
        self.head = nn.Linear(16, 2)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.head(self.features(pixels).amax((2, 3)))


def planted(count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Noise with an upright or a lying bar somewhere: pixels, class, and where the bar is."""
    generator = torch.Generator().manual_seed(seed)
    pixels = 0.3 * torch.randn(count, 3, 32, 32, generator=generator)
    classes = torch.randint(0, 2, (count,), generator=generator)
    masks = torch.zeros(count, 32, 32, dtype=torch.bool)
    for i in range(count):
        high, wide = (8, 3) if classes[i] else (3, 8)
        top, left = (int(torch.randint(0, 24, (1,), generator=generator)) for _ in range(2))
        masks[i, top : top + high, left : left + wide] = True
    return torch.where(masks[:, None], torch.full_like(pixels, 1.5), pixels), classes, masks


@pytest.fixture(scope="module")
def cue() -> fakes.FakePictures:
    torch.manual_seed(0)
    network = Small()
    pixels, classes, _ = planted(1000, 0)
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(25):
        for some in torch.randperm(len(pixels)).split(100):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(pixels[some]), classes[some]).backward()
            optimiser.step()
    others, right, _ = planted(200, 1)
    with torch.no_grad():
        assert float((network(others).argmax(1) == right).float().mean()) > 0.97
    return fakes.FakePictures(network.eval(), feature_layer=network.features[-1])


@pytest.mark.parametrize(
    ("name", "options"),
    [("Integrated gradients", {"baseline": "grey"}), ("Grad-CAM", {}), ("Occlusion", {"window": 8, "stride": 8})],
)
def test_on_a_planted_cue_the_map_beats_both_random_controls(cue, name, options):
    pixels, classes, masks = planted(8, 2)
    plan = Plan(cell=4, steps=16, baseline="grey", draws=4)
    areas: dict[str, list[float]] = {"map": [], "shifted": [], "scattered": []}
    inside = []
    for i in range(len(pixels)):
        one, target = pixels[i : i + 1], int(classes[i])
        one_map = explain(cue, METHODS_BY_NAME[name], one, target, **options).maps[0].numpy()
        curve = trust_curves(cue, one, one_map, target, plan)["deletion"]
        areas["map"].append(curve.auc)
        for control in ("shifted", "scattered"):
            areas[control].append(curve.controls[control].auc)
        strongest = np.argsort(-cell_sums(one_map, 4), axis=None)[:4]
        inside.append(cell_sums(masks[i].numpy().astype(float), 4).ravel()[strongest].any())
    assert np.mean(areas["map"]) < np.mean(areas["shifted"]) - 0.03
    assert np.mean(areas["map"]) < np.mean(areas["scattered"]) - 0.03
    assert np.mean(inside) >= 0.75
