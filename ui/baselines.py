"""The tab that shows what the baseline does: one method from each of its baselines, on one scale."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st
from PIL import ImageOps

from core.attribution import METHODS_BY_NAME, Method, methods_for
from core.attribution.baselines import NAMES
from core.attribution.metrics import agreement
from core.attribution.result import Explained
from core.attribution.starting import start_of
from core.params import Choice
from core.plots import judging
from ui import figures
from ui.explaining import Question, full
from ui.look import strongest
from ui.stoppable import Stoppable
from ui.subject import Subject
from ui.words import gap, literal, percent

CAVEAT = "What looks like the baseline gets no credit: each asks another question, and none of them is the right one."
OWN = "own"
_GROUND = ("baseline", "hide")  # settings that say what stands for "nothing here"
_SIDE = 148  # pixels of a map: six in a row
_EDGE, _EDGE_COLOUR = 5, (138, 144, 160)  # pixels around a baseline, seen on a white page and on a dark one


def show(subject: Subject, chosen: Mapping[str, dict[str, Any]]) -> None:
    """A method to choose, its maps from every baseline, and how far they agree."""
    question = subject.question
    fitting = {
        method.name: ground
        for method in methods_for(subject.kind)
        if (ground := ground_of(method)) and method.reason_against(question.classifier) is None
    }
    if not fitting:
        st.caption("No method that serves this model starts from a baseline.")
        return
    # Methods that start from a baseline show its effect more clearly than those that only cover with it.
    first = min(fitting, key=lambda name: (name not in chosen, METHODS_BY_NAME[name].family == "perturbation"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Method", list(fitting), list(fitting).index(first), key=f"baselines.{subject.kind}")
        slow = st.toggle("Full settings", False, key="baselines.full", help="As in the sidebar; off is a quick look.")
    ground = fitting[name]
    found = _maps(question, METHODS_BY_NAME[name], ground, _settings(name, chosen.get(name, {}), slow))
    scale = max(map(strongest, found.values()), default=None)
    if subject.seen is not None:
        with st.container(horizontal=True, gap="small"):
            for option, one in found.items():
                with st.container(width=_SIDE):
                    _titled(ground, option)
                    subject.draw(one, scale)
                    st.caption(_gap(one))
                    _start(question, option)
    else:
        for option, one in found.items():
            _titled(ground, option)
            subject.draw(one, scale)
            st.caption(_gap(one))
    st.caption(f"One scale for all. *{CAVEAT}*")
    if len(found) > 1:
        _agreement([_title(ground, option) for option in found], list(found.values()))


def ground_of(method: Method) -> Choice | None:
    """The setting of ``method`` that says what stands for "nothing here"."""
    return next((p for p in method.params if p.name in _GROUND and isinstance(p, Choice)), None)


def _settings(name: str, chosen: Mapping[str, Any], slow: bool) -> dict[str, Any]:
    method = METHODS_BY_NAME[name]
    quick = {} if slow else dict(method.preview)
    if not slow and any(param.name == "more" for param in method.params):
        quick["more"] = False
    return {**chosen, **quick}


def _maps(question: Question, method: Method, ground: Choice, settings: dict[str, Any]) -> dict[str, Explained]:
    """One map per baseline, the visitor's own last; those that there are where Stop came first."""
    # The own picture would stand in for every baseline, so the others are asked without it.
    plain = replace(question, own_baseline=None, key=("any baseline", *question.key))
    wanted = dict.fromkeys(ground.options, plain)
    if ground.name == "baseline" and question.own_baseline is not None:
        wanted[OWN] = question
    line = Stoppable((question.key, method.name, str(settings)), "baselines.line")
    found = {}
    for at, (option, asked) in enumerate(wanted.items()):
        options = settings if option == OWN else {**settings, ground.name: option}
        title = f"{method.name}: {_title(ground, option).lower()}"

        def tell(done: float, at: int = at, title: str = title) -> None:
            line.tell(title, (at + done) / len(wanted))

        held = asked.find("map", method.name, options)
        if held is None and not line.stopped:
            held = full(asked, method.name, options, tell)
        if held is not None:
            found[option] = held
    line.done()
    return found


def _titled(ground: Choice, option: str) -> None:
    st.markdown(f"**{_title(ground, option)}**")


def _title(ground: Choice, option: str) -> str:
    return "Your picture" if option == OWN else ground.title(option)


def _gap(one: Explained) -> str:
    if one.gap is None:
        return f"{one.seconds:.2g} s"
    return gap(one.gap.gap, one.gap.share)


def _start(question: Question, option: str) -> None:
    """The baseline itself, small, and what the model says of it."""
    if option not in (OWN, *NAMES):
        st.caption("From several baselines.")
        return
    own = question.own_baseline if option == OWN else None
    start = question.once(
        lambda: start_of(question.classifier, question.inputs, question.target, option, own), "start", option
    )
    says = f"The baseline: {percent(start.prob)} “{question.label}”"
    st.image(ImageOps.expand(start.image, _EDGE, _EDGE_COLOUR), width=_SIDE // 3, alt=says)
    st.caption(literal(says))


def _agreement(titles: list[str], maps: list[Explained]) -> None:
    st.markdown("**Do they tell the same story?**")
    matrix = agreement.agreement([one.values for one in maps])
    says = judging.grid_in_words(titles, matrix)
    left, right = st.columns([2, 1], gap="medium", vertical_alignment="center")
    with left:
        figures.show(judging.grid(titles, matrix), "baselines.agreement", says)
    right.write(literal(says))
    right.caption("Rank correlation of the maps: 1 the same order of places, 0 unrelated.")
