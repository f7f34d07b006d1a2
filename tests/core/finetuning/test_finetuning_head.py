from dataclasses import replace

import pytest
import torch

from core.finetuning.backbone import TOKENS_AT_ONCE, Backbone
from core.finetuning.head import Head, fit_head
from core.finetuning.strategies.settings import ProbeSettings


def blobs(count: int, distance: float, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Two clouds in ten dimensions, the scales of which differ a thousandfold."""
    torch.manual_seed(seed)
    targets = torch.arange(count) % 2
    features = torch.randn(count, 10) + distance * targets[:, None]
    return features * torch.logspace(-2, 1, 10) + 3, targets


def fit(settings: ProbeSettings = ProbeSettings(), distance: float = 2.0, *, refit: bool = True, stopping=None) -> Head:
    epochs = fit_head(
        blobs(80, distance), blobs(40, distance, 1), 2, settings, stopping or (lambda: False), refit=refit
    )
    while True:
        try:
            next(epochs)
        except StopIteration as end:
            return end.value


def accuracy(head: Head, distance: float) -> float:
    features, targets = blobs(400, distance, 2)
    return float((head.logits(features).argmax(1) == targets).float().mean())


def test_clouds_are_parted_whatever_their_scale() -> None:
    assert accuracy(fit(), 2.0) > 0.95


def test_without_a_difference_it_stays_near_chance() -> None:
    assert 0.4 < accuracy(fit(distance=0.0), 0.0) < 0.6


def test_it_stops_after_its_patience() -> None:
    head = fit(ProbeSettings(learning_rate=0.1, early_stopping_patience=5), 0.3)
    assert len(head.history) == head.best_epoch + 5 < 300
    assert min(head.history, key=lambda r: r["val_loss"])["epoch"] == pytest.approx(head.best_epoch, abs=1)


def test_folded_weights_answer_as_the_standardised_layer_did() -> None:
    train, val = blobs(80, 1.0), blobs(40, 1.0, 1)
    head = fit(ProbeSettings(num_train_epochs=7), 1.0, refit=False)
    logits = head.logits(val[0])
    loss = torch.nn.functional.cross_entropy(logits, val[1])
    assert float(loss) == pytest.approx(head.history[head.best_epoch - 1]["val_loss"], abs=1e-5)
    assert torch.isfinite(head.logits(train[0])).all()


def test_a_feature_that_never_varies_does_no_harm() -> None:
    features, targets = blobs(40, 2.0)
    features[:, 3] = 7.0
    epochs = fit_head((features, targets), (features, targets), 2, ProbeSettings(num_train_epochs=3), refit=True)
    head = None
    while head is None:
        try:
            next(epochs)
        except StopIteration as end:
            head = end.value
    assert torch.isfinite(head.weight).all() and torch.isfinite(head.bias).all()


def test_refit_uses_the_validation_part_too() -> None:
    assert not torch.equal(fit(refit=True).weight, fit(refit=False).weight)


def test_stop_keeps_what_there_is() -> None:
    head = fit(stopping=lambda: True)
    assert len(head.history) == 1 and head.best_epoch == 1


@pytest.mark.parametrize(
    "change",
    [{"learning_rate": 0.01}, {"num_train_epochs": 3}, {"weight_decay": 5.0}, {"early_stopping_patience": 1}],
)
def test_every_setting_changes_the_run(change: dict) -> None:
    plain = ProbeSettings(learning_rate=0.02, early_stopping_patience=40)
    one, other = fit(plain, 0.3), fit(replace(plain, **change), 0.3)
    assert one.history != other.history or not torch.equal(one.weight, other.weight)


class _Lengths(Backbone):
    """A backbone of lengths alone; long examples must come in small batches, so that Stop is heard between them."""

    answer_batch = 32

    def __init__(self, lengths: list[int]) -> None:
        self.lengths = lengths

    def size(self, row: int) -> int:
        return self.lengths[row]

    def inputs(self, rows):
        return {}


def test_answers_come_in_batches_of_few_tokens(monkeypatch):
    monkeypatch.setattr(_Lengths, "__abstractmethods__", frozenset())
    lengths = [256, 8] * 50
    batches = [rows for rows, _ in _Lengths(lengths).answer_batches(range(100))]
    assert sorted(row for rows in batches for row in rows) == list(range(100))
    assert max(len(rows) * max(lengths[row] for row in rows) for rows in batches) <= TOKENS_AT_ONCE
    assert max(map(len, batches)) == 32
