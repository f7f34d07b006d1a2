"""The controls that a capability declares, so that pages draw themselves and the server checks what a browser sends.

A capability lists its controls as a tuple (an attribution method) or as the fields of a frozen settings
dataclass (a lab, a fine-tuning strategy)::

    @dataclass(frozen=True)
    class Settings:
        learning_rate: float = setting(FloatRange("learning_rate", "Learning rate", 1e-4, 1.0, 0.03, log=True))
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from core.errors import PlaygroundError

S = TypeVar("S")


@dataclass(frozen=True)
class IntRange:
    """A whole number in ``[low, high]``."""

    name: str
    label: str
    low: int
    high: int
    default: int
    help: str = ""
    step: int = 1
    advanced: bool = False

    def clean(self, value: Any) -> int:
        """``value`` as an int, or a `PlaygroundError` that names the range."""
        return int(_in_range(self, value, whole=True))


@dataclass(frozen=True)
class FloatRange:
    """A number in ``[low, high]``; ``log`` asks for a logarithmic control."""

    name: str
    label: str
    low: float
    high: float
    default: float
    help: str = ""
    step: float = 0.0
    log: bool = False
    advanced: bool = False

    def clean(self, value: Any) -> float:
        """``value`` as a float, or a `PlaygroundError` that names the range."""
        return _in_range(self, value, whole=False)


@dataclass(frozen=True)
class Choice:
    """One of ``options``; ``titles`` are what the visitor reads (the options themselves if empty)."""

    name: str
    label: str
    options: tuple[str, ...]
    default: str
    help: str = ""
    titles: tuple[str, ...] = ()
    advanced: bool = False

    def title(self, option: str) -> str:
        """The words shown for ``option``."""
        return self.titles[self.options.index(option)] if self.titles else option

    def clean(self, value: Any) -> str:
        """``value`` if it is one of the options, else a `PlaygroundError` that lists them."""
        if value not in self.options:
            raise PlaygroundError(f"{self.label}: choose one of {', '.join(self.options)}.")
        return value


@dataclass(frozen=True)
class Toggle:
    """Yes or no."""

    name: str
    label: str
    default: bool
    help: str = ""
    advanced: bool = False

    def clean(self, value: Any) -> bool:
        """``value`` as a bool, or a `PlaygroundError`."""
        if not isinstance(value, bool):
            raise PlaygroundError(f"{self.label}: choose on or off.")
        return value


@dataclass(frozen=True)
class IntList:
    """A short list of whole numbers, such as the neurons of each hidden layer; written ``8, 4``."""

    name: str
    label: str
    low: int
    high: int
    default: tuple[int, ...]
    help: str = ""
    max_length: int = 6
    advanced: bool = False

    def clean(self, value: Any) -> tuple[int, ...]:
        """``value`` (a sequence, or the text ``8, 4``) as a tuple, or a `PlaygroundError` that says the form."""
        words = value.replace(",", " ").split() if isinstance(value, str) else list(value)
        rule = (
            f"{self.label}: write up to {self.max_length} whole numbers from {self.low} to {self.high}, such as 8, 4."
        )
        try:
            numbers = tuple(int(word) for word in words)
        except (TypeError, ValueError):
            raise PlaygroundError(rule) from None
        if len(numbers) > self.max_length or not all(self.low <= n <= self.high for n in numbers):
            raise PlaygroundError(rule)
        return numbers


Param = IntRange | FloatRange | Choice | Toggle | IntList


def setting(param: Param) -> Any:
    """A dataclass field that holds ``param``'s value and remembers how to draw it."""
    return dataclasses.field(default=param.default, metadata={"param": param})


def params_of(settings: type) -> tuple[Param, ...]:
    """The controls of a settings dataclass, in the order of its fields."""
    found = []
    for f in dataclasses.fields(settings):
        param = f.metadata["param"]
        assert param.name == f.name, f"{settings.__name__}.{f.name} holds a control named {param.name}"
        found.append(param)
    return tuple(found)


def clean(params: tuple[Param, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter's checked value; what ``values`` lacks takes its default.

    Raises:
        PlaygroundError: a value out of range, or a name that no parameter has.
    """
    if unknown := sorted(set(values) - {p.name for p in params}):
        raise PlaygroundError(
            f"There is no setting called {unknown[0][:40]!r}; known are {', '.join(p.name for p in params)}."
        )
    return {p.name: p.clean(values.get(p.name, p.default)) for p in params}


def make(settings: type[S], values: Mapping[str, Any]) -> S:
    """A settings object from loose values, each checked by its control."""
    return settings(**clean(params_of(settings), values))


def _in_range(param: IntRange | FloatRange, value: Any, *, whole: bool) -> float:
    rule = f"{param.label}: give a {'whole ' if whole else ''}number from {param.low:g} to {param.high:g}."
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PlaygroundError(rule)
    if not param.low <= value <= param.high or (whole and value != int(value)):
        raise PlaygroundError(rule)
    return value
