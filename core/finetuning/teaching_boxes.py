"""Teaching a detector: a box for each thing, claimed by the token whose part of the picture is nearest.

The loss is DETR's (Carion et al., 2020), but who answers for what is fixed by place instead of by what fits best: a few
hundred steps are too few to find that out.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from core.data.scenes import Scene
from core.finetuning.teaching_skills import SIDE, Measured, Skill, mixed, named, pixels_of
from core.models.overlap import box_iou

ROWS = 3  # the tokens stand for a grid of so many rows
SURE = 0.5  # a claim counts from this score


class Nearest(nn.Module):
    """Who answers for what: each thing goes to the free token whose part of the picture is nearest to its middle."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        columns = max(tokens // ROWS, 1)
        rows = tokens // columns
        across, down = (torch.arange(columns) + 0.5) / columns, (torch.arange(rows) + 0.5) / rows
        y, x = torch.meshgrid(down, across, indexing="ij")
        self.middles = torch.stack([x, y], -1).flatten(0, 1)  # (tokens, 2) in shares of the side

    def forward(self, outputs: dict[str, Tensor], targets: list[dict[str, Tensor]]) -> list[tuple[Tensor, Tensor]]:
        """For each picture, tokens and the things that they answer for, as DETR's loss wants them."""
        pairs = [linear_sum_assignment(torch.cdist(self.middles, one["boxes"][:, :2].cpu())) for one in targets]
        return [(torch.as_tensor(tokens), torch.as_tensor(things)) for tokens, things in pairs]


def widen(model: Any, labels: tuple[str, ...]) -> None:
    """Give ``model`` one more class, before "nothing", its last."""
    old = model.class_labels_classifier.layers[-1]  # (K + 1, C)
    new = nn.Linear(old.in_features, len(labels) + 1)
    with torch.no_grad():
        new.weight[:-2], new.bias[:-2] = old.weight[:-1], old.bias[:-1]
        new.weight[-2], new.bias[-2] = old.weight[:-1].mean(0), old.bias[:-1].mean()
        new.weight[-1], new.bias[-1] = old.weight[-1], old.bias[-1]
    model.class_labels_classifier.layers[-1] = new
    named(model, labels)


def targets_of(some: list[Scene], place: torch.device) -> list[dict[str, Tensor]]:
    """Classes ``(N,)`` and boxes ``(N, 4)`` as centre, width and height in shares of the side, of each scene."""
    targets = []
    for one in some:
        left, top, right, bottom = torch.from_numpy(one.boxes / one.mask.shape[0]).unbind(1)
        boxes = torch.stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], 1)
        targets.append(
            {"class_labels": torch.from_numpy(one.labels).long().to(place), "boxes": boxes.float().to(place)}
        )
    return targets


def loss_of(model: Any, some: list[Scene]) -> Tensor:
    """The loss of DETR with `Nearest`: classes, corners and overlap count."""
    with mixed():
        answer = model(pixel_values=pixels_of(some))
    return loss_of_answer(answer, model.config, some)


def loss_of_answer(answer: Any, config: Any, some: list[Scene]) -> Tensor:
    """As `loss_of`, of an answer that is there."""
    from transformers.loss.loss_for_object_detection import ImageLoss

    nearest = Nearest(config.num_detection_tokens)
    criterion = ImageLoss(nearest, config.num_labels, config.eos_coefficient, ["labels", "boxes"])
    logits, boxes = answer.logits.float(), answer.pred_boxes.float()
    losses = criterion.to(logits.device)({"logits": logits, "pred_boxes": boxes}, targets_of(some, logits.device))
    corners = config.bbox_loss_coefficient * losses["loss_bbox"] + config.giou_loss_coefficient * losses["loss_giou"]
    return losses["loss_ce"] + corners


def measured(model: Any, batches: Iterable[list[Scene]]) -> Measured:
    """Mean overlap of each thing with the best sure claim of its name; 0 where there is none."""
    found: dict[int, list[float]] = {}
    for some in batches:
        with torch.inference_mode():
            answer = model(pixel_values=pixels_of(some))
        scores, kinds = answer.logits.float().softmax(-1)[..., :-1].max(-1)
        centres, halves = answer.pred_boxes.float()[..., :2], answer.pred_boxes.float()[..., 2:] / 2
        boxes = (SIDE * torch.cat([centres - halves, centres + halves], -1)).cpu().numpy()
        for one, sure, kind, claims in zip(some, scores.cpu(), kinds.cpu(), boxes, strict=True):
            for label, box in zip(one.labels, one.boxes, strict=True):
                mine = claims[((sure >= SURE) & (kind == int(label))).numpy()]
                found.setdefault(int(label), []).append(float(box_iou(mine, box).max(initial=0.0)))
    new = model.config.num_labels - 1
    old = [float(np.mean(overlaps)) for label, overlaps in found.items() if label != new]
    return {
        "new": round(float(np.mean(found.get(new, [0.0]))), 4),
        "old": round(float(np.mean(old)) if old else 0.0, 4),
    }


BOXES = Skill("AutoModelForObjectDetection", 0, widen, loss_of, measured)
