"""What every attribution method keeps, whoever adds it: shapes, the caller's tensors, the shared model."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from core.attribution import METHODS, METHODS_BY_NAME, Method, explain, methods_for
from core.attribution.guard import hook_count
from core.errors import PlaygroundError
from tests.core.attribution import fakes

EVERY = pytest.mark.parametrize("method", METHODS, ids=lambda m: m.slug)


def subject(method: Method):
    """The first classifier that suits the method, and an input of its kind."""
    pictures, texts = (fakes.convolutional, fakes.transformer_of_pictures), (fakes.bag, fakes.transformer_of_texts)
    made = [make() for make in (pictures if method.kind == "image" else texts)]
    classifier = next(one for one in made if method.fits(one) is None)
    return classifier, fakes.pixels() if method.kind == "image" else fakes.encoding()


def quickly(classifier, method: Method, inputs, target: int, **options):
    """`explain` with the method's rough settings: what is kept does not depend on them."""
    return explain(classifier, method, inputs, target, **{**method.preview, **options})


def tensor(inputs) -> torch.Tensor:
    return inputs if isinstance(inputs, torch.Tensor) else inputs.input_ids


def test_names_are_unique_and_every_entry_is_complete():
    assert len(METHODS_BY_NAME) == len(METHODS) == len({m.slug for m in METHODS})
    assert {*methods_for("image"), *methods_for("text")} == set(METHODS)
    for method in METHODS:
        assert method.reference.startswith("https://") and method.summary.endswith(".")


@EVERY
def test_shape_is_kept_and_values_are_plain_finite_tensors(method):
    classifier, inputs = subject(method)
    values = explain(classifier, method, inputs, 1).values
    assert values.shape == tensor(inputs).shape
    assert torch.isfinite(values).all() and values.abs().sum() > 0
    assert not values.requires_grad and not values.is_inference()


@EVERY
def test_the_callers_tensor_is_untouched(method):
    classifier, inputs = subject(method)
    before = tensor(inputs).clone()
    explain(classifier, method, inputs, 0)
    assert torch.equal(tensor(inputs), before)
    assert not tensor(inputs).requires_grad and tensor(inputs).grad is None


@EVERY
def test_the_model_is_left_as_it_was(method):
    classifier, inputs = subject(method)
    classifier.model.train()
    first, *_ = classifier.model.parameters()
    first.requires_grad_(False)
    asked = [p.requires_grad for p in classifier.model.parameters()]
    state = {k: v.clone() for k, v in classifier.model.state_dict().items()}
    explain(classifier, method, inputs, 0)
    assert [p.requires_grad for p in classifier.model.parameters()] == asked
    assert all(p.grad is None for p in classifier.model.parameters())
    assert all(m.training for m in classifier.model.modules())
    assert all(torch.equal(v, state[k]) for k, v in classifier.model.state_dict().items())
    assert hook_count(classifier.model) == 0


@EVERY
def test_no_hook_is_left_and_the_visitors_own_hook_stays_after_an_exception(method):
    classifier, inputs = subject(method)
    head, calls, last = classifier.model.head, [], []

    def count(*_) -> None:
        calls.append(())
        if last and len(calls) == last[0]:
            raise ArithmeticError("broken half-way")

    head.register_forward_hook(count)
    before = [set(vars(module)) for module in classifier.model.modules()]
    quickly(classifier, method, inputs, 0)  # the first run measures how much room the network needs
    calls.clear()
    quickly(classifier, method, inputs, 0)
    last.append(len(calls))
    calls.clear()
    with pytest.raises(ArithmeticError):
        quickly(classifier, method, inputs, 0)
    assert hook_count(classifier.model) == 1
    assert all(p.requires_grad for p in classifier.model.parameters())
    left = [set(vars(module)) - known for module, known in zip(classifier.model.modules(), before, strict=True)]
    assert not any(left)


@EVERY
def test_four_threads_on_one_model_agree_with_one(method):
    classifier, _ = subject(method)
    if method.kind == "image":
        inputs = [fakes.pixels(seed) for seed in range(4)]
    else:
        inputs = [fakes.encoding()] * 4
    alone = [quickly(classifier, method, x, 1).values for x in inputs]
    others = [m for m in METHODS if m.kind == method.kind and m.fits(classifier) is None]
    others = others[others.index(method) :] + others

    def both(i: int) -> torch.Tensor:
        quickly(classifier, others[i], inputs[i % 4], 0)  # another method's hooks come between
        return quickly(classifier, method, inputs[i % 4], 1).values

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(both, range(min(8, len(others)))))
    for i, values in enumerate(together):
        assert torch.allclose(values, alone[i % 4], atol=1e-6)
    assert hook_count(classifier.model) == 0


@EVERY
def test_signed_means_signed(method):
    classifier, inputs = subject(method)
    if method.kind == "image":
        lows = [explain(classifier, method, fakes.pixels(s), t).values.min() for s in range(3) for t in range(3)]
    else:
        lows = [explain(classifier, method, inputs, t).values.min() for t in range(3)]
    assert (min(lows) < 0) == method.signed


@EVERY
def test_it_records_what_made_it(method):
    classifier, inputs = subject(method)
    made = explain(classifier, method, inputs, 2)
    assert (made.method, made.target) == (method.name, 2) and made.seconds > 0
    assert set(made.options) == {p.name for p in method.params}


@EVERY
def test_the_same_options_give_the_same_map(method):
    classifier, inputs = subject(method)
    assert torch.equal(quickly(classifier, method, inputs, 0).values, quickly(classifier, method, inputs, 0).values)


@EVERY
@pytest.mark.parametrize("target", [-1, 3])
def test_a_class_that_is_not_there_is_told(method, target):
    classifier, inputs = subject(method)
    with pytest.raises(PlaygroundError, match="from 0 to 2"):
        explain(classifier, method, inputs, target)


def test_bad_settings_and_inputs_are_told_in_one_sentence():
    classifier, pixels = fakes.convolutional(), fakes.pixels()
    gradients = METHODS_BY_NAME["Integrated gradients"]
    with pytest.raises(PlaygroundError, match="Path steps"):
        explain(classifier, gradients, pixels, 0, n_steps=100_000)
    with pytest.raises(PlaygroundError, match="no setting called 'steps'"):
        explain(classifier, gradients, pixels, 0, steps=5)
    with pytest.raises(PlaygroundError, match="not numbers"):
        explain(classifier, gradients, pixels * float("nan"), 0)
    with pytest.raises(PlaygroundError, match="the other kind"):
        explain(classifier, METHODS_BY_NAME["Token ablation"], pixels, 0)
    with pytest.raises(PlaygroundError, match="feature maps"):
        explain(fakes.linear(), METHODS_BY_NAME["Grad-CAM"], pixels, 0)
