"""Explanations side by side: each method's map, what it cost, and whether it beats its controls; then the tabs."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.attribution import METHODS_BY_NAME
from core.attribution.describe import describe_trust
from core.attribution.metrics import completeness
from core.attribution.result import Explained, evidence_row
from core.plots.erasing import erasing
from ui import figures, frame, source
from ui.explaining import curves, explain, finished, frozen, rough
from ui.look import strongest
from ui.scrubbing import scrub
from ui.stoppable import Stoppable
from ui.subject import Judged, Subject
from ui.words import gap, literal

if TYPE_CHECKING:
    from ui.explaining import Curves

_IN_ROW = 3
_GOAL = {
    "deletion": "Strongest evidence erased first: a smaller area is better.",
    "insertion": "Strongest evidence shown first: a larger area is better.",
}


def side_by_side(subject: Subject, chosen: Mapping[str, dict[str, Any]], first: Callable[[], None]) -> list[Judged]:
    """The input beside a cell per method: first all maps, a rough one at once, then the evidence below them."""
    question = subject.question
    run = Stoppable((question.key, frozen(chosen), frozen(subject.plan)), "explain")
    cells = _cells(list(chosen), first)
    found = {}
    for name, options in chosen.items():
        if (one := _map(subject, name, options, run, cells[name].map)) is not None:
            found[name] = one
    if (scale := subject.look.common(list(found.values()), strongest)) is not None:
        for name, one in found.items():
            _draw(subject, one, cells[name].map, scale)
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
            _draw(subject, found, place, passing=True)

    run.tell(name, 0.0)
    for one in explain(subject.question, name, options, report):
        _draw(subject, one, place, passing=one.rough)
    return one


def _draw(
    subject: Subject, one: Explained, place: DeltaGenerator, scale: float | None = None, *, passing: bool = False
) -> None:
    """A map with its cost and notes; one in passing has no notes, which would stay below the map that replaces it."""
    with place.container():
        subject.draw(one, scale)
        st.caption(_cost(one), help=completeness.CAVEAT if one.gap else None)
        for note in () if passing else one.notes:
            st.caption(f":material/info: {literal(note)}")


def _curves(subject: Subject, one: Explained, run: Stoppable) -> "Curves":
    """Its curves; none where Stop came first."""
    if run.stopped:
        return {}
    run.tell(f"Testing {one.method.name}", 0.0)
    return curves(subject.question, one, subject.plan)


def tabs(parts: Mapping[str, Callable[[], object]]) -> None:
    """What each tab draws, by its title; drawn when it is opened."""
    opened = st.tabs(list(parts), key="explain.tabs", on_change="rerun")
    for tab, draw in zip(opened, parts.values(), strict=True):
        if tab.open:
            with tab, frame.plain_errors():
                draw()


def says(subject: Subject, judged: Sequence[Judged]) -> None:
    """Each map in words."""
    for one in judged:
        st.write(literal(f"{subject.describe(one.explained)} {_trust(one, subject.control)}"))
    st.caption(f"{literal(subject.caveat)} No single figure says that a map is right.")


def erase(subject: Subject, judged: Sequence[Judged]) -> None:
    """The walk along the curves."""
    if tested := [(one.explained, one.curves) for one in judged if one.curves]:
        scrub(tested, subject.question.label, subject.control, subject.at)


def numbers(subject: Subject, judged: Sequence[Judged]) -> None:
    """The figures, and each map as a ranked table."""
    _table([evidence_row(one.explained, one.curves) for one in judged], "Areas, gaps and seconds by method")
    for one in judged:
        st.markdown(f"**{one.explained.method.name}**, strongest for and against")
        parts = subject.parts(one.explained)
        _table(parts if len(parts) <= 10 else [*parts[:7], *parts[-3:]], f"{one.explained.method.name}, ranked")


def code(judged: Sequence[Judged]) -> None:
    """The modules that ran."""
    for one in judged:
        source.show(sys.modules[one.explained.method.attribute.__module__])
        st.caption(f"Read more: {one.explained.method.reference}")


def _cost(explained: Explained) -> str:
    if explained.rough:
        return "A first rough look"
    if explained.gap is None:
        return f"{explained.seconds:.2g} s"
    return f"{explained.seconds:.2g} s · {gap(explained.gap.gap, explained.gap.share)}"


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
