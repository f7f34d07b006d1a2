"""Segmentation: as the library reads its own network, at any size, in bounded memory."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import SegformerImageProcessorPil

from core.models import segmenter as module
from core.models.segmenter import Segmenter
from tests.core.models import tiny_places

PHOTO = Image.effect_noise((200, 120), 80).convert("RGB")


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory) -> Segmenter:
    return Segmenter.load(tiny_places.segmenter(tmp_path_factory.mktemp("segformer")))


@pytest.mark.parametrize("at_once", [1, 3, 8])
def test_the_mask_is_that_of_the_library(segmenter, monkeypatch, at_once):
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    square = PHOTO.resize((96, 96))
    found = segmenter.segment(square)
    answer = segmenter.model(pixel_values=segmenter.framing.pixels(segmenter.framing.frame(square)))
    (theirs,) = SegformerImageProcessorPil().post_process_semantic_segmentation(answer, target_sizes=[(96, 96)])
    assert np.array_equal(found.mask, theirs.numpy())
    logits = torch.nn.functional.interpolate(answer.logits, size=(96, 96), mode="bilinear", align_corners=False)
    assert np.allclose(found.confidence, logits[0].softmax(0).amax(0), atol=1e-5)


@pytest.mark.parametrize("size", [(200, 120), (30, 240), (1, 1), (1500, 700)])
def test_every_pixel_of_any_picture_has_a_name(segmenter, size):
    found = segmenter.segment(PHOTO.resize(size))
    assert found.mask.shape == found.confidence.shape == size[::-1]
    assert found.mask.min() >= 0 and found.mask.max() < len(found.names) == len(found.shares)
    assert found.shares.sum() == pytest.approx(1) and (found.confidence > 0).all() and (found.confidence <= 1).all()
    assert found.present[0] == found.shares.argmax() and set(found.present) == set(np.unique(found.mask))


def test_padding_is_not_part_of_the_answer(segmenter):
    """The same picture on a wide canvas: what the network says of the ground around it must not come back."""
    framed = segmenter.framing.frame(PHOTO)
    logits = segmenter.logits(segmenter.framing.pixels(framed))[0]
    rows = torch.zeros(4, 24, 24)
    rows[1, :4] = rows[1, -4:] = 9.0  # a class that is only in the padding
    rows[2] = 5.0
    mask, _ = module._decided(rows, framed)
    assert (mask[4:-4] == 2).all() and logits.shape[1:] == (24, 24)
