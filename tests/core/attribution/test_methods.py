"""Each method against its closed form and against a direct call of Captum with its own defaults."""

import captum.attr
import pytest
import torch
import torch.nn.functional as F

from core.attribution import METHODS_BY_NAME, explain
from core.attribution.baselines import baseline_of, blurred
from core.attribution.occlusion import windows
from core.attribution.words import word_groups
from tests.core.attribution import fakes

IG, CAM = METHODS_BY_NAME["Integrated gradients"], METHODS_BY_NAME["Grad-CAM"]
OCCLUSION, SALIENCY = METHODS_BY_NAME["Occlusion"], METHODS_BY_NAME["Saliency"]
LAYER_IG, ABLATION = METHODS_BY_NAME["Layer integrated gradients"], METHODS_BY_NAME["Token ablation"]


@pytest.fixture
def classifier():
    made = fakes.convolutional()
    made.model.eval()
    return made


@pytest.mark.parametrize("baseline", ["black", "grey", "white", "blur", "noise"])
def test_integrated_gradients_of_a_linear_model_are_weight_times_distance(baseline):
    linear, pixels = fakes.linear(), fakes.pixels(count=2)
    made = explain(linear, IG, pixels, 1, baseline=baseline, n_steps=5)
    start = baseline_of(pixels, baseline, linear.mean, linear.std)
    assert torch.allclose(made.values, linear.model.weight[1] * (pixels - start), atol=1e-5)
    assert made.delta is not None and made.delta.abs().max() < 1e-4


def test_integrated_gradients_equal_captums_default_call(classifier):
    pixels = fakes.pixels()
    ours = explain(classifier, IG, pixels, 2, n_steps=50, baseline="grey")
    reference = captum.attr.IntegratedGradients(classifier.forward).attribute(pixels.requires_grad_(), target=2)
    assert torch.allclose(ours.values, reference, atol=1e-3 * reference.detach().abs().max().item())


def test_saliency_of_a_linear_model_is_the_absolute_weight():
    linear = fakes.linear()
    made = explain(linear, SALIENCY, fakes.pixels(), 2)
    assert torch.allclose(made.values[0], linear.model.weight[2].abs())


def test_saliency_equals_captum(classifier):
    pixels = fakes.pixels()
    ours = explain(classifier, SALIENCY, pixels, 0).values
    reference = captum.attr.Saliency(classifier.forward).attribute(pixels.requires_grad_(), target=0)
    assert torch.allclose(ours, reference, atol=1e-6)


def test_grad_cam_equals_captum_enlarged(classifier):
    pixels = fakes.pixels()
    cam = captum.attr.LayerGradCam(classifier.forward, classifier.feature_layer)
    coarse = cam.attribute(pixels, target=1, relu_attributions=True)
    reference = F.interpolate(coarse, size=(fakes.SIDE, fakes.SIDE), mode="bilinear", align_corners=False)
    assert torch.allclose(explain(classifier, CAM, pixels, 1).maps, reference[:, 0], atol=1e-6)


@pytest.mark.parametrize(("window", "stride"), [(8, 8), (16, 8), (24, 16), (8, 32)])
def test_occlusion_equals_captum(classifier, window, stride):
    pixels = fakes.pixels(count=2)
    ours = explain(classifier, OCCLUSION, pixels, 1, window=window, stride=stride, baseline="black").maps
    stride = min(stride, window)
    reference = captum.attr.Occlusion(classifier.forward).attribute(
        pixels, (3, window, window), strides=(3, stride, stride), baselines=-1.0, target=1
    )
    assert torch.allclose(ours, reference[:, 0], atol=1e-5)


def test_occlusion_of_a_linear_model_sums_to_the_distance_when_windows_do_not_overlap():
    linear, pixels = fakes.linear(), fakes.pixels()
    made = explain(linear, OCCLUSION, pixels, 0, window=8, stride=8, baseline="grey")
    per_window = made.maps[0, ::8, ::8].sum()
    assert float(per_window) == pytest.approx(float(linear.forward(pixels)[0, 0].detach()), abs=1e-4)


def test_windows_cover_every_pixel():
    for side, window, stride in [(32, 8, 8), (33, 8, 5), (10, 96, 24), (260, 48, 24)]:
        seen = torch.zeros(side, side)
        for rows, columns in windows(side, side, window, stride):
            assert rows.start < rows.stop and columns.start < columns.stop
            seen[rows, columns] += 1
        assert seen.min() > 0


def test_layer_integrated_gradients_of_a_bag_of_words_are_each_words_own_logit():
    texts, encoding = fakes.bag(), fakes.encoding()
    made = explain(texts, LAYER_IG, encoding, 1, n_steps=5)
    own = texts.model.embedding.weight[encoding.input_ids] @ texts.model.head.weight[1]  # (1, T)
    own[0, [0, -1]] = 0.0  # the model's own marks are in the baseline too
    assert torch.allclose(made.values, own, atol=1e-5)
    assert made.delta is not None and made.delta.abs().max() < 1e-4


def test_layer_integrated_gradients_equal_captum():
    texts, encoding = fakes.bag(), fakes.encoding()
    texts.model.eval()
    ours = explain(texts, LAYER_IG, encoding, 0)
    reference = captum.attr.LayerIntegratedGradients(texts.forward, texts.embedding_layer).attribute(
        encoding.input_ids, baselines=ours.baseline, additional_forward_args=(encoding.attention_mask,), target=0
    )
    assert torch.allclose(ours.values, reference.sum(-1), atol=1e-5)


@pytest.mark.parametrize("hide", ["mask", "pad"])
@pytest.mark.parametrize("unit", ["word", "token"])
def test_token_ablation_of_a_bag_of_words(unit, hide):
    texts, encoding = fakes.bag(), fakes.encoding()
    made = explain(texts, ABLATION, encoding, 2, unit=unit, hide=hide)
    own = (texts.model.embedding.weight[encoding.input_ids] @ texts.model.head.weight[2])[0]
    if unit == "word":  # a word's pieces share its fall
        for group in word_groups(encoding.word_ids):
            own[group] = own[group].mean()
    own[[0, -1]] = 0.0
    assert torch.allclose(made.values[0], own, atol=1e-5)


def test_token_ablation_of_an_empty_text_is_zero():
    ids = torch.tensor([[5, 6]])
    empty = fakes.FakeEncoding(ids, torch.ones_like(ids), tokens=("[CLS]", "[SEP]"), word_ids=(None, None))
    assert explain(fakes.bag(), ABLATION, empty, 0).values.abs().sum() == 0


def test_blur_keeps_a_flat_picture_and_flattens_noise():
    flat = torch.full((1, 3, 20, 20), 0.3)
    assert torch.allclose(blurred(flat, 2.0), flat, atol=1e-6)
    noise = fakes.pixels()
    assert blurred(noise, 2.0).std() < 0.3 * noise.std()


def test_baselines_are_colours_as_the_model_sees_them():
    pixels = fakes.pixels()
    mean, std = (0.5, 0.4, 0.3), (0.5, 0.25, 0.2)
    assert baseline_of(pixels, "black", mean, std)[0, :, 0, 0].tolist() == pytest.approx([-1.0, -1.6, -1.5])
    assert baseline_of(pixels, "white", mean, std)[0, :, 0, 0].tolist() == pytest.approx([1.0, 2.4, 3.5])
    assert baseline_of(pixels, "grey", mean, std).abs().sum() == 0
    assert torch.equal(baseline_of(pixels, "noise", mean, std, 3), baseline_of(pixels, "noise", mean, std, 3))
