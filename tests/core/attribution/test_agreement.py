"""Every method against what it must give on a straight line, and against a direct call of Captum."""

import captum.attr
import pytest
import torch
import torch.nn.functional as F
from captum._utils.models.linear_model import SkLearnLinearRegression
from torch import nn

from core.attribution import METHODS_BY_NAME, explain
from core.attribution.attention_rollout import rollout
from core.attribution.baselines import NAMES, baseline_of
from core.attribution.coalitions import grid, seeded, superpixels
from core.attribution.deep_lift import deep_lift
from core.attribution.kernel_shap import coalitions
from core.attribution.lime import fit
from core.attribution.lrp import lrp
from core.attribution.smooth_grad import smooth_grad, var_grad
from core.attribution.transformer import attentions
from core.attribution.words import words
from tests.core.attribution import fakes

SQUARES = {"regions": "grid", "count": 16, "baseline": "grey"}


class Plain(nn.Module):
    """Convolutions, ReLUs and a maximum: what Captum has rules for. With ReLU6 and batch norm instead if asked."""

    def __init__(self, bent: type[nn.Module] = nn.ReLU, bias: bool = True) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.body = nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=2, padding=1, bias=bias),
            bent(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 8, 3, padding=1, bias=bias),
            bent(),
            nn.AdaptiveAvgPool2d(2),
        )
        self.head = nn.Linear(32, 3, bias=bias)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(pixels).flatten(1))


def plain(bent: type[nn.Module] = nn.ReLU, bias: bool = True) -> fakes.FakePictures:
    model = Plain(bent, bias).eval()
    return fakes.FakePictures(model, feature_layer=model.body[4])


def close(ours: torch.Tensor, reference: torch.Tensor, share: float = 1e-3) -> bool:
    return bool((ours - reference.detach()).abs().max() <= share * reference.detach().abs().max())


def run(name: str, classifier, inputs, target: int = 1, **options) -> torch.Tensor:
    return explain(classifier, METHODS_BY_NAME[name], inputs, target, **options).values


# A straight line: logit = w · x. Whatever has a baseline x0 must give w · (x - x0).


@pytest.mark.parametrize("name", ["Input × gradient", "LRP"])
def test_methods_without_baseline_are_weight_times_input(name):
    linear, pixels = fakes.linear(), fakes.pixels(count=2)
    options = {"epsilon": 0.0} if name == "LRP" else {}
    assert close(run(name, linear, pixels, **options), linear.model.weight[1] * pixels)


@pytest.mark.parametrize("name", ["DeepLift", "DeepLiftSHAP", "GradientSHAP"])
@pytest.mark.parametrize("baseline", ["black", "blur"])
def test_methods_with_baseline_are_weight_times_distance(name, baseline):
    linear, pixels = fakes.linear(), fakes.pixels()
    options = {"noise": 0.0} if name == "GradientSHAP" else {}
    distance = pixels - baseline_of(pixels, baseline, linear.mean, linear.std)
    assert close(run(name, linear, pixels, baseline=baseline, **options), linear.model.weight[1] * distance)


def test_mixed_baselines_are_the_mean_over_all():
    linear, pixels = fakes.linear(), fakes.pixels()
    mean = torch.stack([baseline_of(pixels, name, linear.mean, linear.std) for name in NAMES]).mean(0)
    reference = linear.model.weight[1] * (pixels - mean)
    assert close(run("DeepLiftSHAP", linear, pixels), reference)
    made = explain(linear, METHODS_BY_NAME["GradientSHAP"], pixels, 1, noise=0.0, n_samples=25)
    assert close(made.values, reference) and made.delta is not None and made.delta.abs() < 1e-3


@pytest.mark.parametrize("name", ["Feature ablation", "LIME", "KernelSHAP", "Shapley sampling"])
def test_perturbation_gives_each_region_its_own_part_of_a_straight_line(name):
    linear, pixels = fakes.linear(), fakes.pixels()
    options = {**SQUARES, **({"ridge": 0.0} if name == "LIME" else {})}
    made = run(name, linear, pixels, **options).sum(1)
    own = F.avg_pool2d((linear.model.weight[1] * pixels).sum(1), 8) * 64  # (1, 4, 4): the sum over each square
    assert close(F.avg_pool2d(made, 8) * 64, own)


