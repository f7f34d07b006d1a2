"""A method while it runs: every knob turns something, Stop stops, a rough look comes first, memory is bounded."""

import threading

import pytest
import torch
from torch import nn

from core.attribution import METHODS, METHODS_BY_NAME, explain, refine, room
from core.attribution.guard import hook_count
from core.attribution.result import refined
from core.attribution.watch import Stopped
from core.errors import PlaygroundError
from core.params import Choice, Toggle
from tests.core.attribution import fakes
from tests.core.attribution.test_agreement import plain

KNOBS = [(method, param) for method in METHODS for param in method.params]
# Where a knob acts only beside another setting.
BESIDE = {"stride": {"window": 16}, "more": {"n_steps": 5}, "n_noise": {"baseline": "noise"}}


def subject(method):
    if method.kind == "text":
        return fakes.transformer_of_texts(), fakes.encoding()
    classifier = plain(nn.ReLU)
    return classifier if method.fits(classifier) is None else fakes.transformer_of_pictures(), fakes.pixels()


def other(param):
    if isinstance(param, Choice):
        return next(option for option in reversed(param.options) if option != param.default)
    if isinstance(param, Toggle):
        return not param.default
    return param.high if param.default == param.low else param.low


@pytest.mark.parametrize(("method", "param"), KNOBS, ids=[f"{m.slug}-{p.name}" for m, p in KNOBS])
def test_every_knob_changes_the_map(method, param):
    classifier, inputs = subject(method)
    quick = {name: value for name, value in method.preview.items() if name not in (param.name, "baseline")}
    options = {**quick, **BESIDE.get(param.name, {})}
    before = explain(classifier, method, inputs, 1, **options).values
    after = explain(classifier, method, inputs, 1, **{**options, param.name: other(param)}).values
    assert (before - after).abs().max() > 1e-6 * before.abs().max()


COMPARING = [m for m in METHODS if m.kind == "image" and any(p.name == "baseline" for p in m.params)]


@pytest.mark.parametrize("method", COMPARING, ids=lambda m: m.slug)
def test_the_visitors_own_picture_serves_as_baseline(method):
    classifier, pixels = subject(method)
    own = fakes.pixels(seed=9)
    quick = {k: v for k, v in method.preview.items() if k != "baseline"}
    made = explain(classifier, method, pixels, 1, own_baseline=own, **quick)
    assert made.options["baseline"] == "own"
    assert not torch.allclose(made.values, explain(classifier, method, pixels, 1, **quick).values)
    with pytest.raises(PlaygroundError, match="the size that the model sees"):
        explain(classifier, method, pixels, 1, own_baseline=own[..., :8])


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.slug)
def test_stop_before_the_first_pass_says_so_and_leaves_the_model_clean(method):
    classifier, inputs = subject(method)
    with pytest.raises(Stopped):
        explain(classifier, method, inputs, 1, stopping=lambda: True)
    assert hook_count(classifier.model) == 0
    assert classifier.lock.acquire(blocking=False)
    classifier.lock.release()


def test_stop_half_way_keeps_the_rough_map():
    classifier, pixels = plain(), fakes.pixels()
    method = METHODS_BY_NAME["Integrated gradients"]
    offered = []
    made = explain(
        classifier,
        method,
        pixels * 30,
        1,
        n_steps=5,
        stopping=lambda: bool(offered),
        report=lambda _, rough: offered.append(rough) if rough else None,
    )
    assert len(offered) == 1 and torch.equal(made.values, offered[0].values)
    assert "stopped it early" in made.notes[-1]


def test_reports_grow_to_the_whole():
    told: list[float] = []
    method = METHODS_BY_NAME["Shapley sampling"]
    explain(plain(), method, fakes.pixels(), 1, report=lambda fraction, _: told.append(fraction))
    assert told == sorted(told) and told[0] == 0 and 0.8 < told[-1] <= 1


def test_whoever_waits_for_the_model_can_stop_too():
    classifier, pixels = plain(), fakes.pixels()
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with classifier.lock:
            held.set()
            release.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    with pytest.raises(Stopped):
        explain(classifier, METHODS_BY_NAME["Saliency"], pixels, 1, stopping=lambda: True)
    release.set()
    thread.join()


def test_a_rough_look_comes_first_where_it_is_quicker():
    classifier, pixels = plain(), fakes.pixels()
    rough, full = refine(classifier, METHODS_BY_NAME["SmoothGrad"], pixels, 1, n_samples=30)
    assert rough.options["n_samples"] == 4 and full.options["n_samples"] == 30
    assert len(list(refine(classifier, METHODS_BY_NAME["SmoothGrad"], pixels, 1, n_samples=3))) == 1
    assert len(list(refine(classifier, METHODS_BY_NAME["Saliency"], pixels, 1))) == 1
    coarse, fine = refine(classifier, METHODS_BY_NAME["Occlusion"], pixels, 1, window=16, stride=8)
    assert coarse.options["stride"] == 64 and fine.options["stride"] == 8, "a larger stride is quicker"


def test_the_rough_look_is_handed_over_before_the_full_one_is_begun():
    classifier, pixels, told = plain(), fakes.pixels(), []
    steps = refined(classifier, pixels, "SmoothGrad", 1, {"n_samples": 30}, lambda fraction, _: told.append(fraction))
    assert next(steps).rough
    begun = len(told)
    assert not next(steps).rough and len(told) > begun
    (alone,) = refined(classifier, pixels, "SmoothGrad", 1, {"n_samples": 3}, lambda *_: None)
    assert not alone.rough
    own = {"own_baseline": pixels * 0, "baseline": "noise", "n_noise": 4}
    assert not any(one.rough for one in refined(classifier, pixels, "DeepLiftSHAP", 1, own, lambda *_: None))


def test_more_steps_close_the_gap_or_a_note_says_that_it_stayed():
    classifier, pixels = plain(), fakes.pixels() * 30
    method = METHODS_BY_NAME["Integrated gradients"]
    rough = explain(classifier, method, pixels, 1, n_steps=5, more=False)
    fine = explain(classifier, method, pixels, 1, n_steps=5)
    assert rough.delta.abs() > fine.delta.abs() and "5 steps" in rough.notes[0]
    moved = fine.values.sum() - fine.delta
    assert fine.delta.abs() < 0.01 * moved.abs() or fine.notes


def test_a_batch_is_as_large_as_memory_allows(monkeypatch):
    classifier, pixels = plain(), fakes.pixels()

    def rows(**options) -> int:
        return room.at_once(classifier.model, classifier.forward, pixels, **options)

    assert rows(gradient=True, most=8) == 8 and hook_count(classifier.model) == 0
    monkeypatch.setattr(room, "free_mb", lambda: 0)
    assert rows(gradient=True, most=8) == 1
    monkeypatch.setattr(room, "free_mb", lambda: 1)
    assert 1 < rows(gradient=True, most=100) <= rows(gradient=False, most=100) < 100
