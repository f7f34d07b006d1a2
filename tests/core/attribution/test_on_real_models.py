"""The methods on the starter weights: equal to direct calls of Captum, and right about a planted cue."""

import captum.attr
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps

from core.attribution import METHODS_BY_NAME, explain, methods_for
from core.attribution.guard import hook_count
from core.attribution.metrics import randomisation, sensitivity
from core.attribution.metrics.completeness import completeness
from core.attribution.metrics.deletion import Plan, scattered_bands, trust_curves
from core.attribution.metrics.text_deletion import trust_text_curves
from core.attribution.words import words
from core.data.samples import SAMPLES_BY_SLUG, load_image
from core.models import MODELS_BY_SLUG
from core.models.image_classifier import ImageClassifier
from core.models.mean_pooling import with_mean_pooling
from core.models.text_classifier import TextClassifier, zero_shot
from core.models.text_encoder import TextEncoder

SIDE = 112  # of the planted photograph; the picture has 224
CUE = (slice(96, 96 + SIDE), slice(96, 96 + SIDE))  # its rows and columns


@pytest.fixture(scope="module")
def classifier() -> ImageClassifier:
    return ImageClassifier.load(MODELS_BY_SLUG["efficientnet-lite0"])


@pytest.fixture(scope="module")
def cat(classifier):
    image = load_image(SAMPLES_BY_SLUG["cat"])
    return classifier.pixels(image), classifier.predict(image).targets[0]


@pytest.fixture(scope="module")
def sorter() -> TextClassifier:
    encoder = TextEncoder.load(MODELS_BY_SLUG["all-minilm-l6-v2"])
    return zero_shot(encoder, ["complaint", "praise", "news", "advertising"])


@pytest.fixture(scope="module")
def planted(classifier):
    """A photographer in one corner of a grey picture, and the class of his tripod."""
    picture = Image.new("RGB", (classifier.image_size,) * 2, (128, 128, 128))
    picture.paste(ImageOps.fit(load_image(SAMPLES_BY_SLUG["photographer"]), (SIDE, SIDE)), (96, 96))
    answer = classifier.predict(picture)
    assert answer.labels[0] == "tripod"
    return classifier.pixels(picture), answer.targets[0]


@pytest.fixture(scope="module")
def tuned(sorter) -> TextClassifier:
    """A classifier of the shape that fine-tuning writes, its head untrained."""
    torch.manual_seed(0)
    model = with_mean_pooling(sorter.model.encoder, ["good", "bad"])
    return TextClassifier(sorter.card, model, sorter.tokenizer, ("good", "bad"))


def close(ours: torch.Tensor, reference: torch.Tensor) -> bool:
    return bool((ours - reference.detach()).abs().max() <= 1e-3 * reference.detach().abs().max())


@pytest.mark.parametrize("method", methods_for("image"), ids=lambda m: m.slug)
def test_every_picture_method_serves_the_starter_or_says_why(classifier, cat, method):
    pixels, target = cat
    if reason := method.fits(classifier):
        assert method.family == "attention" or method.name == "Token CAM", reason
        return
    values = explain(classifier, method, pixels, target, **method.preview).values
    assert values.shape == pixels.shape and torch.isfinite(values).all() and values.abs().sum() > 0
    assert hook_count(classifier.model) == hook_count(classifier.gradient_model) == 0
    assert not any(p.requires_grad for p in classifier.model.parameters())


@pytest.mark.parametrize("method", methods_for("text"), ids=lambda m: m.slug)
@pytest.mark.parametrize("which", ["sorter", "tuned"])
def test_every_text_method_serves_the_starter_as_it_is_and_tuned(request, which, method):
    texts = request.getfixturevalue(which)
    encoding = texts.encode(SAMPLES_BY_SLUG["refund"].text)
    values = explain(texts, method, encoding, 1, **method.preview).values
    assert values.shape == encoding.input_ids.shape and torch.isfinite(values).all() and values.abs().sum() > 0
    assert values[0, 0] == values[0, -1] == 0  # the model's own marks
    assert hook_count(texts.model) == 0


def test_deep_lift_adds_up_on_the_starter_where_captums_does_not(classifier, cat):
    """ReLU6 is unknown to Captum; told of it, Captum agrees."""
    pixels, target = cat
    made = explain(classifier, METHODS_BY_NAME["DeepLift"], pixels, target, baseline="grey")
    gap = completeness(made)
    assert gap is not None and gap.share < 1e-4
    table = captum.attr._core.deep_lift.SUPPORTED_NON_LINEAR

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = classifier.model

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return self.model(pixel_values=batch).logits

    table[torch.nn.ReLU6] = captum.attr._core.deep_lift.nonlinear
    try:
        with pytest.warns(UserWarning, match="hooks"):
            reference = captum.attr.DeepLift(Network()).attribute(pixels.clone().requires_grad_(), target=target)
    finally:
        del table[torch.nn.ReLU6]
    assert close(made.values, reference)


@pytest.mark.parametrize("baseline", ["black", "blur"])
def test_the_gap_of_the_starter_closes_by_itself(classifier, cat, baseline):
    pixels, target = cat
    method = METHODS_BY_NAME["Integrated gradients"]
    once = completeness(explain(classifier, method, pixels, target, baseline=baseline, more=False))
    made = explain(classifier, method, pixels, target, baseline=baseline)
    gap = completeness(made)
    assert once is not None and not once.good
    assert gap is not None and gap.good and not made.notes


