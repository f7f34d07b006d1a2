"""The trust tab: every measure over all methods with its caveat, and two checks that cost more, on demand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.attribution import Method
from core.attribution.metrics import agreement, infidelity, randomisation, sensitivity
from core.attribution.metrics.randomisation import Stage
from core.attribution.trust import Figure, figures
from core.plots import judging
from ui import figures as drawing
from ui import on_demand
from ui.explaining import Question, asked, frozen
from ui.kept import of_this_session
from ui.stoppable import Stoppable
from ui.subject import Judged, Subject
from ui.words import literal

_IN_ROW = 3


def show(subject: Subject, judged: Sequence[Judged]) -> None:
    """All figures; then the checks that a visitor asks for."""
    if not judged:
        st.caption("There is nothing to judge yet: no method has ended.")
        return
    question = subject.question
    pairs = [(one.explained, one.curves) for one in judged]
    alone = _alone(subject) if subject.kind == "text" else None
    shown = figures(pairs, subject.control, _falls(subject), alone)
    for start in range(0, len(shown), _IN_ROW):
        columns = st.columns(_IN_ROW, gap="medium")
        for column, figure in zip(columns, shown[start : start + _IN_ROW], strict=False):
            with column:
                _draw(figure)
    if len(judged) > 1:
        _agreement([one.explained.method.name for one in judged], [one.explained.values for one in judged])
    _randomised(question, judged)
    _shaken(question, judged)
    st.caption("No single figure says that a map is right, so there is no grade that adds them up.")


def _draw(figure: Figure, key: str = "") -> None:
    st.markdown(f"**{figure.title}**")
    drawing.show(judging.dots(figure), f"trust.{figure.title}{key}", judging.in_words(figure))
    st.caption(f"{literal(figure.says)} *{literal(figure.caveat)}*")


def _falls(subject: Subject) -> infidelity.Falls:
    question, ground = subject.question, "hide" if subject.kind == "text" else "baseline"
    of = infidelity.falls_of_text if subject.kind == "text" else infidelity.falls_of_picture
    how = {ground: subject.plan[ground]}
    return question.once(lambda: of(question.classifier, question.inputs, question.target, **how), "falls", how)


def _alone(subject: Subject) -> np.ndarray:
    """How far the logit falls without each word."""
    question, hide = subject.question, subject.plan["hide"]

    def make() -> np.ndarray:
        words = len({word for word in question.inputs.word_ids if word is not None})
        alone = np.eye(words, dtype=bool)
        return infidelity.falls_without(question.classifier, question.inputs, question.target, alone, hide=hide)

    return question.once(make, "alone", hide)


def _agreement(names: Sequence[str], maps: Sequence[np.ndarray]) -> None:
    st.markdown("**Do the methods agree?**")
    matrix = agreement.agreement(maps)
    says = judging.grid_in_words(names, matrix)
    left, right = st.columns([2, 1], gap="medium", vertical_alignment="center")
    with left:
        drawing.show(judging.grid(names, matrix), "trust.agreement", says)
    right.write(literal(says))
    right.caption(f"Rank correlation of the maps: 1 the same order of places, 0 unrelated. *{agreement.CAVEAT}*")


def _randomised(question: Question, judged: Sequence[Judged]) -> None:
    st.markdown("**Does the map notice when the network is broken?**")
    st.caption(f"The weights are shuffled layer by layer, from the answer down. *{randomisation.CAVEAT}*")
    maps = 1 + randomisation.STAGES * randomisation.DRAWS

    def make(one: Judged) -> Iterator[tuple[float, list[Stage]]]:
        found: list[Stage] = []
        method, options = _made_by(question, one)
        for stage in randomisation.cascade(question.classifier, method, question.inputs, question.target, options):
            found.append(stage)
            yield (len(found) + 1) / maps, found

    def draw(found: Mapping[str, list[Stage]], key: str) -> None:
        by_share = {name: randomisation.similarity_by_share(stages) for name, stages in found.items()}
        alt = "; ".join(f"{name}: {_verdict(stages)}" for name, stages in found.items())
        drawing.show(judging.falling_apart(by_share, randomisation.FLAGGED), f"trust.randomised{key}", alt)

    found = _on_demand(question, judged, "randomise", "Shuffle the network", ":material/shuffle:", make, draw)
    for name, stages in found.items():
        if randomisation.flagged(stages):
            st.warning(f"**{name}** hardly noticed: it shows the picture rather than the model's reasons.")
    if found:
        st.caption(
            f"Flagged: still alike by {randomisation.FLAGGED} or more (dotted) when the first quarter of the layers "
            f"is shuffled; the mean of {randomisation.DRAWS} draws."
        )


def _shaken(question: Question, judged: Sequence[Judged]) -> None:
    st.markdown("**Does the map stay when the input trembles?**")

    def make(one: Judged) -> Iterator[tuple[float, float]]:
        method, options = _made_by(question, one)
        tried = sensitivity.max_sensitivity(question.classifier, method, question.inputs, question.target, options)
        for number, value in enumerate(tried, start=2):
            yield number / (sensitivity.DRAWS + 1), value

    def draw(found: Mapping[str, float], key: str) -> None:
        _draw(
            Figure(
                title="Max-sensitivity",
                says=f"The largest change of the map over {sensitivity.DRAWS} draws of noise too faint to see.",
                caveat=sensitivity.CAVEAT,
                axis="Change, as a share of the map",
                values=found,
            ),
            key,
        )

    _on_demand(question, judged, "shake", "Shake the input", ":material/vibration:", make, draw)


def _on_demand(
    question: Question,
    judged: Sequence[Judged],
    what: str,
    title: str,
    icon: str,
    make: Callable[[Judged], Iterator[tuple[float, Any]]],
    draw: Callable[[Mapping[str, Any], str], None],
) -> dict[str, Any]:
    """What a check found by method, drawn: kept, or made now once its button was pressed; it can be stopped.

    Args:
        make: gives the fraction done and what was found so far, several times.
        draw: draws what was found; its figures' keys end in the given words, since a run may draw many times.
    """
    found = {}
    for one in judged:
        if (held := question.find(what, one.explained.method.name, one.options)) is not None:
            found[one.explained.method.name] = held
    missing = [one for one in judged if one.explained.method.name not in found]
    wanted = (question.key, frozen({one.explained.method.name: one.options for one in judged}))
    started = bool(missing) and on_demand.asked(title, wanted, f"trust.{what}", icon=icon)
    place = st.empty()
    if started:
        line = Stoppable((what, wanted), f"trust.{what}.line")
        for one in missing:
            name = one.explained.method.name
            partial = (question.key, what, "partial", name, frozen(one.options))
            if line.stopped:
                found |= {name: some} if (some := of_this_session().get(partial)) is not None else {}
                continue
            line.tell(name, 0.0)
            for fraction, some in make(one):
                found[name] = of_this_session().put(partial, some)
                line.tell(name, fraction)
                with place.container():
                    draw(found, f".{name}.{fraction:.3f}")
            question.keep(found[name], what, name, one.options)
        line.done()
    if found:
        with place.container():
            draw(found, "")
    return found


def _made_by(question: Question, one: Judged) -> tuple[Method, dict[str, Any]]:
    """The method of a map, and all settings that made it."""
    return one.explained.method, asked(question, one.explained.method.name, one.options)


def _verdict(stages: Sequence[Stage]) -> str:
    first = next(iter(randomisation.similarity_by_share(stages).values()))
    return f"likeness {first:.2f} after the first shuffle"