@pytest.mark.parametrize("name", ["Word LIME", "Word KernelSHAP", "Word Shapley sampling", "Token ablation"])
@pytest.mark.parametrize("hide", ["pad", "mask"])
def test_perturbation_gives_each_word_its_own_logit(name, hide):
    texts, encoding = fakes.bag(), fakes.encoding()
    options = {"ridge": 0.0} if name == "Word LIME" else {}
    made = [word.value for word in words(encoding, run(name, texts, encoding, hide=hide, **options))]
    own = texts.model.embedding.weight[encoding.input_ids] @ texts.model.head.weight[1]
    assert made == pytest.approx([word.value for word in words(encoding, own)], abs=1e-4)


@pytest.mark.parametrize("name", ["Layer gradient × activation", "Layer DeepLift"])
def test_layer_methods_give_each_token_its_own_logit(name):
    texts, encoding = fakes.bag(), fakes.encoding()
    own = texts.model.embedding.weight[encoding.input_ids] @ texts.model.head.weight[1]
    own[0, [0, -1]] = 0.0
    assert close(run(name, texts, encoding), own)


def test_noise_does_not_move_a_straight_line():
    linear, pixels = fakes.linear(), fakes.pixels()
    assert close(run("SmoothGrad", linear, pixels), linear.model.weight[1].abs()[None])
    assert run("VarGrad", linear, pixels).abs().max() < 1e-6


# Captum on the same network and input.


@pytest.mark.parametrize(
    ("name", "captums"), [("Guided backprop", "GuidedBackprop"), ("Deconvolution", "Deconvolution")]
)
def test_bent_gradients_equal_captum_on_relus(name, captums):
    classifier, pixels = plain(), fakes.pixels()
    with pytest.warns(UserWarning, match="backward hooks"):
        reference = getattr(captum.attr, captums)(classifier.model).attribute(pixels.clone().requires_grad_(), target=1)
    assert close(run(name, classifier, pixels), reference)


def test_relu6_bends_the_gradient_as_relu_does():
    """Captum passes over ReLU6; a ReLU6 that Captum takes for a ReLU is the reference."""

    class Disguised(nn.ReLU):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.relu6(x)

    classifier, pixels = plain(nn.ReLU6), fakes.pixels() * 20  # so that the ceiling is reached
    with pytest.warns(UserWarning, match="backward hooks"):
        reference = captum.attr.GuidedBackprop(plain(Disguised).model).attribute(
            pixels.clone().requires_grad_(), target=1
        )
    ours = run("Guided backprop", classifier, pixels)
    assert close(ours, reference)
    gradient = run("Saliency", classifier, pixels)
    assert not close(ours.abs(), gradient, 0.1)


def test_guided_grad_cam_is_the_product_of_the_two():
    classifier, pixels = plain(), fakes.pixels()
    product = run("Guided backprop", classifier, pixels) * run("Grad-CAM", classifier, pixels).sum(1, keepdim=True)
    assert close(run("Guided Grad-CAM", classifier, pixels), product)
    with pytest.warns(UserWarning, match="backward hooks"):
        reference = captum.attr.GuidedGradCam(classifier.model, classifier.feature_layer).attribute(
            pixels.clone().requires_grad_(), target=1, interpolate_mode="bilinear"
        )
    assert close(product, reference)


def test_deep_lift_equals_captum_on_relus_and_maxima(baseline="noise"):
    classifier, pixels = plain(), fakes.pixels()
    start = baseline_of(pixels, baseline, classifier.mean, classifier.std)
    with pytest.warns(UserWarning, match="hooks"):
        reference = captum.attr.DeepLift(classifier.model).attribute(
            pixels.clone().requires_grad_(), baselines=start, target=1
        )
    made = explain(classifier, METHODS_BY_NAME["DeepLift"], pixels, 1, baseline=baseline)
    assert close(made.values, reference) and made.delta is not None and made.delta.abs().max() < 1e-4


