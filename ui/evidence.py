"""Explanations side by side: each method's map, what it cost, and whether it beats its controls; then the tabs."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.attribution import METHODS_BY_NAME, Kind, methods_for
from core.attribution.describe import describe_trust
from core.attribution.metrics import completeness
from core.attribution.metrics.base import Curve, Erased
from core.attribution.result import Explained, evidence_row
from core.data import tables
from core.plots.erasing import erasing
from ui import figures, params, source
from ui.explaining import Question, curves, explain, finished, frozen, rough
from ui.scrubbing import scrub
from ui.stoppable import Stoppable
from ui.words import count, literal

if TYPE_CHECKING:
    from ui.explaining import Curves

LIKELIEST = "The likeliest"
MOST_AT_ONCE = 9
_IN_ROW = 3
_FIRST = {
    "image": ["Grad-CAM", "Occlusion", "Integrated gradients"],
    "text": ["Layer integrated gradients", "Token ablation"],
}
_GOAL = {
    "deletion": "Strongest evidence erased first: a smaller area is better.",
    "insertion": "Strongest evidence shown first: a larger area is better.",
}
_TABS = ["What this says", "Erase it", "Numbers", "The code that ran", "Take away"]


@dataclass(frozen=True)
class Subject:
    """What is explained, and how its results are drawn.

    Attributes:
        draw: shows one result.
        plan: the settings of the curves.
        describe: one result in two sentences.
        parts: one result as rows of a table, strongest first.
        control: which control the curves are compared with.
        caveat: what to keep in mind about the curves.
        at: draws the input at a step of a curve.
    """

    question: Question
    draw: Callable[[Explained], object]
    plan: dict[str, Any]
    describe: Callable[[Explained], str]
    parts: Callable[[Explained], list[dict[str, Any]]]
    control: str
    caveat: str
    at: Callable[[Explained, Erased, Curve, int], object]


@dataclass(frozen=True)
class Judged:
    """A result with its settings and, unless the visitor stopped before, its curves."""

    explained: Explained
    options: dict[str, Any]
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


def method_picker(kind: Kind, classifier: Any) -> dict[str, dict[str, Any]]:
    """The chosen methods and their settings, in the order of the registry; those that cannot serve say why."""
    reasons = {method.name: method.fits(classifier) for method in methods_for(kind)}
    names = [name for name, reason in reasons.items() if reason is None]
    picked = st.multiselect(
        "Methods",
        names,
        [name for name in _FIRST[kind] if name in names],
        key=f"{kind}_methods",
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


def side_by_side(subject: Subject, chosen: Mapping[str, dict[str, Any]], first: Callable[[], None]) -> list[Judged]:
    """The input beside a cell per method: first all maps, a rough one at once, then the evidence below them."""
    question = subject.question
    run = Stoppable((question.key, frozen(chosen), frozen(subject.plan)), "explain")
    cells = _cells(list(chosen), first)
    found = {}
    for name, options in chosen.items():
        if (one := _map(subject, name, options, run, cells[name].map)) is not None:
            found[name] = one
    judged = []
    for name, one in found.items():
        curves = _curves(subject, one, run)
        judged.append(Judged(one, chosen[name], curves))
        with cells[name].evidence:
            _evidence(judged[-1], subject)
    run.done()
    return judged


@dataclass(frozen=True)
class _Cell:
    map: DeltaGenerator
    evidence: DeltaGenerator


def _cells(names: Sequence[str], first: Callable[[], None]) -> dict[str, _Cell]:
    """A place per method, up to three in a row, beside the input."""
    in_row = min(len(names), _IN_ROW)
    head, rest = st.columns([1, in_row], gap="medium")
    with head:
        first()
    cells = {}
    for start in range(0, len(names), in_row):
        row = names[start : start + in_row]
        for column, name in zip(rest.columns(in_row, gap="medium"), row, strict=False):
            column.markdown(f"**{name}**", help=METHODS_BY_NAME[name].summary)
            cells[name] = _Cell(column.empty(), column.container())
            cells[name].map.skeleton(height=220)
    return cells


def _map(
    subject: Subject, name: str, options: dict[str, Any], run: Stoppable, place: DeltaGenerator
) -> Explained | None:
    """The answer of one method in its place: kept, or made now; None where Stop came before there was any."""
    one = finished(subject.question, name, options)
    if one is not None:
        _draw(subject, one, place)
        return one
    if run.stopped:
        one = rough(subject.question, name, options)
        if one is None:
            place.caption("Stopped before there was anything to show.")
        else:
            _draw(subject, one, place)
        return one

    def report(fraction: float, found: Explained | None) -> None:
        run.tell(name, fraction)
        if found is not None:
            _draw(subject, found, place)

    run.tell(name, 0.0)
    for one in explain(subject.question, name, options, report):
        _draw(subject, one, place)
    return one


def _draw(subject: Subject, one: Explained, place: DeltaGenerator) -> None:
    with place.container():
        subject.draw(one)
        st.caption(_cost(one), help=completeness.CAVEAT if one.gap else None)
        for note in one.notes:
            st.caption(f":material/info: {literal(note)}")


def _curves(subject: Subject, one: Explained, run: Stoppable) -> "Curves":
    """Its curves; none where Stop came first."""
    if run.stopped:
        return {}
    run.tell(f"Testing {one.method.name}", 0.0)
    return curves(subject.question, one, subject.plan)


def tabs(subject: Subject, judged: Sequence[Judged], files: Callable[[Explained], None]) -> None:
    """What it says, the numbers, the code, and what can be taken away; each drawn when it is opened."""
    says, erase, numbers, code, take = st.tabs(_TABS, key="explain.tabs", on_change="rerun")
    with says:
        if says.open:
            for one in judged:
                st.write(literal(f"{subject.describe(one.explained)} {_trust(one, subject.control)}"))
            st.caption(f"{literal(subject.caveat)} No single figure says that a map is right.")
    with erase:
        if erase.open and (tested := [(one.explained, one.curves) for one in judged if one.curves]):
            scrub(tested, subject.question.label, subject.control, subject.at)
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
    if explained.rough:
        return "A first rough look"
    if explained.gap is None:
        return f"{explained.seconds:.2g} s"
    return f"{explained.seconds:.2g} s · gap {explained.gap.gap:+.2f} logits, {100 * explained.gap.share:.2g} %"


def _evidence(one: Judged, subject: Subject) -> None:
    for kind, curve in one.curves.items():
        band = curve.controls[subject.control]
        verdict = {True: "Better than", False: "Worse than", None: "Much like"}[curve.beats(subject.control)]
        st.markdown(f"{kind.capitalize()} **{curve.auc:.2f}**", help=f"{_GOAL[kind]} {subject.caveat}")
        alt = describe_trust(curve, subject.control)
        figures.show(
            erasing(curve, subject.question.label, control=subject.control), f"{one.explained.method.slug}.{kind}", alt
        )
        st.caption(f"{verdict} {band.says}, {min(band.aucs):.2f}–{max(band.aucs):.2f}")


def _trust(one: Judged, control: str) -> str:
    return " ".join(describe_trust(curve, control) for curve in one.curves.values())


def _table(rows: list[dict[str, Any]], alt: str) -> None:
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=alt)


def _download(label: str, rows: list[dict[str, Any]], name: str) -> None:
    csv = tables.safe_csv(pd.DataFrame(rows))
    st.download_button(f"{label}, CSV", csv, name, "text/csv", icon=":material/download:", on_click="ignore")
