"""The sidebar of the Transfer learning page: what is trained, how, from which weights, and what it will cost."""

import random
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.data.augmentation import augment
from core.data.labelled import Labelled, LabelledImages, contact_sheet
from core.finetuning import STRATEGIES, Strategy
from core.finetuning.estimate import estimate
from core.models import ModelCard, cards_for
from core.params import params_of
from ui import params, resources
from ui.words import literal

TASKS = {"image": ("image-classification", "base"), "text": ("text-encoding", "text_base")}
OWN_TASKS = {"image": "image-classification", "text": "text-classification"}
_STRATEGY = "strategy"
_PREVIEWED = 8


@dataclass(frozen=True)
class Request:
    """What a job's parameters hold beside the title, and the card of the model that it starts from."""

    params: dict[str, Any]
    card: ModelCard


def request(kind: str, data: Labelled | None) -> Request:
    """Draw the controls for examples of ``kind``; ``data`` is None while there are none.

    Raises:
        PlaygroundError: the chosen model cannot be had, or a value is out of range.
    """
    task, key = TASKS[kind]
    card = resources.model(task, key, cards_shown=(*cards_for(task), *resources.own_cards(OWN_TASKS[kind])))
    strategy = _strategy(kind, card, data)
    weights = st.segmented_control(
        "Start from",
        ["pretrained", "random"],
        default="pretrained",
        format_func=str.capitalize,
        key="weights",
        bind="query-params",
        required=True,
        help="From pretrained or from random weights; random ones show what pretraining gives.",
    )
    control = st.toggle(
        "Train a control too",
        False,
        key="control",
        bind="query-params",
        disabled=weights == "random",
        help="Afterwards the same network learns the same from random weights; the report puts both side by side.",
    )
    settings = params.form(params_of(strategy.settings[kind]), f"{strategy.name}.{kind}")
    if isinstance(data, LabelledImages) and len(data) and settings.get("augmentation", "none") != "none":
        _preview(data, settings["augmentation"])
    chosen = {
        "base": card.slug,
        "strategy": strategy.name,
        "weights": weights,
        "control": control and weights == "pretrained",
        "settings": settings,
    }
    return Request(chosen, card)


def switch_on(setting: str, kind: str) -> None:
    """Switch a setting on in every strategy that has it; for a button's callback."""
    for strategy in _having(setting, kind):
        st.session_state[f"{strategy.name}.{kind}.{setting}"] = True


def is_on(setting: str, kind: str) -> bool:
    """Whether the chosen strategy has the setting switched on."""
    return bool(st.session_state.get(f"{st.session_state.get(_STRATEGY, STRATEGIES[0].name)}.{kind}.{setting}"))


def can_switch_on(setting: str, kind: str) -> bool:
    """Whether any strategy has such a setting."""
    return bool(_having(setting, kind))


def _having(setting: str, kind: str) -> list[Strategy]:
    offered = [strategy for strategy in STRATEGIES if kind in strategy.settings]
    return [one for one in offered if setting in {param.name for param in params_of(one.settings[kind])}]


def _strategy(kind: str, card: ModelCard, data: Labelled | None) -> Strategy:
    offered = {strategy.name: strategy for strategy in STRATEGIES if kind in strategy.settings}
    if st.session_state.get(_STRATEGY) not in offered:
        st.session_state.pop(_STRATEGY, None)
    count = len(data) if data is not None else 0
    name = st.radio(
        "What learns",
        list(offered),
        format_func=lambda n: _title(offered[n]),
        captions=[_caption(strategy, card, kind, count) for strategy in offered.values()],
        key=_STRATEGY,
        bind="query-params",
    )
    return offered[name]


def _title(strategy: Strategy) -> str:
    return f"{strategy.title} (recommended)" if strategy.recommended else strategy.title


def _caption(strategy: Strategy, card: ModelCard, kind: str, examples: int) -> str:
    """What learns, and what it will cost with the settings as they stand."""
    trains = literal(strategy.trains)
    if not examples:
        return trains
    fields = params_of(strategy.settings[kind])
    settings = {p.name: st.session_state.get(f"{strategy.name}.{kind}.{p.name}", p.default) for p in fields}
    says = estimate(strategy, card, kind, examples, settings).says
    return f"{trains} {literal(says[:1].upper() + says[1:])}."


def _preview(data: LabelledImages, strength: str) -> None:
    """One of the visitor's pictures, changed as training will change it."""
    turn = st.session_state.get("augmentation.turn", 0)
    picture, dice = data.image(turn % len(data)), random.Random(turn)
    changed = [augment(picture, strength, dice) for _ in range(_PREVIEWED)]
    st.image(
        contact_sheet(changed, columns=4), width="stretch", alt=f"One of your pictures, changed {_PREVIEWED} times"
    )
    st.button("Another picture", on_click=_turn, args=(len(data),), key="augmentation.another")


def _turn(count: int) -> None:
    st.session_state["augmentation.turn"] = (st.session_state.get("augmentation.turn", 0) + 1 + count // 7) % count