def test_deep_lift_adds_up_where_a_flat_baseline_ties_every_maximum():
    """Captum's sum misses there by 0.002."""
    made = explain(plain(), METHODS_BY_NAME["DeepLift"], fakes.pixels(), 1, baseline="black")
    assert made.delta is not None and made.delta.abs().max() < 1e-6


@pytest.mark.parametrize("bent", [nn.ReLU6, nn.GELU, nn.SiLU])
def test_deep_lift_adds_up_on_curves_that_captum_does_not_know(bent):
    classifier, pixels = plain(bent), fakes.pixels() * 10
    start = torch.zeros_like(pixels)
    values, delta = deep_lift(classifier.model, classifier.forward, pixels, 1, start)
    assert delta.abs().max() < 1e-4 and not close(values, run("Input × gradient", classifier, pixels), 0.01)


def test_lrp_epsilon_equals_captum_and_keeps_the_logit_where_there_is_no_bias():
    classifier, pixels = plain(bias=False), fakes.pixels()
    reference = captum.attr.LRP(plain(bias=False).model).attribute(pixels.clone().requires_grad_(), target=1)
    ours = lrp(classifier.model, classifier.forward, pixels, 1, gamma=0.0, epsilon=0.0)
    assert close(ours, reference)
    logit = float(plain(bias=False).forward(pixels)[0, 1].detach())
    assert float(ours.sum()) == pytest.approx(logit, rel=1e-3)
    assert float(run("LRP", plain(bias=False), pixels, epsilon=0.0).sum()) == pytest.approx(logit, rel=1e-3)  # gamma


def test_smooth_grad_and_var_grad_equal_captums_noise_tunnel(monkeypatch):
    classifier, pixels = plain(), fakes.pixels()
    noise = torch.randn(6, 3, fakes.SIDE, fakes.SIDE, generator=seeded(0))
    monkeypatch.setattr(torch, "normal", lambda mean, std: noise)
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(classifier.forward))

    def gradient(points: torch.Tensor) -> torch.Tensor:
        asking = points.clone().requires_grad_()
        return torch.autograd.grad(classifier.forward(asking)[:, 1].sum(), asking)[0]

    for ours, kind in ((smooth_grad, "smoothgrad"), (var_grad, "vargrad")):
        asking = pixels.clone().requires_grad_()
        reference = tunnel.attribute(asking, nt_type=kind, nt_samples=6, target=1, abs=False)
        assert close(ours(gradient, pixels, noise), reference)


def test_feature_ablation_equals_captum():
    classifier, pixels = plain(), fakes.pixels()
    places = grid(pixels, 16)
    reference = captum.attr.FeatureAblation(classifier.forward).attribute(
        pixels, feature_mask=places[None, None], target=1
    )
    assert close(run("Feature ablation", classifier, pixels, **SQUARES).sum(1) * 64, reference[:, 0])


def test_kernel_shap_equals_captum_on_the_same_sets():
    classifier, pixels = plain(), fakes.pixels()
    method = captum.attr.KernelShap(classifier.forward)

    def replay(*_, **__):
        yield from coalitions(16, 120, seeded(0)).long().split(1)

    method.perturb_func = replay
    method.inf_weight = 1e4  # its single precision is not up to a million
    reference = method.attribute(pixels, target=1, feature_mask=grid(pixels, 16)[None, None], n_samples=120)
    ours = run("KernelSHAP", classifier, pixels, n_samples=120, **SQUARES).sum(1) * 64
    assert close(ours, reference[:, 0], 2e-3)


def test_lime_equals_captum_on_the_same_sets():
    """Without shrinking, against Captum's weighted regression with the authors' kernel."""
    classifier, pixels = plain(), fakes.pixels()
    places = grid(pixels, 16)
    present = torch.rand(100, 16, generator=seeded(0)) < 0.5
    present[0] = True
    sets = iter(present.long().split(1))
    ones = torch.ones(1, 16)

    def kernel(original, perturbed, sample, **_):
        distance = 1 - F.cosine_similarity(ones, sample.float())
        return (-(distance**2) / 0.25**2).exp().sqrt()

    method = captum.attr.Lime(
        classifier.forward,
        interpretable_model=SkLearnLinearRegression(),
        similarity_func=kernel,
        perturb_func=lambda *_, **__: next(sets),
    )
    reference = method.attribute(pixels, target=1, feature_mask=places[None, None], n_samples=100)
    ours = run("LIME", classifier, pixels, n_samples=100, ridge=0.0, **SQUARES).sum(1) * 64
    assert close(ours, reference[:, 0], 2e-3)


