"""Explain one answer: the one door through which every method is called."""

import time
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from core.attribution.base import Attribution, Classifier, Encoding, Method
from core.attribution.guard import as_it_was
from core.errors import PlaygroundError
from core.params import clean


def explain(
    classifier: Classifier, method: Method, inputs: Tensor | Encoding, target: int, **options: Any
) -> Attribution:
    """Credit each part of ``inputs`` for the logit of class ``target``.

    Takes the model's lock, so that pages may share one model: Captum's methods hang hooks on it. The model and the
    caller's tensors are left exactly as they were, also after an exception.

    Args:
        classifier: a picture or text classifier of `core.models`.
        method: an entry of `core.attribution.METHODS`.
        inputs: pixels ``(B, 3, H, W)`` as the classifier's ``pixels`` makes them, or its ``encode``\\ d text.
        target: class index in ``[0, K)``.
        options: the method's settings by name; what is left out takes its default.

    Raises:
        PlaygroundError: a setting or class out of range, or a method that cannot serve this model or input.
    """
    cleaned = clean(method.params, options)
    _check(classifier, method, inputs, target)
    if isinstance(inputs, Tensor):
        inputs = inputs.detach().clone()
    with classifier.lock, as_it_was(classifier.model), torch.enable_grad():
        start = time.perf_counter()
        attribution = method.attribute(classifier, inputs, target, **cleaned)
        seconds = time.perf_counter() - start
    return replace(
        attribution, values=attribution.values.detach(), method=method.name, seconds=seconds, options=cleaned
    )


def _check(classifier: Classifier, method: Method, inputs: Tensor | Encoding, target: int) -> None:
    if reason := method.fits(classifier):
        raise PlaygroundError(reason)
    if (method.kind == "image") != isinstance(inputs, Tensor):
        raise PlaygroundError(f"{method.name} explains {method.kind}s: choose a method for the other kind of input.")
    if not 0 <= target < len(classifier.labels):
        raise PlaygroundError(f"There is no class {target}: choose one from 0 to {len(classifier.labels) - 1}.")
    if isinstance(inputs, Tensor) and not torch.isfinite(inputs).all():
        raise PlaygroundError("The picture holds values that are not numbers: choose another picture.")