def test_integrated_gradients_equal_captum(classifier, cat):
    pixels, target = cat
    ours = explain(
        classifier, METHODS_BY_NAME["Integrated gradients"], pixels, target, n_steps=10, more=False, baseline="grey"
    )
    method = captum.attr.IntegratedGradients(classifier.forward)
    asking = pixels.clone().requires_grad_()
    reference, delta = method.attribute(asking, target=target, n_steps=10, return_convergence_delta=True)
    assert close(ours.values, reference)
    assert ours.delta is not None and float(ours.delta) == pytest.approx(float(delta), abs=1e-2)


def test_grad_cam_and_saliency_equal_captum(classifier, cat):
    pixels, target = cat
    asking = pixels.clone().requires_grad_()
    cam = captum.attr.LayerGradCam(classifier.forward, classifier.feature_layer)
    coarse = cam.attribute(asking, target=target, relu_attributions=True)
    reference = F.interpolate(coarse, size=pixels.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
    assert close(explain(classifier, METHODS_BY_NAME["Grad-CAM"], pixels, target).maps, reference)
    reference = captum.attr.Saliency(classifier.forward).attribute(asking, target=target)
    assert close(explain(classifier, METHODS_BY_NAME["Saliency"], pixels, target).values, reference)
    assert hook_count(classifier.model) == 0 and not any(p.requires_grad for p in classifier.model.parameters())


def test_occlusion_equals_captum(classifier, cat):
    pixels, target = cat
    ours = explain(classifier, METHODS_BY_NAME["Occlusion"], pixels, target, window=96, stride=64, baseline="grey")
    with torch.no_grad():
        reference = captum.attr.Occlusion(classifier.forward).attribute(
            pixels, (3, 96, 96), strides=(3, 64, 64), target=target
        )
    assert close(ours.maps, reference[:, 0])


def test_enough_steps_close_the_gap_of_a_text(sorter):
    encoding = sorter.encode(SAMPLES_BY_SLUG["meeting"].text)
    made = explain(sorter, METHODS_BY_NAME["Layer integrated gradients"], encoding, 0)
    gap = completeness(made)
    assert gap is not None and gap.good


CAREFUL = ["Layer integrated gradients", "Token ablation", "Word LIME", "Word KernelSHAP", "Word Shapley sampling"]


@pytest.mark.parametrize("name", CAREFUL)
def test_hiding_the_words_that_matter_beats_random_orders(sorter, name):
    encoding = sorter.encode(SAMPLES_BY_SLUG["refund"].text)
    made = explain(sorter, METHODS_BY_NAME[name], encoding, 0)
    found = words(encoding, made.values)
    curves = trust_text_curves(sorter, encoding, [w.value for w in found], 0, steps=8, draws=4)
    assert curves["deletion"].beats("shuffled") and curves["insertion"].beats("shuffled")
    assert "refund" in [w.text for w in sorted(found, key=lambda w: -w.value)[:3]]


@pytest.mark.parametrize("name", ["Grad-CAM", "Occlusion", "Integrated gradients"])
def test_a_planted_cue_is_found_and_the_map_beats_its_controls(classifier, planted, name):
    pixels, target = planted
    method = METHODS_BY_NAME[name]
    made = explain(
        classifier, method, pixels, target, **({"n_steps": 20, "more": False} if name.startswith("Int") else {})
    )
    one_map = made.maps[0].numpy()
    strong = np.clip(one_map, 0, None)
    assert strong[CUE].sum() / strong.sum() > 2 * (SIDE / 224) ** 2  # it fills a quarter of the picture
    plan = Plan(cell=32, steps=7, baseline="grey")
    curves = trust_curves(classifier, pixels, one_map, target, plan, scattered_bands(classifier, pixels, target, plan))
    deletion, insertion = curves["deletion"], curves["insertion"]
    for control in ("shifted", "scattered"):
        theirs = insertion.controls[control].auc - deletion.controls[control].auc
        assert insertion.auc - deletion.auc > theirs


@pytest.mark.parametrize(
    ("name", "is_flagged"), [("Guided backprop", True), ("Deconvolution", True), ("Grad-CAM", False)]
)
def test_the_broken_network_flags_guided_backprop_and_passes_grad_cam(classifier, cat, name, is_flagged):
    pixels, target = cat
    stages = list(randomisation.cascade(classifier, METHODS_BY_NAME[name], pixels, target, {}, stages=4))
    assert randomisation.flagged(stages) is is_flagged, randomisation.similarity_by_share(stages)
    assert classifier.predict(load_image(SAMPLES_BY_SLUG["cat"])).targets[0] == target


def test_a_broken_reader_gives_other_reasons(sorter):
    encoding = sorter.encode("The parcel came late and the box was torn; nobody answered my letters.")
    before = sorter.predict(["late"])
    method = METHODS_BY_NAME["Token ablation"]
    stages = list(randomisation.cascade(sorter, method, encoding, 0, {}, stages=2, draws=1))
    assert [stage.share for stage in stages] == [0.5, 1.0] and abs(stages[-1].similarity) < 0.7
    assert 0 < next(iter(sensitivity.max_sensitivity(sorter, method, encoding, 0, {}, draws=1))) < 1
    assert torch.equal(sorter.predict(["late"]), before)
