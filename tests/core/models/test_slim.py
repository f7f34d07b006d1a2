"""The network that is light to differentiate is the same function, slopes included."""

import pytest
import torch
from transformers import ConvNextConfig, ConvNextForImageClassification, ResNetConfig, ResNetForImageClassification

from core.models import MODELS_BY_SLUG, hub
from core.models.slim import slim


def slopes(model, pixels: torch.Tensor) -> torch.Tensor:
    asking = pixels.clone().requires_grad_()
    return torch.autograd.grad(model(pixel_values=asking).logits[:, 1].sum(), asking)[0]


@pytest.mark.parametrize("kind", ["starter", "resnet"])
def test_logits_are_equal_bit_for_bit_and_slopes_to_rounding(kind):
    torch.manual_seed(0)
    if kind == "starter":
        model, side = hub.load_model(MODELS_BY_SLUG["efficientnet-lite0"], "AutoModelForImageClassification"), 224
    else:
        config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic", num_labels=3)
        model, side = ResNetForImageClassification(config), 48
    model.eval().requires_grad_(False)
    light, pixels = slim(model), torch.randn(2, 3, side, side)
    assert light is not model
    with torch.no_grad():
        assert torch.equal(model(pixel_values=pixels).logits, light(pixel_values=pixels).logits)
    ours, theirs = slopes(light, pixels), slopes(model, pixels)
    assert theirs.abs().max() > 0 and (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()


def test_weights_are_shared_and_the_model_is_untouched():
    model = hub.load_model(MODELS_BY_SLUG["efficientnet-lite0"], "AutoModelForImageClassification")
    before = [type(m) for m in model.modules()]
    light = slim(model)
    ours = {p.data_ptr() for p in light.parameters()}
    assert ours <= {p.data_ptr() for p in model.parameters()}
    assert [type(m) for m in model.modules()] == before


def test_a_network_without_batch_norm_stays_as_it_is():
    model = ConvNextForImageClassification(ConvNextConfig(hidden_sizes=[4, 4, 4, 4], depths=[1, 1, 1, 1]))
    assert slim(model) is model
