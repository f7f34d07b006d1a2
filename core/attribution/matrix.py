"""Which method serves which model, and why one does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.attribution import METHODS, Kind, Method
from core.attribution.base import Classifier


@dataclass(frozen=True)
class Served:
    """A method, and for each model by name: None where it serves, else the reason in one sentence."""

    method: Method
    reasons: Mapping[str, str | None]


def unsuitable(method: Method, classifier: Classifier) -> str | None:
    """None, or the reason in one sentence why ``method`` cannot serve this model."""
    return method.reason_against(classifier)


def matrix(classifiers: Mapping[str, Classifier], kind: Kind, methods: Sequence[Method] = METHODS) -> list[Served]:
    """A row a method of ``kind``, a column a classifier; nothing is run."""
    return [
        Served(method, {name: method.reason_against(classifier) for name, classifier in classifiers.items()})
        for method in methods
        if method.kind == kind
    ]
