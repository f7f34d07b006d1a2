"""A shared model comes back as it was, whatever was done to it."""

import pytest

from core.attribution.guard import as_it_was, hook_count
from tests.core.attribution import fakes


def leak(model) -> None:
    """Every kind of hook that Captum uses, none removed."""
    model.register_forward_hook(lambda *_: None)
    model.head.register_forward_pre_hook(lambda *_: None)
    model.head.register_full_backward_hook(lambda *_: None)
    model.features.register_full_backward_pre_hook(lambda *_: None)


@pytest.mark.parametrize("fails", [False, True])
def test_leaked_hooks_go_and_known_ones_stay(fails):
    model = fakes.convolutional().model
    model.head.register_forward_hook(lambda *_: None)
    try:
        with as_it_was(model):
            assert not model.training and not any(p.requires_grad for p in model.parameters())
            leak(model)
            assert hook_count(model) == 5
            if fails:
                raise ArithmeticError
    except ArithmeticError:
        assert fails
    assert hook_count(model) == 1
    assert model.training and all(p.requires_grad for p in model.parameters())


def test_a_model_half_frozen_and_half_training_stays_so():
    model = fakes.convolutional().model
    model.features.requires_grad_(False).eval()
    with as_it_was(model):
        model.requires_grad_(True).train()
    assert not any(p.requires_grad for p in model.features.parameters()) and not model.features.training
    assert all(p.requires_grad for p in model.head.parameters()) and model.head.training
