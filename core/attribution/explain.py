"""Explain one answer: the one door through which every method is called."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from core.attribution.base import Attribution, Classifier, Encoding, Method
from core.attribution.guard import as_it_was
from core.attribution.watch import Report, Stopped, Watch, Watched
from core.device import give_back, growth
from core.errors import PlaygroundError
from core.params import clean

_MUCH = 100  # megabytes
_NETWORKS = ("model", "gradient_model", "folded_model")  # a text classifier has the first alone


def explain(
    classifier: Classifier,
    method: Method,
    inputs: Tensor | Encoding,
    target: int,
    *,
    own_baseline: Tensor | None = None,
    stopping: Callable[[], bool] | None = None,
    report: Report | None = None,
    **options: Any,
) -> Attribution:
    """Credit each part of ``inputs`` for the logit of class ``target``.

    Takes the model's lock, so that pages may share one model: methods hang hooks on it. The model and the caller's
    tensors are left exactly as they were, also after an exception.

    Args:
        classifier: a picture or text classifier of `core.models`.
        method: an entry of `core.attribution.METHODS`.
        inputs: pixels ``(B, 3, H, W)`` as the classifier's ``pixels`` makes them, or its ``encode``\\ d text.
        target: class index in ``[0, K)``.
        own_baseline: pixels ``(1, 3, H, W)`` that stand for "nothing here" instead of the setting ``baseline``.
        stopping: asked before every pass of the network; once true, the best map so far comes back with a note.
        report: told the fraction done after every pass, and now and then a rough map.
        options: the method's settings by name; what is left out takes its default.

    Raises:
        PlaygroundError: a setting or class out of range, or a method that cannot serve this model or input.
        Stopped: stopped before there was a map.
    """
    cleaned = clean(method.params, options)
    _check(classifier, method, inputs, target, own_baseline)
    if own_baseline is not None and "baseline" in cleaned:
        cleaned["baseline"] = "own"
    if isinstance(inputs, Tensor):
        inputs = inputs.detach().clone()

    def finished(made: Attribution) -> Attribution:
        seconds, values = time.perf_counter() - start, made.values.detach()
        return replace(made, values=values, method=method.name, seconds=seconds, megabytes=grown(), options=cleaned)

    def told(fraction: float, made: Attribution | None) -> None:
        if report:
            report(fraction, finished(made) if made else None)

    watch, start = Watch(stopping, told if report else None), time.perf_counter()
    try:
        with watch.holding(classifier.lock), growth() as grown, ExitStack() as stack, torch.enable_grad():
            for model in {getattr(classifier, name, classifier.model) for name in _NETWORKS}:
                stack.enter_context(as_it_was(model))
            stack.callback(lambda: give_back() if grown() > _MUCH else None)
            start = time.perf_counter()
            return finished(method.attribute(Watched(classifier, watch, own_baseline), inputs, target, **cleaned))
    except Stopped:
        if watch.best is None:
            raise
        return finished(replace(watch.best, notes=(*watch.best.notes, "You stopped it early: this is a rough map.")))


def refine(
    classifier: Classifier, method: Method, inputs: Tensor | Encoding, target: int, **options: Any
) -> Iterator[Attribution]:
    """A rough map at once (where the method has a quicker setting than the one asked for), then the full one.

    Takes what `explain` takes; a wish to stop after the rough map leaves that one standing.
    """
    quick = {name: value for name, value in method.preview.items() if _quicker(method, name, value, options)}
    if quick:
        yield explain(classifier, method, inputs, target, **{**options, **quick})
    stopping = options.get("stopping")
    if not (quick and stopping and stopping()):
        yield explain(classifier, method, inputs, target, **options)


def _quicker(method: Method, name: str, value: Any, options: dict[str, Any]) -> bool:
    """Whether the preview's ``value`` is quicker than what is asked for: beyond it, seen from the default."""
    default = next(param.default for param in method.params if param.name == name)
    asked = options.get(name, default)
    if not isinstance(asked, int | float) or isinstance(asked, bool):
        return value != asked
    return value < asked if value < default else value > asked


def _check(
    classifier: Classifier, method: Method, inputs: Tensor | Encoding, target: int, own_baseline: Tensor | None
) -> None:
    if reason := method.reason_against(classifier):
        raise PlaygroundError(reason)
    if (method.kind == "image") != isinstance(inputs, Tensor):
        raise PlaygroundError(f"{method.name} explains {method.kind}s: choose a method for the other kind of input.")
    if not 0 <= target < len(classifier.labels):
        raise PlaygroundError(f"There is no class {target}: choose one from 0 to {len(classifier.labels) - 1}.")
    if isinstance(inputs, Tensor) and not inputs.sum().isfinite():  # one value that is none spoils the sum
        raise PlaygroundError("The picture holds values that are not numbers: choose another picture.")
    if own_baseline is not None and isinstance(inputs, Tensor) and own_baseline.shape[1:] != inputs.shape[1:]:
        raise PlaygroundError("The picture used as baseline must have the size that the model sees.")
