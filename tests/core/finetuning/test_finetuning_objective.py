import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_class_weight

from core.data.labelled import LabelledTexts
from core.finetuning.depth import left_out_error
from core.finetuning.objective import Objective, loss_of, right_of, weights_of
from core.finetuning.strategies.contrastive import supervised_contrast
from core.finetuning.strategies.schedule import factor, waited
from core.finetuning.strategies.settings import SCHEDULES

TARGETS = (0, 0, 0, 0, 0, 1, 1, 2)
SETS = ((0,), (0, 1), (1,), (0, 2), (0,), (1, 2), (2,), (0, 1, 2))


def data(*, several: bool) -> LabelledTexts:
    return LabelledTexts(tuple("abcdefgh"), TARGETS, ("x", "y", "z"), (), target_sets=SETS if several else ())


def logits() -> torch.Tensor:
    return torch.randn(8, 3, generator=torch.Generator().manual_seed(1))


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    expected = compute_class_weight("balanced", classes=np.arange(3), y=np.array(TARGETS))
    assert weights_of(torch.tensor(TARGETS), 3).tolist() == pytest.approx(expected.tolist())


def test_losses_are_those_of_scikit_learn() -> None:
    single, several = (
        Objective(data(several=False), range(8), class_weights=False),
        Objective(data(several=True), range(8), class_weights=False),
    )
    probs = logits().softmax(1).numpy()
    assert float(single.loss(logits(), range(8))) == pytest.approx(log_loss(TARGETS, probs, labels=range(3)), abs=1e-6)
    columns = [log_loss(several.targets[:, k], logits()[:, k].sigmoid().numpy()) for k in range(3)]
    assert float(several.loss(logits(), range(8))) == pytest.approx(np.mean(columns), abs=1e-6)
    assert torch.equal(several.probs(logits()), logits().sigmoid())


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("weighs", [False, True])
def test_shares_of_a_batch_add_up_to_its_loss(several: bool, weighs: bool) -> None:
    objective = Objective(data(several=several), range(8), class_weights=weighs)
    batch = [7, 1, 4, 2, 6]
    parts = [batch[rank::2] for rank in range(2)]
    added = sum(float(objective.share(logits()[part], part, batch)) for part in parts)
    assert added == pytest.approx(float(objective.loss(logits()[batch], batch)), abs=1e-6)
    assert float(objective.share(logits()[:1], [], batch)) == 0.0


def test_a_set_is_right_only_as_a_whole() -> None:
    targets = torch.tensor([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    assert right_of(torch.tensor([[2.0, 1.0, -1.0], [2.0, 1.0, -1.0]]), targets).tolist() == [True, False]
    assert float(loss_of(targets * 40 - 20, targets)) < 1e-6


def test_the_surest_mistakes_come_first() -> None:
    objective = Objective(data(several=False), range(8), class_weights=False)
    sure = torch.tensor([[0.0, 9.0, 0.0], [0.0, 2.0, 0.0], [3.0, 0.0, 0.0]])
    assert [one[:2] for one in objective.wrong(sure, [0, 1, 2])] == [[0, 1], [1, 1]]


def test_the_error_left_out_is_that_of_fits_without_each() -> None:
    torch.manual_seed(0)
    features, wanted = torch.randn(20, 4), torch.nn.functional.one_hot(torch.arange(20) % 2).float()
    centred = ((features - features.mean(0)) / features.std(0, correction=0)).double().numpy()
    errors = []
    for ridge in (0.1, 0.3, 1.0, 3.0, 10.0):
        left = []
        for i in range(20):
            rest = [j for j in range(20) if j != i]
            fit = Ridge(alpha=ridge * 4).fit(centred[rest], wanted.numpy()[rest])
            left.append(((fit.predict(centred[i : i + 1])[0] - wanted[i].numpy()) ** 2).mean())
        errors.append(np.mean(left))
    assert left_out_error(features, wanted) == pytest.approx(min(errors), rel=0.02)


def test_contrast_by_hand() -> None:
    features = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    same = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    # Of two others one is alike at cosine 1, one is not at cosine 0; the third has nobody alike.
    expected = -math.log(math.e / (math.e + 1))
    assert float(supervised_contrast(features, same, 1.0)) == pytest.approx(expected, abs=1e-6)
    assert float(supervised_contrast(features, torch.eye(3).bool(), 1.0)) == 0.0


@pytest.mark.parametrize("kind", SCHEDULES)
def test_schedules_are_those_of_transformers(kind: str) -> None:
    from transformers import get_scheduler

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    name = "constant_with_warmup" if kind == "constant" else kind
    scheduler = get_scheduler(name, optimizer, num_warmup_steps=10, num_training_steps=100)
    theirs = []
    for _ in range(100):
        theirs.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    ours = [factor(kind, step, 100, 0.1) for step in range(100)]
    assert ours[:9] == pytest.approx(theirs[1:10]) and ours[10:] == pytest.approx(theirs[10:])
    assert factor(kind, 0, 10, 0.0) == 1.0


def test_waiting_counts_from_the_last_improvement_worth_it() -> None:
    history = [{"val_loss": loss} for loss in (1.0, 0.8, 0.79, 0.785, 0.9)]
    assert waited(history, 0.0) == 1
    assert waited(history, 0.05) == 3
