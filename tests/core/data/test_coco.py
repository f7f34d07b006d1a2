"""COCO's shape: boxes as left, top, width, height; masks as run lengths that give the mask back."""

import json

import numpy as np

from core.data import coco


def test_run_lengths_give_the_mask_back():
    there = np.random.default_rng(0).random((7, 5)) < 0.4
    for mask in (there, ~there, np.zeros((3, 4), bool), np.ones((3, 4), bool)):
        counts = coco.run_lengths(mask)
        values = np.repeat(np.arange(len(counts)) % 2, counts).astype(bool)
        assert sum(counts) == mask.size and np.array_equal(values.reshape(mask.shape, order="F"), mask)


def test_boxes_and_masks_as_json():
    held = json.loads(coco.boxes_json((90, 60), np.array([[10, 5, 30, 25.5]]), ["key"], [0.87654], ("banana", "key")))
    (row,) = held["annotations"]
    assert row["bbox"] == [10, 5, 20, 20.5] and row["category_id"] == 2 and row["score"] == 0.8765
    assert held["images"][0]["width"] == 90 and held["categories"][1] == {"id": 2, "name": "key"}
    mask = np.array([[0, 2, 2], [0, 2, 0]])
    (row,) = json.loads(coco.mask_json(mask, (2,), ("background", "banana", "key")))["annotations"]
    assert (
        row["bbox"] == [1, 0, 2, 2]
        and row["area"] == 3
        and row["segmentation"] == {"size": [2, 3], "counts": [2, 3, 1]}
    )
