"""Every kind of control is drawn, lives in the address, and a forged value gets one sentence."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    from core.params import Choice, FloatRange, IntList, IntRange, Toggle
    from ui import frame, params

    controls = (
        IntRange("n_steps", "Path steps", 5, 200, 50),
        FloatRange("learning_rate", "Learning rate", 1e-4, 1.0, 0.03, log=True),
        FloatRange("noise", "Noise", 0.0, 0.5, 0.1, step=0.05),
        Choice("loss", "Loss", ("mse", "ce"), "mse", titles=("Squares", "Entropy")),
        Choice("many", "Many", ("a", "b", "c", "d", "e", "f"), "a"),
        Toggle("absolute", "Absolute", False, advanced=True),
        IntList("hidden", "Neurons", 1, 16, (8, 4)),
    )
    with frame.plain_errors():
        st.session_state["values"] = params.form(controls, "t")


def run(**query: str) -> AppTest:
    app = AppTest.from_function(script)
    for name, value in query.items():
        app.query_params[name.replace("__", ".")] = value
    return app.run()


DEFAULTS: dict[str, Any] = {
    "n_steps": 50,
    "learning_rate": 0.03,
    "noise": 0.1,
    "loss": "mse",
    "many": "a",
    "absolute": False,
    "hidden": (8, 4),
}


def test_defaults() -> None:
    app = run()
    assert not app.exception and app.session_state["values"] == DEFAULTS


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ({"t__n_steps": "7"}, "n_steps", 7),
        ({"t__noise": "0.25"}, "noise", 0.25),
        ({"t__loss": "Entropy"}, "loss", "ce"),
        ({"t__many": "d"}, "many", "d"),
        ({"t__hidden": "3, 2, 1"}, "hidden", (3, 2, 1)),
        ({"t__absolute": "true"}, "absolute", True),
        ({"t__learning_rate": "0.1"}, "learning_rate", 0.1),
    ],
)
def test_the_address_sets_a_control(query: dict[str, str], name: str, value: Any) -> None:
    assert run(**query).session_state["values"] == DEFAULTS | {name: value}


def test_nonsense_in_the_address_falls_back_or_is_told() -> None:
    app = run(t__n_steps="10000", t__loss="<b>", t__hidden="x")
    assert not app.exception
    assert "whole numbers" in app.error[0].value
