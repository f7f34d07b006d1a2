"""Boxes and masks as the field writes them: JSON in the shape of COCO (Lin et al., 2014)."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np


def boxes_json(
    size: tuple[int, int], boxes: np.ndarray, labels: Sequence[str], scores: Sequence[float], names: Sequence[str]
) -> bytes:
    """One picture of ``size`` (width, height) with a box for each of ``labels``; ``names`` are all that could be."""
    rows = [
        {"bbox": _bbox(box), "category_id": names.index(label) + 1, "score": round(float(score), 4)}
        for box, label, score in zip(boxes, labels, scores, strict=True)
    ]
    return _json(size, rows, names)


def mask_json(mask: np.ndarray, present: Sequence[int], names: Sequence[str]) -> bytes:
    """One picture whose ``mask (H, W)`` holds a class for every pixel: run lengths and a box for each ``present``."""
    rows = []
    for kind in present:
        there = mask == kind
        down, across = np.nonzero(there)
        box = (across.min(), down.min(), across.max() + 1, down.max() + 1)
        rows.append(
            {
                "bbox": _bbox(box),
                "category_id": kind + 1,
                "area": int(there.sum()),
                "segmentation": {"size": list(mask.shape), "counts": run_lengths(there)},
            }
        )
    return _json((mask.shape[1], mask.shape[0]), rows, names)


def run_lengths(there: np.ndarray) -> list[int]:
    """COCO's uncompressed run lengths: column by column, how many pixels are not there, are, are not …"""
    flat = there.ravel(order="F").astype(np.int8)
    turns = np.flatnonzero(np.diff(flat, prepend=0)).tolist()
    return np.diff([0, *turns, len(flat)]).tolist()


def _bbox(box: Any) -> list[float]:
    left, top, right, bottom = (float(value) for value in box)
    return [round(value, 2) for value in (left, top, right - left, bottom - top)]


def _json(size: tuple[int, int], rows: list[dict[str, Any]], names: Sequence[str]) -> bytes:
    whole = {
        "images": [{"id": 1, "file_name": "picture.png", "width": size[0], "height": size[1]}],
        "annotations": [{"id": at + 1, "image_id": 1, "iscrowd": 0, **row} for at, row in enumerate(rows)],
        "categories": [{"id": at + 1, "name": name} for at, name in enumerate(names)],
    }
    return json.dumps(whole, ensure_ascii=False).encode()
