"""Every control accepts what it offers and answers anything else with one sentence."""

import math
from dataclasses import dataclass
from typing import Any

import pytest

from core.errors import PlaygroundError
from core.params import Choice, FloatRange, IntList, IntRange, Param, Toggle, clean, make, params_of, setting

PARAMS: tuple[Param, ...] = (
    IntRange("n_steps", "Path steps", 5, 200, 50),
    FloatRange("learning_rate", "Learning rate", 1e-4, 1.0, 0.03, log=True),
    Choice("baseline", "Baseline", ("black", "blur"), "black", titles=("Black", "Blurred")),
    Toggle("absolute", "Absolute values", False),
    IntList("hidden", "Neurons per hidden layer", 1, 16, (8, 4)),
)
BAD: tuple[tuple[str, Any], ...] = (
    ("n_steps", 4),
    ("n_steps", 201),
    ("n_steps", 7.5),
    ("n_steps", "50"),
    ("n_steps", True),
    ("learning_rate", math.nan),
    ("learning_rate", math.inf),
    ("learning_rate", 0.0),
    ("learning_rate", None),
    ("baseline", "noise"),
    ("absolute", 1),
    ("hidden", "8, x"),
    ("hidden", (8, 0)),
    ("hidden", (1,) * 7),
    ("hidden", [None]),
)


def test_what_is_not_given_takes_its_default() -> None:
    assert clean(PARAMS, {}) == {p.name: p.default for p in PARAMS}


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_forged_value_gets_one_sentence(name: str, value: Any) -> None:
    with pytest.raises(PlaygroundError) as told:
        clean(PARAMS, {name: value})
    label = next(p.label for p in PARAMS if p.name == name)
    assert str(told.value).startswith(label) and str(told.value).endswith(".")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(PlaygroundError, match="no setting called 'steps'"):
        clean(PARAMS, {"steps": 3})


def test_a_list_of_numbers_can_be_typed() -> None:
    assert clean(PARAMS, {"hidden": " 8,4 2"})["hidden"] == (8, 4, 2)
    assert clean(PARAMS, {"hidden": ""})["hidden"] == ()


def test_titles_belong_to_their_options() -> None:
    choice = PARAMS[2]
    assert isinstance(choice, Choice)
    assert [choice.title(o) for o in choice.options] == ["Black", "Blurred"]


def test_settings_carry_their_controls() -> None:
    @dataclass(frozen=True)
    class Settings:
        n_steps: int = setting(IntRange("n_steps", "Path steps", 5, 200, 50))

    assert params_of(Settings)[0].default == Settings().n_steps == 50
    assert make(Settings, {"n_steps": 7}) == Settings(n_steps=7)
    with pytest.raises(PlaygroundError):
        make(Settings, {"n_steps": 0})
