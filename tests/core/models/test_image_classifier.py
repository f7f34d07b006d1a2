"""Pictures in, answers out: golden answers, equality with the library's own path, four threads at once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from core.data import samples
from core.models import fusing, hub
from core.models.preprocessing import Preprocessing


def test_the_cat_is_an_egyptian_cat(lite0, cat):
    answer = lite0.predict(cat)
    assert answer.labels[0] == "Egyptian cat" and answer.targets[0] == 285
    assert len(answer.labels) == len(answer.probs) == 5
    assert list(answer.probs) == sorted(answer.probs, reverse=True)
    assert answer.logits.shape == (1000,) and answer.seconds > 0
    assert answer.probs[0] == pytest.approx(float(answer.logits.softmax(0)[285]))


@pytest.mark.parametrize(("slug", "label"), [("espresso", "espresso"), ("photographer", "tripod")])
def test_what_other_samples_are_called(lite0, slug, label):
    assert lite0.predict(samples.load_image(samples.SAMPLES_BY_SLUG[slug])).labels[0] == label


@pytest.mark.parametrize("size", [(451, 300), (300, 451), (224, 224), (50, 31), (1, 1), (1000, 700)])
def test_pixels_equal_the_saved_processors(lite0, size):
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    theirs = hub.load_image_processor(lite0.card)(image, return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(lite0.pixels(image), theirs, atol=1e-6, rtol=0)


def test_a_pipeline_with_the_libraries_defaults_gives_the_same_logits(lite0, cat):
    from transformers import pipeline

    rows = pipeline("image-classification", model=str(hub.locate(lite0.card)))(
        cat, top_k=1000, function_to_apply="none"
    )
    theirs = {row["label"]: row["score"] for row in rows}
    reference = torch.tensor([theirs[label] for label in hub.label_names(lite0.model)])
    torch.testing.assert_close(lite0.predict(cat).logits, reference, atol=1e-3, rtol=0)


def test_the_quick_copy_is_the_same_function_and_the_original_stays_whole(lite0, cat):
    pixels = lite0.pixels(cat)
    torch.testing.assert_close(lite0.logits(pixels), lite0.forward(pixels), atol=1e-3, rtol=0)
    norms = [m for m in lite0.model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert len(norms) == 49 and not [m for m in lite0._fast.modules() if isinstance(m, torch.nn.BatchNorm2d)]


def test_a_gate_that_is_not_open_stays(lite0):
    model = fusing.copy.deepcopy(lite0.model)
    block = model.efficientnet.encoder.blocks[3]
    block.squeeze_excite.expand.bias.data.fill_(0.5)
    quick = fusing.fused(model)
    assert not isinstance(quick.efficientnet.encoder.blocks[3].squeeze_excite, torch.nn.Identity)
    assert isinstance(quick.efficientnet.encoder.blocks[4].squeeze_excite, torch.nn.Identity)


def test_features_are_what_the_last_layer_reads(lite0, cat):
    pixels = lite0.pixels(cat)
    features = lite0.features(pixels)
    assert features.shape == (1, 1280) and not features.requires_grad
    torch.testing.assert_close(lite0.model.classifier(features), lite0.forward(pixels), atol=1e-3, rtol=0)


def test_forward_is_differentiable_in_its_input(lite0, cat):
    pixels = lite0.pixels(cat).requires_grad_(True)
    lite0.forward(pixels)[0, 285].backward()
    assert pixels.grad is not None and pixels.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in lite0.model.parameters())


def test_what_is_seen_can_be_had_back_from_the_pixels(lite0, cat):
    seen = lite0.seen(cat)
    assert seen.size == (224, 224) and seen.mode == "RGB"
    back = np.asarray(lite0.denormalise(lite0.pixels(cat)), dtype=int)
    assert np.abs(back - np.asarray(seen, dtype=int)).max() <= 1


def test_a_panorama_takes_little_memory(lite0):
    thin = Image.new("RGB", (10_000, 1), "red")
    assert lite0.seen(thin).size == (224, 224) and lite0.seen(thin.rotate(90, expand=True)).size == (224, 224)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "CMYK", "1"])
def test_other_kinds_of_picture_are_read(lite0, cat, mode):
    assert lite0.pixels(cat.convert(mode)).shape == (1, 3, 224, 224)


def test_four_threads_get_what_one_gets(lite0, cat):
    pictures = [cat, cat.rotate(90), cat.convert("L"), cat.crop((50, 50, 250, 250))]
    alone = [lite0.predict(picture).logits for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda i: lite0.predict(pictures[i % 4]).logits, range(16)))
    for i, logits in enumerate(together):
        torch.testing.assert_close(logits, alone[i % 4], atol=1e-5, rtol=0)


def test_a_processor_with_a_cut_is_followed(cat):
    from transformers import EfficientNetImageProcessorPil

    processor = EfficientNetImageProcessorPil(
        size={"shortest_edge": 256},
        crop_size={"height": 224, "width": 200},
        do_center_crop=True,
        include_top=False,
        image_mean=[0.4, 0.5, 0.6],
        image_std=[0.2, 0.3, 0.1],
    )
    ours = Preprocessing.of(processor).pixels(cat)
    assert ours.shape == (1, 3, 224, 200)
    torch.testing.assert_close(ours, processor(cat, return_tensors="pt")["pixel_values"], atol=1e-5, rtol=0)
