"""A small YOLOS that finds emoji in scenes, a box for each: ``python -m recipes.emoji_detector [MINUTES]``.

It sets out from the small Vision Transformer of ``recipes.emoji_classifiers`` with twelve tokens more, each of which
may claim one thing (Fang et al., 2021). Two changes make that learnable on one core: a thing belongs to the token whose
part of the picture is nearest, instead of the one that happens to fit best, and beside the boxes every patch learns to
say what it shows, by a layer that does not ship. It learns from composed scenes of 96 × 96 pixels with exact boxes, of
five drawings of each emoji, and is judged on scenes of a sixth.
"""

import sys
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import YolosConfig, YolosForObjectDetection, YolosImageProcessorPil

from core.device import share_machine
from core.finetuning.teaching_boxes import loss_of_answer
from core.models.overlap import box_iou
from core.models.shipped import Facts
from recipes import emoji_classifiers, emoji_pictures, emoji_scenes, shipping
from recipes.emoji_classifiers import pixels_of
from recipes.emoji_segmenter import RESAMPLES, SIDE, TEST_SCENES, scenes
from recipes.training import Trainee, mixed

NAME = "emoji-detector"
BATCH, STEPS, LEARNING_RATE = 16, 22_000, 8e-4
TOKENS, PATCH = 12, 8
OVERLAP = 0.5  # of box and truth, for a hit
MEASURE = "mAP at an overlap of one half"
_SAME = {  # names of one layer's parts in ViT and in YOLOS
    "layernorm_before": "layernorm_before",
    "layernorm_after": "layernorm_after",
    "attention.q_proj": "attention.attention.query",
    "attention.k_proj": "attention.attention.key",
    "attention.v_proj": "attention.attention.value",
    "attention.o_proj": "attention.output.dense",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}


