"""Contrastive fine-tune: pairs of texts teach an encoder which belong together, then a new layer learns on top.

SetFit's idea (Tunstall et al. 2022) with the supervised contrastive loss of Khosla et al. (2020): n examples make n²
pairs, so a dozen of each class go far.
"""

import random
from collections.abc import Callable, Generator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from core.finetuning.head import fit_head
from core.finetuning.run import Progress, Run, Training
from core.finetuning.strategies.beginning import begin_here, says
from core.finetuning.strategies.engine import Loss, Plan, fit
from core.finetuning.strategies.learning import unfreeze
from core.finetuning.strategies.probe import set_head
from core.finetuning.strategies.settings import ContrastiveSettings, ProbeControls

FEWEST_STEPS = 12  # in an epoch: few texts are seen several times, in other company


def train(run: Run) -> Training:
    """A probe, then epochs of pairs; after each a new layer is fitted on what the encoder says now."""
    backbone = run.backbone
    learning = unfreeze(backbone, backbone.body(), also=[backbone.head])
    plan = Plan(
        learning,
        lambda: begin_here(run, learning),
        contrast(run),
        lambda seed: mixed_batches(run, seed),
        lambda state: says("the encoder, by pairs,", state),
        lambda: new_head(run),
        whole=True,
    )
    return (yield from fit(run, plan))


def contrast(run: Run) -> Loss:
    """`supervised_contrast` of what the head reads."""
    settings: ContrastiveSettings = run.settings

    def loss(forward: Callable[..., Any], rows: list[int], batch: list[int], seed: int) -> tuple[Tensor, Tensor]:
        caught: list[Tensor] = []
        hook = run.backbone.head.register_forward_pre_hook(lambda _, args: caught.append(args[0]))
        try:
            logits = forward(**run.backbone.training_inputs(rows or batch[:1], seed)).logits
        finally:
            hook.remove()
        share = len(rows) / len(batch)
        found = supervised_contrast(caught[0].float(), alike(run, rows or batch[:1]), settings.temperature)
        return found * share, logits[: len(rows)].float()

    return loss


def alike(run: Run, rows: list[int]) -> Tensor:
    """``(B, B)``: whether two examples share a class."""
    targets = run.objective.targets[rows]
    return (targets @ targets.T > 0) if targets.ndim == 2 else targets[:, None] == targets[None]


def supervised_contrast(features: Tensor, same: Tensor, temperature: float) -> Tensor:
    """How surprising it is, in nats, that an example's like are its like, among all others by cosine.

    Args:
        features: ``(B, D)``. same: ``(B, B)`` of True for pairs that belong together.
    """
    vectors = F.normalize(features, dim=1)
    alone = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    likeness = (vectors @ vectors.T / temperature).masked_fill(alone, -1e9)
    surprise = -likeness.log_softmax(1)
    pairs = same.to(vectors.device) & ~alone
    having = pairs.any(1)
    if not having.any():
        return features.sum() * 0.0
    return ((surprise * pairs).sum(1)[having] / pairs.sum(1)[having]).mean()


def mixed_batches(run: Run, seed: int) -> list[list[int]]:
    """The training part as often as it takes for `FEWEST_STEPS`, every class as often in a batch as among all."""
    size, dice = run.settings.batch_size, random.Random(seed)
    rows = list(run.split.train)
    batches: list[list[int]] = []
    while len(batches) < FEWEST_STEPS:
        dice.shuffle(rows)
        starts = range(0, len(rows), size)
        batches += [batch for start in starts if len(batch := rows[start : start + size]) > 1]
    return batches


def new_head(run: Run) -> Tensor:
    """Fit a last layer to the network as it is now and set it; the training rows' logits."""
    backbone, rows = run.backbone, [*run.split.train, *run.split.val]
    backbone.model.eval()
    found: dict[int, Tensor] = {}
    for batch, inputs in backbone.answer_batches(rows):
        own = backbone.at_depth(backbone.features(inputs), backbone.depths[-1])
        found |= zip(batch, own.float().cpu().clone(), strict=True)
    parts = [torch.stack([found[row] for row in part]) for part in (run.split.train, run.split.val)]
    targets = [run.objective.targets[list(part)] for part in (run.split.train, run.split.val)]
    fitting = fit_head(
        (parts[0], targets[0]), (parts[1], targets[1]), len(run.data.labels), ProbeControls(), run.stopping,
        refit=False, weights=run.objective.weights,
    )  # fmt: skip
    head = _last(fitting)
    set_head(run, head)
    return head.logits(parts[0])


def _last(records: Generator[Progress, None, Any]) -> Any:
    while True:
        try:
            next(records)
        except StopIteration as end:
            return end.value
