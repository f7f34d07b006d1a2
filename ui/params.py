"""Widgets drawn from the controls that a capability declares."""

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.params import Choice, FloatRange, IntList, IntRange, Param, Toggle, clean

_MANY = 5  # options beyond which a list is folded into a select box


def form(params: tuple[Param, ...], key: str, *, disabled: bool = False) -> dict[str, Any]:
    """Draw every control and return the checked values by name.

    Each value lives in the URL under ``{key}.{name}``; what is marked advanced stands in an expander.

    Raises:
        PlaygroundError: a value that the control does not allow (browsers can send anything).
    """
    values = {p.name: draw(p, f"{key}.{p.name}", disabled=disabled) for p in params if not p.advanced}
    if rest := [p for p in params if p.advanced]:
        with st.expander("More settings", key=f"{key}.more"):
            values |= {p.name: draw(p, f"{key}.{p.name}", disabled=disabled) for p in rest}
    return clean(params, values)


def draw(param: Param, key: str, *, disabled: bool = False) -> Any:
    """One control as the widget that suits it; its value, not yet checked."""
    common: dict[str, Any] = {
        "key": key,
        "help": param.help or None,
        "disabled": disabled,
        "bind": "query-params",
    }
    match param:
        case IntRange():
            return st.slider(param.label, param.low, param.high, param.default, param.step, **common)
        case FloatRange(log=True):
            return _log_slider(param, common)
        case FloatRange():
            step = param.step or (param.high - param.low) / 100
            return st.slider(param.label, float(param.low), float(param.high), float(param.default), step, **common)
        case Toggle():
            return st.toggle(param.label, param.default, **common)
        case IntList():
            return st.text_input(param.label, ", ".join(map(str, param.default)), **common)
        case Choice():
            return _choice(param, common)


def prefill(values: Mapping[str, Any], params: tuple[Param, ...], key: str) -> None:
    """Set the controls of a form to ``values``; call it in a callback, before the form is drawn."""
    for param in params:
        if param.name in values:
            value = values[param.name]
            st.session_state[f"{key}.{param.name}"] = (
                ", ".join(map(str, value)) if isinstance(param, IntList) else value
            )


def _choice(param: Choice, common: dict[str, Any]) -> Any:
    if len(param.options) <= _MANY and sum(len(param.title(o)) for o in param.options) < 24:
        return st.segmented_control(
            param.label, param.options, default=param.default, format_func=param.title, required=True, **common
        )
    index = param.options.index(param.default)
    return st.selectbox(param.label, param.options, index=index, format_func=param.title, **common)


def _log_slider(param: FloatRange, common: dict[str, Any]) -> float:
    """A slider over 1-2-3-5-…-10 steps, as one reads a logarithmic axis; the default is always among them."""
    steps = {
        mantissa * 10.0**power
        for power in range(math.floor(math.log10(param.low)), math.ceil(math.log10(param.high)) + 1)
        for mantissa in (1, 2, 3, 5)
    }
    stops = sorted({float(f"{s:.3g}") for s in steps if param.low <= s <= param.high} | {param.default})
    return st.select_slider(param.label, stops, param.default, format_func=lambda v: f"{v:g}", **common)