def test_shapley_sampling_equals_captum_on_the_same_orders():
    classifier, pixels = plain(), fakes.pixels()
    first = torch.randperm(16, generator=seeded(0))
    method = captum.attr.ShapleyValueSampling(classifier.forward)
    method.permutation_generator = lambda features, samples: [first.tolist(), first.flip(0).tolist()]
    reference = method.attribute(pixels, target=1, feature_mask=grid(pixels, 16)[None, None], n_samples=2)
    ours = run("Shapley sampling", classifier, pixels, n_orders=2, **SQUARES).sum(1) * 64
    assert close(ours, reference[:, 0])


def test_gradient_x_activation_and_its_sum_equal_captum():
    texts, encoding = fakes.transformer_of_texts(), fakes.encoding()
    texts.model.eval()
    reference = captum.attr.LayerGradientXActivation(texts.forward, texts.embedding_layer).attribute(
        encoding.input_ids, additional_forward_args=(encoding.attention_mask,), target=1
    )
    expected = reference.sum(-1).masked_fill(torch.tensor([[w is None for w in encoding.word_ids]]), 0.0)
    assert close(run("Layer gradient × activation", texts, encoding), expected)


# What Captum has not.


def test_rollout_by_hand():
    texts, encoding = fakes.transformer_of_texts(), fakes.encoding()
    texts.model.eval().requires_grad_(False)
    made = attentions(
        texts.model, texts.forward, encoding.input_ids, encoding.attention_mask, embedding=texts.embedding_layer
    )
    texts.model.network.set_attn_implementation("eager")
    with torch.no_grad():
        ids, mask = encoding.input_ids, encoding.attention_mask
        theirs = texts.model.network(ids, mask, output_attentions=True).attentions
    assert len(made.weights) == 2 and all(close(a, b, 1e-5) for a, b in zip(made.weights, theirs, strict=True))
    eye = torch.eye(7)
    first, second = (0.5 * (a.mean(1)[0] + eye) for a in theirs)
    assert close(rollout(made, 1), (second @ first)[:1])  # a stock BERT reads its first token


def test_the_attention_implementation_is_put_back():
    texts, encoding = fakes.transformer_of_texts(), fakes.encoding()
    before = texts.model.network.config._attn_implementation
    run("Word attention rollout", texts, encoding)
    assert texts.model.network.config._attn_implementation == before != "eager"


def test_only_the_gradient_makes_attention_ask_for_a_class():
    pictures, pixels = fakes.transformer_of_pictures(), fakes.pixels()
    maps = {
        (w, t): run("Attention rollout", pictures, pixels, t, weigh=w)
        for w in ("attention", "gradient")
        for t in (0, 1)
    }
    assert close(maps["attention", 0], maps["attention", 1])
    assert not close(maps["gradient", 0], maps["gradient", 1], 0.05)


def test_superpixels_follow_colours_and_keep_every_pixel():
    picture = torch.zeros(1, 3, 32, 32)
    picture[..., 13:] = 1.0
    picture += 0.01 * fakes.pixels()
    places = superpixels(picture, 16)
    assert places.shape == (32, 32) and 4 <= int(places.max()) + 1 <= 16
    assert len(places.unique()) == int(places.max()) + 1
    mixed = [len({bool(v > 0.5) for v in picture[0, 0][places == n]}) for n in places.unique()]
    assert sum(m > 1 for m in mixed) <= 2  # hardly a region crosses the edge between black and white


def test_fit_of_lime_shrinks_with_the_ridge():
    present = torch.rand(60, 5, generator=seeded(1)) < 0.5
    logits = present.float() @ torch.tensor([1.0, -2.0, 0.0, 3.0, 0.5]) + 7
    assert fit(present, logits, ridge=0.0).tolist() == pytest.approx([1.0, -2.0, 0.0, 3.0, 0.5], abs=1e-5)
    assert fit(present, logits, ridge=20.0).abs().sum() < 4
