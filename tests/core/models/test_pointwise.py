"""Quicker convolutions are the same functions, forward and back."""

import pytest
import torch
from torch import nn
from transformers import ResNetConfig, ResNetForImageClassification

from core.models import fusing
from core.models.pointwise import Pointwise, PointwiseBack, quicken


def conv(**settings) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(6, 10, **{"kernel_size": 1, **settings}).requires_grad_(False)


@pytest.mark.parametrize("shape", [(1, 6, 5, 5), (1, 6, 64, 64), (3, 6, 5, 7)])
@pytest.mark.parametrize("kind", [Pointwise, PointwiseBack])
def test_answers_and_slopes_are_those_of_the_plain_convolution(kind, shape):
    plain, pixels, way_back = conv(), torch.randn(shape), torch.randn(shape[0], 10, *shape[2:])
    expected, got = pixels.clone().requires_grad_(), pixels.clone().requires_grad_()
    answer = plain(expected)
    answer.backward(way_back)
    quick = quicken(nn.Sequential(conv()), kind)
    assert isinstance(quick[0], kind)
    torch.testing.assert_close(quick(got), answer, atol=1e-5, rtol=0)
    quick(got).backward(way_back)
    torch.testing.assert_close(got.grad, expected.grad, atol=1e-5, rtol=0)
    assert kind is Pointwise or torch.equal(quick(pixels), plain(pixels))


@pytest.mark.parametrize(
    "settings", [{"kernel_size": 3}, {"stride": 2}, {"groups": 2}, {"padding": 1}], ids=lambda settings: str(settings)
)
def test_what_is_no_plain_product_of_pixels_stays_as_it_is(settings):
    assert type(quicken(nn.Sequential(conv(**settings)))[0]) is nn.Conv2d


@pytest.mark.parametrize("side", [224, 97])
def test_the_quick_starter_network_pads_inside_its_convolutions(lite0, side):
    quick, pixels = fusing.quick(lite0.model), torch.randn(2, 3, side, side)
    strided = [m for m in quick.modules() if isinstance(m, nn.Conv2d) and m.stride == (2, 2)]
    assert len(strided) == 5 and all(m.padding != (0, 0) for m in strided)
    with torch.no_grad():
        expected = lite0.model(pixel_values=pixels).logits
        torch.testing.assert_close(quick(pixel_values=pixels).logits, expected, atol=2e-3, rtol=0)
    assert not any(getattr(m, "inplace", False) for m in lite0.model.modules())


def test_a_quick_resnet_is_the_same_function_and_leaves_its_input_alone():
    torch.manual_seed(0)
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="bottleneck", num_labels=3)
    model = ResNetForImageClassification(config).eval().requires_grad_(False)
    quick, pixels = fusing.quick(model), torch.randn(2, 3, 48, 48)
    before = pixels.clone()
    torch.testing.assert_close(quick(pixel_values=pixels).logits, model(pixel_values=pixels).logits, atol=1e-4, rtol=0)
    assert torch.equal(pixels, before) and any(isinstance(m, Pointwise) for m in quick.modules())
