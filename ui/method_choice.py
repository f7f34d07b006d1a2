"""Choosing what to explain and how: the answer, the methods with their settings."""

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from core.attribution import METHODS_BY_NAME, Kind, methods_for
from ui import params
from ui.words import count, literal

LIKELIEST = "The likeliest"
MOST_AT_ONCE = 9
_FIRST = {
    "image": ["Grad-CAM", "Occlusion", "Integrated gradients"],
    "text": ["Layer integrated gradients", "Token ablation"],
    "next": ["Token ablation", "Layer gradient × activation"],
}


def answer_picker(labels: Sequence[str], targets: Sequence[int]) -> int:
    """The class to explain: the likeliest, unless the visitor asks for another; ``labels`` likeliest first."""
    twice = {label for label in labels if labels.count(label) > 1}
    names = {
        f"{label} ({target})" if label in twice else label: target
        for label, target in zip(labels, targets, strict=True)
    }
    chosen = st.selectbox("Answer to explain", [LIKELIEST, *names], key="answer", bind="query-params")
    return names.get(chosen, targets[0])


def method_picker(kind: Kind, classifier: Any, of: str = "") -> dict[str, dict[str, Any]]:
    """The chosen methods and their settings, in the order of the registry; those that cannot serve say why.

    Args:
        of: what is explained, where several kinds of questions share a kind of input; each keeps its own choice.
    """
    of = of or kind
    reasons = {method.name: method.reason_against(classifier) for method in methods_for(kind)}
    names = [name for name, reason in reasons.items() if reason is None]
    picked = st.multiselect(
        "Methods",
        names,
        [name for name in _FIRST[of] if name in names],
        key=f"{of}_methods",
        bind="query-params",
        max_selections=MOST_AT_ONCE,
        placeholder="Choose methods",
        help=f"{len(names)} methods serve this model; up to {MOST_AT_ONCE} stand side by side.",
    )
    if refused := {name: reason for name, reason in reasons.items() if reason}:
        with st.expander(f"{count(len(refused), 'method')} cannot serve this model"):
            for name, reason in refused.items():
                st.caption(f"**{name}**: {literal(reason)}")
    chosen = [METHODS_BY_NAME[name] for name in names if name in picked]
    settings: dict[str, dict[str, Any]] = {method.name: {} for method in chosen}
    if any(method.params for method in chosen):
        with st.expander("Settings of the methods", key="explain.settings"):
            for method in (m for m in chosen if m.params):
                st.markdown(f"**{method.name}**")
                settings[method.name] = params.form(method.params, key=method.slug)
    return settings


def with_baseline(names: Iterable[str]) -> list[str]:
    """Those of the methods called ``names`` that start from a baseline picture."""
    return [name for name in names if any(param.name == "baseline" for param in METHODS_BY_NAME[name].params)]
