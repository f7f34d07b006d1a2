"""Explanations side by side: each method's map, what it cost, and whether it beats its controls; then the tabs."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core.attribution import METHODS_BY_NAME, Kind, methods_for
from core.attribution.describe import describe_trust
from core.attribution.metrics import completeness
from core.attribution.result import Explained, evidence_row
from core.data import tables
from core.plots.erasing import erasing
from ui import figures, params, source
from ui.words import literal

if TYPE_CHECKING:
    from ui.explaining import Curves

LIKELIEST = "The likeliest"
_FIRST = {"image": ["Grad-CAM", "Occlusion", "Integrated gradients"], "text": [m.name for m in methods_for("text")]}
_GOAL = {
    "deletion": "Strongest evidence erased first: a smaller area is better.",
    "insertion": "Strongest evidence shown first: a larger area is better.",
}
_TABS = ["What this says", "Numbers", "The code that ran", "Take away"]


@dataclass(frozen=True)
class Subject:
    """What is explained, and how its results are drawn.

    Attributes:
        label: the class.
        explain: method name and settings → what it found.
        draw: shows one result.
        judge: one result → its curves.
        describe: one result in two sentences.
        parts: one result as rows of a table, strongest first.
        control: which control the curves are compared with.
        caveat: what to keep in mind about the curves.
    """

    label: str
    explain: Callable[[str, dict[str, Any]], Explained]
    draw: Callable[[Explained], object]
    judge: Callable[[Explained], "Curves"]
    describe: Callable[[Explained], str]
    parts: Callable[[Explained], list[dict[str, Any]]]
    control: str
    caveat: str


@dataclass(frozen=True)
class Judged:
    """A result with its curves."""

    explained: Explained
    curves: "Curves"


def answer_picker(labels: Sequence[str], targets: Sequence[int]) -> int:
    """The class to explain: the likeliest, unless the visitor asks for another; ``labels`` likeliest first."""
    twice = {label for label in labels if labels.count(label) > 1}
    names = {
        f"{label} ({target})" if label in twice else label: target
        for label, target in zip(labels, targets, strict=True)
    }
    chosen = st.selectbox("Answer to explain", [LIKELIEST, *names], key="answer", bind="query-params")
    return names.get(chosen, targets[0])


def method_picker(kind: Kind) -> dict[str, dict[str, Any]]:
    """The chosen methods and their settings, in the order of the registry."""
    names = [method.name for method in methods_for(kind)]
    picked = st.pills(
        "Methods", names, selection_mode="multi", default=_FIRST[kind], key=f"{kind}_methods", bind="query-params"
    )
    chosen = [METHODS_BY_NAME[name] for name in names if name in picked]
    settings: dict[str, dict[str, Any]] = {method.name: {} for method in chosen}
    if any(method.params for method in chosen):
        with st.expander("Settings of the methods", key="explain.settings"):
            for method in (m for m in chosen if m.params):
                st.markdown(f"**{method.name}**")
                settings[method.name] = params.form(method.params, key=method.slug)
    return settings


def side_by_side(subject: Subject, chosen: Mapping[str, dict[str, Any]], first: Callable[[], None]) -> list[Judged]:
    """A column for the input and one a method: first all maps, then the evidence below them."""
    head, *columns = st.columns(1 + len(chosen), gap="medium")
    with head:
        first()
    places = []
    for column, name in zip(columns, chosen, strict=True):
        column.markdown(f"**{name}**", help=METHODS_BY_NAME[name].summary)
        places.append((column.empty(), column.container()))
        places[-1][0].skeleton(height=220)
    found = []
    for (place, _), (name, options) in zip(places, chosen.items(), strict=True):
        found.append(subject.explain(name, options))
        with place.container():
            subject.draw(found[-1])
            st.caption(_cost(found[-1]), help=completeness.CAVEAT if found[-1].gap else None)
    judged = []
    for (_, place), explained in zip(places, found, strict=True):
        with place, st.spinner("Testing the map…"):
            judged.append(Judged(explained, subject.judge(explained)))
            _evidence(judged[-1], subject)
    return judged


def tabs(subject: Subject, judged: Sequence[Judged], files: Callable[[Explained], None]) -> None:
    """What it says, the numbers, the code, and what can be taken away; each drawn when it is opened."""
    says, numbers, code, take = st.tabs(_TABS, key="explain.tabs", on_change="rerun")
    with says:
        if says.open:
            for one in judged:
                st.write(literal(f"{subject.describe(one.explained)} {_trust(one, subject.control)}"))
            st.caption(f"{literal(subject.caveat)} No single figure says that a map is right.")
    with numbers:
        if numbers.open:
            _table([evidence_row(one.explained, one.curves) for one in judged], "Areas, gaps and seconds by method")
            for one in judged:
                st.markdown(f"**{one.explained.method.name}**, strongest for and against")
                parts = subject.parts(one.explained)
                _table(parts if len(parts) <= 10 else [*parts[:7], *parts[-3:]], f"{one.explained.method.name}, ranked")
    with code:
        if code.open:
            for one in judged:
                source.show(sys.modules[one.explained.method.attribute.__module__])
                st.caption(f"Read more: {one.explained.method.reference}")
    with take:
        if take.open:
            with st.container(horizontal=True):
                for one in judged:
                    files(one.explained)
            with st.container(horizontal=True):
                rows = [evidence_row(one.explained, one.curves) for one in judged]
                _download("Evidence", rows, "evidence.csv")
                parts = [
                    {"method": one.explained.method.name, **p} for one in judged for p in subject.parts(one.explained)
                ]
                _download("Ranked evidence", parts, "attributions.csv")


def _cost(explained: Explained) -> str:
    if explained.gap is None:
        return f"{explained.seconds:.2g} s"
    return f"{explained.seconds:.2g} s · gap {explained.gap.gap:+.2f} logits, {100 * explained.gap.share:.2g} %"


def _evidence(one: Judged, subject: Subject) -> None:
    for kind, curve in one.curves.items():
        band = curve.controls[subject.control]
        verdict = {True: "Better than", False: "Worse than", None: "Much like"}[curve.beats(subject.control)]
        st.markdown(f"{kind.capitalize()} **{curve.auc:.2f}**", help=f"{_GOAL[kind]} {subject.caveat}")
        alt = describe_trust(curve, subject.control)
        figures.show(erasing(curve, subject.label, control=subject.control), f"{one.explained.method.slug}.{kind}", alt)
        st.caption(f"{verdict} {band.says}, {min(band.aucs):.2f}–{max(band.aucs):.2f}")


def _trust(one: Judged, control: str) -> str:
    return " ".join(describe_trust(curve, control) for curve in one.curves.values())


def _table(rows: list[dict[str, Any]], alt: str) -> None:
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=alt)


def _download(label: str, rows: list[dict[str, Any]], name: str) -> None:
    csv = tables.safe_csv(pd.DataFrame(rows))
    st.download_button(f"{label}, CSV", csv, name, "text/csv", icon=":material/download:", on_click="ignore")
