"""The model before fine-tuning over the classes of after."""

import pytest
import torch

from core.errors import NotFound
from core.finetuning.controls import nearest_centre
from core.studies.before_after import compare
from core.studies.untuned import base_of, fitted, nearest_centres, nearest_sets, parts_of, untuned
from tests.core.studies.conftest import texts


def clouds(classes: int = 3, each: int = 20, width: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    targets = torch.arange(classes).repeat(each)
    centres = 2 * torch.randn(classes, width, generator=generator)
    return centres[targets] + torch.randn(len(targets), width, generator=generator), targets


def test_the_linear_layer_picks_the_nearest_centre():
    features, targets = clouds()
    weight, bias = nearest_centres(features, torch.nn.functional.one_hot(targets).float())
    others = torch.randn(50, 8, generator=torch.Generator().manual_seed(1))
    reference = nearest_centre(features, targets, others, 3)
    logits = others @ weight.T + bias
    assert logits.argmax(1).tolist() == reference.argmax(1).tolist()
    torch.testing.assert_close(logits.softmax(1), reference.softmax(1), atol=1e-4, rtol=1e-3)


def test_several_classes_are_judged_one_by_one():
    features, targets = clouds()
    matrix = torch.nn.functional.one_hot(targets).float()
    matrix[targets == 2, 0] = 1  # the third cloud has the first class too
    weight, bias = nearest_sets(features, matrix)
    given = (features @ weight.T + bias) > 0
    assert (given == (matrix > 0)).float().mean() > 0.85


def test_the_sharpness_fits_the_probabilities():
    logits = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    right = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    assert fitted(logits, right, several=False) > 10
    wrong = right.clone()
    wrong[0] = torch.tensor([0.0, 1.0])
    # Three of four right: log(3) is the best factor.
    assert fitted(logits, wrong, several=False) == pytest.approx(torch.tensor(3.0).log().item(), rel=0.2)


def test_a_text_model_before_and_after(tuned):
    data = texts(60)
    card, report, _ = tuned(data, "all-minilm-l6-v2")
    from core.attribution import METHODS_BY_NAME
    from core.models.text_classifier import TextClassifier

    before, after = untuned(base_of(report), data, report), TextClassifier.load(card)
    assert tuple(before.labels) == report.labels == tuple(after.labels)
    assert set(parts_of(data, report).held_out) == {answer.index for answer in report.answers}
    answer = report.answers[0]
    found = compare(before, after, data.examples[answer.index], METHODS_BY_NAME["Token ablation"], answer.target)
    assert found.after.probs[answer.predicted] == pytest.approx(answer.prob, abs=1e-3)
    with pytest.raises(NotFound, match="no before"):
        from dataclasses import replace

        base_of(replace(report, base="own-1234"))


@pytest.mark.slow
def test_a_picture_model_before_and_after(tuned):
    from dataclasses import replace

    from core.attribution import METHODS_BY_NAME
    from core.data.samples import SAMPLE_SETS_BY_SLUG
    from core.models.image_classifier import ImageClassifier

    whole = SAMPLE_SETS_BY_SLUG["emoji-animals-food"].load()
    rows = [r for k in range(len(whole.labels)) for r in [i for i, t in enumerate(whole.targets) if t == k][:30]]
    fields = ("examples", "targets", "names", "concepts")
    data = replace(whole, **{name: tuple(getattr(whole, name)[row] for row in rows) for name in fields})
    card, report, _ = tuned(data, "efficientnet-lite0")
    before, after = untuned(base_of(report), data, report), ImageClassifier.load(card)
    rows = parts_of(data, report).held_out
    right = [int(before.predict(data.image(row)).targets[0]) == data.targets[row] for row in rows]
    assert sum(right) / len(right) > 1.5 / len(data.labels)  # untouched features already tell animals from food
    picture, target = data.image(rows[0]), data.targets[rows[0]]
    found = compare(
        before, after, picture, METHODS_BY_NAME["Integrated gradients"], target, n_steps=5, more=False, baseline="grey"
    )
    for side, classifier in ((found.before, before), (found.after, after)):
        pixels = classifier.pixels(picture)
        moved = classifier.logits(pixels)[0, target] - classifier.logits(torch.zeros_like(pixels))[0, target]
        assert side.explained.gap is not None
        assert side.explained.gap.moved == pytest.approx(float(moved), abs=0.02)  # the same network from end to end
    assert found.unit == "logits" and found.difference.shape == (224, 224)
