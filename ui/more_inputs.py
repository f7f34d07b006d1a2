"""The tab of more inputs: some methods on some inputs in a grid, then one method on a whole set as a job."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.attribution import METHODS_BY_NAME
from core.attribution.metrics import agreement
from core.attribution.result import Explained
from core.data import samples
from ui import batch, explaining, language
from ui.explaining import Question, frozen
from ui.inputs import Picked, sample_image
from ui.look import strongest
from ui.stoppable import Stoppable
from ui.subject import Subject
from ui.words import count, literal, percent

MOST_METHODS = 4
MOST_SAMPLES = 4
_FIRST = 2  # samples that stand below the page's input at first
_FEWEST_COLUMNS = 4  # so that one method alone does not fill the page
_Place = tuple[int, str]  # row and method


@dataclass
class _Grid:
    """Who stands where, what was found, and the places to draw it."""

    rows: list[Subject]
    settings: Mapping[str, dict[str, Any]]
    places: dict[_Place, DeltaGenerator] = field(default_factory=dict)
    found: dict[_Place, Explained] = field(default_factory=dict)

    def draw(self, at: _Place, scale: float | None = None) -> None:
        """Put the map of ``at`` into its place."""
        row, name = at
        one = self.found[at]
        with self.places[at].container():
            self.rows[row].draw(one, scale)
            st.caption(f"{name}, a first rough look" if one.rough else f"{name} · {one.seconds:.2g} s")


def show(subject: Subject, chosen: Mapping[str, dict[str, Any]]) -> None:
    """The grid, and the whole set below it."""
    st.markdown("**The same methods on other inputs**")
    rows = _rows(subject)
    settings = {name: _without_more(name, chosen[name]) for name in list(chosen)[:MOST_METHODS]}
    if len(chosen) > MOST_METHODS:
        st.caption(f"The first {MOST_METHODS} of your {len(chosen)} methods.")
    _fill(subject, _Grid(rows, settings), chosen)
    st.divider()
    batch.show(subject, chosen, [row.question for row in rows])


def _rows(subject: Subject) -> list[Subject]:
    """The page's input and the picked ones, each with the class that is explained."""
    ours = {sample.slug: sample for sample in samples.SAMPLES if sample.kind == subject.kind}
    others = [slug for slug, sample in ours.items() if not _is(subject, sample)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        picked = st.multiselect(
            "Inputs below the page's own",
            list(ours),
            others[:_FIRST],
            format_func=lambda slug: ours[slug].title,
            key=f"more.{subject.kind}",
            max_selections=MOST_SAMPLES,
            placeholder="Choose samples",
        )
        same = st.toggle(
            f"Explain “{literal(subject.question.label)}” in every row",
            False,
            key="more.same",
            help="Otherwise each row explains its own likeliest answer.",
        )
    target = subject.question.target if same else None
    return [_page_row(subject, target), *(_row(subject, ours[slug], target) for slug in picked if slug in others)]


def _is(subject: Subject, sample: samples.Sample) -> bool:
    """Whether ``sample`` is the page's own input."""
    return subject.example == sample.text if sample.kind == "text" else subject.title == sample.title


def _page_row(subject: Subject, target: int | None) -> Subject:
    answers, targets = _answers(subject.question.classifier, subject.example)
    return replace(subject, question=subject.question.about(targets[0] if target is None else target), answers=answers)


def _row(subject: Subject, sample: samples.Sample, target: int | None) -> Subject:
    """``subject`` with another input."""
    classifier = subject.question.classifier
    example = sample.text if sample.kind == "text" else sample_image(sample.slug)
    answers, targets = _answers(classifier, example)
    asked = targets[0] if target is None else target
    if isinstance(example, str):
        question, seen = explaining.of_text(classifier, classifier.encode(example), example, asked), None
    else:
        question = explaining.of_picture(classifier, Picked(example, sample.title, sample.slug), asked)
        seen = classifier.seen(example)
    question = _from_the_same(question, subject.question)
    return replace(subject, question=question, title=sample.title, example=example, answers=answers, seen=seen)


def _from_the_same(question: Question, page: Question) -> Question:
    """``question``, starting from the visitor's own baseline where the page's does."""
    if (baseline := page.own_baseline) is None:
        return question
    digest = hashlib.sha256(baseline.cpu().numpy().tobytes()).digest()
    return replace(question, key=(digest, *question.key), ours=False, own_baseline=baseline)


def _answers(classifier: Any, example: Any) -> tuple[tuple[tuple[str, float], ...], Sequence[int]]:
    """The likeliest classes with their probabilities, all of them, and their indices."""
    if isinstance(example, str):
        answer = language.ranked(classifier, example)
    else:
        answer = classifier.predict(example, top=len(classifier.labels))
    return tuple(zip(answer.labels, answer.probs, strict=True)), answer.targets


def _without_more(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The page's settings; more steps until the gap closes would make one row wait for another."""
    takes = any(param.name == "more" for param in METHODS_BY_NAME[name].params)
    return {**options, "more": False} if takes else options


def _fill(subject: Subject, grid: _Grid, chosen: Mapping[str, dict[str, Any]]) -> None:
    """Draw what is kept; then a first look everywhere, then the full map of each, until Stop."""
    key = (tuple(row.question.key for row in grid.rows), frozen(grid.settings))
    line = Stoppable(("more", key), "more.line")
    missing = []
    for row, one in enumerate(grid.rows):
        for name, place in _places(one, list(grid.settings)):
            at = (row, name)
            grid.places[at] = place
            options = grid.settings[name]
            held = explaining.finished(one.question, name, options)
            held = held or explaining.finished(one.question, name, chosen[name])
            if held is None and line.stopped:
                held = explaining.rough(one.question, name, options)
            if held is not None:
                grid.found[at] = held
            elif line.stopped:
                place.caption(f"{name}: stopped before there was anything to show.")
            else:
                missing.append(at)
                place.skeleton(height=160)
    scale = None if missing else subject.look.common(list(grid.found.values()), strongest)
    for at in grid.found:
        grid.draw(at, scale)
    _make(grid, missing, line)
    if missing and (scale := subject.look.common(list(grid.found.values()), strongest)) is not None:
        for at in grid.found:
            grid.draw(at, scale)
    line.done()
    _agree(grid)


def _places(row: Subject, names: Sequence[str]) -> Iterator[tuple[str, DeltaGenerator]]:
    """A row's input with its answer, and a place for each method."""
    if row.seen is None:
        st.markdown(_answered(row))
        columns = st.columns(len(names), gap="medium")
    else:
        first, *columns = st.columns(max(len(names) + 1, _FEWEST_COLUMNS), gap="medium")
        with first:
            st.image(row.seen, width="stretch", alt=row.title)
            st.caption(_answered(row))
    for name, column in zip(names, columns, strict=False):
        yield name, column.empty()


def _answered(row: Subject) -> str:
    """What the row shows and explains."""
    label, prob = row.question.label, dict(row.answers)[row.question.label]
    first, most = row.answers[0]
    words = f"**{literal(row.title)}** · {literal(label)}, {percent(prob)}"
    return words if label == first else f"{words}; the answer is {literal(first)}, {percent(most)}"


def _make(grid: _Grid, missing: Sequence[_Place], line: Stoppable) -> None:
    """What is missing: a first look at each, since methods hand over a rough map before they go on."""
    steps = {}

    def take(at: _Place) -> bool:
        one = next(steps[at], None)
        if one is not None:
            grid.found[at] = one
            grid.draw(at)
        return one is not None

    def told(at: _Place, fraction: float) -> None:
        ended = sum(not grid.found[one].rough for one in missing if one in grid.found)
        words = f"{at[1]}: {literal(grid.rows[at[0]].title)}"
        line.tell(words, (ended + (fraction if at in grid.found else 0.0)) / len(missing))

    for at in missing:
        question, name = grid.rows[at[0]].question, at[1]
        steps[at] = explaining.explain(
            question, name, grid.settings[name], lambda fraction, _, at=at: told(at, fraction)
        )
        told(at, 0.0)
        take(at)
    for at in missing:
        while take(at):
            pass


def _agree(grid: _Grid) -> None:
    """Which methods tell the same story over the rows that are complete."""
    names = list(grid.settings)
    whole = [row for row in range(len(grid.rows)) if all((row, name) in grid.found for name in names)]
    if len(names) < 2 or not whole:
        return
    maps = [[grid.found[row, name].values for name in names] for row in whole]
    matrix = agreement.mean_agreement(maps)
    pairs = sorted((matrix[i, j], names[j], names[i]) for i in range(len(names)) for j in range(i))
    (least, *these), (most, *those) = pairs[0], pairs[-1]
    over = f"Over {count(len(whole), 'input')}, {' and '.join(those)} agree"
    if len(pairs) == 1:
        st.markdown(f"{over} by a rank correlation of {most:.2f} on average.", help=agreement.CAVEAT)
        return
    alike = f"{over} most (rank correlation {most:.2f} on average), {' and '.join(these)} least ({least:.2f})."
    st.markdown(alike, help=agreement.CAVEAT)
