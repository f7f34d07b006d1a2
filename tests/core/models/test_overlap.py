"""Overlaps, the choice among boxes, and verdicts, by hand."""

import numpy as np
import pytest

from core.models.overlap import box_iou, judge_boxes, mask_iou, without_overlaps

A, A_NEAR, B = [0, 0, 10, 10], [0, 0, 10, 8], [20, 20, 30, 40]


def test_overlap_of_boxes():
    got = box_iou(np.array([A, B]), np.array([A_NEAR, [5, 0, 15, 10], [40, 40, 50, 50]]))
    assert got == pytest.approx(np.array([[0.8, 1 / 3, 0], [0, 0, 0]]))
    assert box_iou(np.empty((0, 4)), np.array([A])).shape == (0, 1)


def test_the_surest_of_overlapping_boxes_stays():
    boxes = np.array([A_NEAR, A, B])
    assert without_overlaps(boxes, np.array([0.5, 0.9, 0.4]), 0.6) == [1, 2]
    assert without_overlaps(boxes, np.array([0.5, 0.9, 0.4]), 0.9) == [1, 0, 2]
    assert without_overlaps(np.empty((0, 4)), np.empty(0), 0.5) == []


def test_verdicts():
    rows = judge_boxes(np.array([A_NEAR, A, B, B]), ["cup", "cup", "plate", "cup"], np.array([A, B]), ["cup", "cup"])
    told = [(row.verdict, row.truth, row.found) for row in rows]
    assert told == [("found", 0, 0), ("found", 1, 3), ("false alarm", None, 1), ("false alarm", None, 2)]
    assert rows[0].iou == pytest.approx(0.8) and rows[1].iou == 1
    (missed,) = judge_boxes(np.empty((0, 4)), [], np.array([A]), ["cup"])
    assert missed.verdict == "missed" and missed.iou == 0
    assert judge_boxes(np.empty((0, 4)), [], np.empty((0, 4)), []) == []


def test_overlap_of_masks():
    truth = np.array([[1, 1], [0, 2]])
    assert mask_iou(np.array([[1, 0], [1, 2]]), truth, 1) == pytest.approx(1 / 3)
    assert mask_iou(truth, truth, 2) == 1 and mask_iou(truth, truth, 5) == 0
