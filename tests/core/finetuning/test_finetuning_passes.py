"""A batch of texts learns in passes of few tokens and few shapes, and learns the same."""

import random
from pathlib import Path

import pytest
import torch

from core.data.labelled import LabelledTexts
from core.finetuning import backbones, text_backbone
from core.finetuning.backbone import TOKENS_AT_ONCE
from core.finetuning.run import Run
from core.finetuning.split import split
from core.finetuning.strategies.engine import Plan, Stepper, plain_batches, plain_loss
from core.finetuning.strategies.learning import unfreeze
from core.finetuning.strategies.settings import TextFullSettings

RATE = 0.1


def of_many_lengths(count: int = 96) -> LabelledTexts:
    dice = random.Random(1)
    examples = tuple(" ".join(dice.choices(("tea", "film", "day"), k=dice.randint(2, 120))) for _ in range(count))
    return LabelledTexts(examples, tuple(i % 3 % 2 for i in range(count)), ("a", "b"), ())


def begun(card, folder: Path) -> Run:
    data, settings = of_many_lengths(), TextFullSettings(class_weights=True, learning_rate=RATE)
    return Run(
        data,
        split(data, seed=0, valid_split=0.2),
        settings,
        backbones.load(card, data, settings),
        folder,
        lambda: False,
    )


def stepped(run: Run, *, whole: bool = False) -> tuple[list[int], float, list[torch.Tensor]]:
    """How many texts each pass of one step held, its loss, and the weights after it; no dropout, 32 bits."""
    learning, plain, seen = unfreeze(run.backbone, [*run.backbone.body(), run.backbone.head]), plain_loss(run), []

    def loss(forward, rows, batch, seed):
        seen.append(len(rows))
        return plain(forward, rows, batch, seed)

    torch.nn.init.normal_(run.backbone.head.weight, generator=torch.Generator().manual_seed(0))
    plan = Plan(learning, lambda: (yield {}), loss, plain_batches(run), lambda state: "", whole=whole)
    stepper = Stepper(run, plan, torch.optim.SGD(learning.parameters.values(), lr=RATE))
    stepper.low_precision = False
    batch = list(run.split.train)[:15]
    value, logits = stepper.step(batch, batch, 1, 1.0)
    assert logits.shape == (15, 2)
    return seen, value, [p.detach().clone() for p in learning.parameters.values()]


def test_an_epoch_has_few_shapes(tiny_text, own_home: Path, tmp_path: Path) -> None:
    run = begun(tiny_text, tmp_path)
    shapes, rows = set(), []
    for epoch in range(6):
        for batch in plain_batches(run)(epoch):
            for part in run.backbone.passes(batch):
                rows += part
                shapes.add(tuple(run.backbone.inputs(part)["input_ids"].shape))
    assert sorted(rows) == sorted(6 * list(run.split.train)), "every text once an epoch"
    assert all(length % 16 == 0 and count * length <= TOKENS_AT_ONCE for count, length in shapes)
    assert len(shapes) <= 16  # eight lengths, in full batches and in the last
    assert run.backbone.passes([]) == [[]]


def test_a_step_in_passes_is_the_step_of_the_batch(
    tiny_text, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = stepped(begun(tiny_text, tmp_path), whole=True)
    monkeypatch.setattr(text_backbone, "TOKENS_AT_ONCE", 512)
    parts = stepped(begun(tiny_text, tmp_path))
    assert whole[0] == [15] and parts[0] == [4, 4, 4, 3]
    assert parts[1] == pytest.approx(whole[1], abs=1e-5)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(whole[2], parts[2], strict=True))


def test_a_single_long_text_is_a_pass_of_its_own(
    tiny_text, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_backbone, "TOKENS_AT_ONCE", 16)
    assert begun(tiny_text, tmp_path).backbone.passes([0, 1, 2]) == [[0], [1], [2]]