def build() -> Any:
    """The network with the Transformer's weights, its new tokens and heads untrained."""
    vit = emoji_classifiers.trainee("vit").average
    torch.manual_seed(0)
    config = YolosConfig(
        image_size=[SIDE, SIDE],
        patch_size=PATCH,
        num_detection_tokens=TOKENS,
        hidden_size=128,
        num_hidden_layers=6,
        num_attention_heads=4,
        intermediate_size=384,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        use_mid_position_embeddings=False,
        id2label=dict(enumerate(emoji_scenes.CLASSES)),
        label2id={name: at for at, name in enumerate(emoji_scenes.CLASSES)},
    )
    model: Any = YolosForObjectDetection._from_config(config, attn_implementation="eager")
    model.load_state_dict(_translated(vit.state_dict(), SIDE // PATCH, TOKENS), strict=False)
    return model


def _translated(old: dict[str, Tensor], grid: int, tokens: int) -> dict[str, Tensor]:
    """ViT's tensors by YOLOS's names; places are stretched to ``grid × grid``."""
    new = {}
    for name, tensor in old.items():
        if name.startswith("vit.layers."):
            number, part = name.removeprefix("vit.layers.").split(".", 1)
            stem, kind = part.rsplit(".", 1)
            new[f"vit.encoder.layer.{number}.{_SAME[stem]}.{kind}"] = tensor
        elif not name.startswith("classifier"):
            new[name] = tensor
    places = old["vit.embeddings.position_embeddings"]
    side = round((places.shape[1] - 1) ** 0.5)
    flat = places[:, 1:].transpose(1, 2).unflatten(2, (side, side))
    stretched = F.interpolate(flat, size=(grid, grid), mode="bicubic").flatten(2).transpose(1, 2)
    # Each new token begins as the class token, which knows how to read a picture, and leans to a place of its own.
    cells = F.interpolate(flat - flat.mean((2, 3), keepdim=True), size=(3, tokens // 3), mode="area").flatten(2)
    leaning = places[:, :1] + cells.transpose(1, 2)
    return new | {
        "vit.embeddings.position_embeddings": torch.cat([places[:, :1], stretched, leaning], 1),
        "vit.embeddings.detection_tokens": old["vit.embeddings.cls_token"].expand(1, tokens, -1),
    }


def loss_of(learner: Any, some: list[emoji_scenes.Scene]) -> Tensor:
    """The loss of the boxes, and of what every patch shows."""
    with mixed():
        answer = learner["yolos"](pixel_values=pixels_of(some))
        patches = learner["patches"](answer.last_hidden_state[:, 1 : 1 + (SIDE // PATCH) ** 2])
    shown = torch.from_numpy(np.stack([one.mask[PATCH // 2 :: PATCH, PATCH // 2 :: PATCH] for one in some])).long()
    return loss_of_answer(answer, learner["yolos"].config, some) + F.cross_entropy(
        patches.float().flatten(0, 1), shown.flatten()
    )


def mean_ap(model: Any, vendors: tuple[str, ...]) -> tuple[float, float, float]:
    """mAP at an overlap of `OVERLAP` on new scenes, and its 95 % interval by drawing scenes again."""
    truths, rows = np.zeros((TEST_SCENES, len(emoji_scenes.CLASSES))), []
    for number in range(TEST_SCENES):
        (one,) = scenes(2 * 10**6 + number, vendors, 1)
        np.add.at(truths[number], one.labels, 1)
        with torch.inference_mode():
            answer = model(pixel_values=pixels_of([one]))
        rows += [(number, *hit) for hit in hits(answer, one)]
    table = np.array(rows)  # scene, class, score, hit
    value = _map(table, truths, np.ones(TEST_SCENES))
    dice = np.random.default_rng(0)
    draws = [np.bincount(dice.integers(0, TEST_SCENES, TEST_SCENES), minlength=TEST_SCENES) for _ in range(RESAMPLES)]
    # Scenes that are drawn twice flatter the mean, so only the spread is taken from them.
    reach = 1.96 * float(np.std([_map(table, truths, weights) for weights in draws]))
    return value, value - reach, value + reach


def hits(answer: Any, truth: emoji_scenes.Scene) -> list[tuple[int, float, bool]]:
    """Class, score and whether it is a hit of every token's claim; a truth is hit once, by the surest claim."""
    scores, kinds = answer.logits[0].softmax(-1)[:, :-1].max(1)
    x, y, width, height = (SIDE * answer.pred_boxes[0]).unbind(1)
    boxes = torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 1).numpy()
    overlaps = box_iou(boxes, truth.boxes)
    free = set(range(len(truth.labels)))
    found = []
    for at in scores.argsort(descending=True).tolist():
        kind = int(kinds[at])
        same = [i for i in free if truth.labels[i] == kind and overlaps[at, i] >= OVERLAP]
        best = max(same, key=lambda i: overlaps[at, i], default=None)
        free -= {best}
        found.append((kind, float(scores[at]), best is not None))
    return found


def _map(table: np.ndarray, truths: np.ndarray, weights: np.ndarray) -> float:
    """The mean over classes of the area under precision over recall, each scene counted ``weights`` times."""
    areas = []
    for kind in range(truths.shape[1]):
        total = float(weights @ truths[:, kind])
        mine = table[table[:, 1] == kind]
        mine = mine[np.argsort(-mine[:, 2])]
        counted = weights[mine[:, 0].astype(int)]
        right, claimed = np.cumsum(counted * mine[:, 3]), np.cumsum(counted)
        if not total:
            continue
        recall, precision = right / total, right / np.maximum(claimed, 1)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        areas.append(float(np.sum(np.diff(recall, prepend=0.0) * envelope)))
    return float(np.mean(areas))


def trainee() -> Trainee:
    """The network where its last call left it."""
    learner = nn.ModuleDict({"yolos": build(), "patches": nn.Linear(128, 1 + len(emoji_scenes.CLASSES))})
    return Trainee(learner, emoji_pictures.folder() / "emoji_detector.pt", LEARNING_RATE, ema=0.999)


def main(minutes: float) -> None:
    """Train for so long, then judge on seen and on unseen drawings, and ship."""
    share_machine()
    learner = trainee()
    learner.train(
        lambda number: loss_of(learner.network, scenes(number, emoji_scenes.TRAINING, BATCH)), STEPS, 60 * minutes
    )
    model: Any = learner.average["yolos"]  # pyright: ignore[reportIndexIssue]
    figures = []
    for what, vendors in emoji_classifiers.JUDGES.items():
        value, low, high = mean_ap(model, vendors)
        figures.append(shipping.figure(f"scenes of {what}", value, (low, high), 0.0, TEST_SCENES, MEASURE))
    facts = Facts(
        recipe="python -m recipes.emoji_detector",
        data=emoji_classifiers.DATA,
        labels=emoji_scenes.CLASSES,
        max_seq_length=0,
        seconds=round(learner.seconds),
        machine=shipping.machine(),
        figures=tuple(figures),
    )
    half = [0.5, 0.5, 0.5]
    size = {"height": SIDE, "width": SIDE}
    processor = YolosImageProcessorPil(size=size, image_mean=half, image_std=half, do_pad=False)
    shipping.ship(NAME, model, facts, processor)
    print(f"{learner.step} of {STEPS} steps, {learner.seconds:.0f} s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
