"""The converted network against the one whose weights it has; the labels."""

import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet

from core.models import efficientnet


@pytest.fixture(scope="module")
def reference(packaged_state):
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(packaged_state)
    return network.eval()


def test_logits_equal_the_original_networks(reference, packaged_state):
    pixels = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours = efficientnet.lite0(packaged_state)(pixel_values=pixels).logits
        theirs = reference(pixels)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_the_saved_network_answers_as_the_original_on_a_photograph(reference, lite0, cat):
    pixels = lite0.pixels(cat)
    with torch.no_grad():
        torch.testing.assert_close(lite0.forward(pixels), reference(pixels), atol=1e-5, rtol=0)


def test_stage_tables_are_the_original_networks(reference):
    config = efficientnet.lite0_config()
    blocks = iter(reference._blocks_args)
    for stage, block in enumerate(blocks):
        assert block.num_repeat == config.num_block_repeats[stage]
        assert block.kernel_size == config.kernel_sizes[stage]
        assert block.expand_ratio == config.expand_ratios[stage]
        assert (block.input_filters, block.output_filters) == (config.in_channels[stage], config.out_channels[stage])
        assert list(torch.as_tensor(block.stride).flatten()) == [config.strides[stage]]
    assert reference._global_params.batch_norm_epsilon == config.batch_norm_eps


def test_timm_names_map_onto_every_tensor(packaged_state, timm_state):
    mapped = efficientnet.from_timm(timm_state)
    assert mapped.keys() == packaged_state.keys()
    assert all(mapped[name] is packaged_state[name] for name in mapped)


def test_missing_weights_are_noticed(packaged_state):
    with pytest.raises(RuntimeError, match="classifier"):
        efficientnet.lite0({k: v for k, v in packaged_state.items() if not k.startswith("_fc")})


def test_there_are_1000_different_labels():
    labels = efficientnet.imagenet_labels()
    assert len(labels) == len(set(labels)) == 1000
    assert (labels[0], labels[281], labels[285], labels[999]) == ("tench", "tabby", "Egyptian cat", "toilet tissue")
    assert labels[134] == "crane (bird)" and labels[517] == "crane (machine)"
