"""One method over a whole set: choosing the set, what it will take, the button; the job itself is drawn elsewhere."""

import time
from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Any

import streamlit as st

from core import jobs
from core.attribution import METHODS_BY_NAME
from core.attribution.metrics import deletion, text_deletion
from core.attribution.result import Explained
from core.config import Limits
from core.data import samples
from core.data.labelled import spread_over
from core.errors import PlaygroundError
from core.studies import attribution_batch
from core.studies.attribution_batch import ANSWER, BATCH, CLASS
from ui import batch_result, frame, labelled, mistakes, visitor
from ui import jobs as job_panel
from ui.explaining import Question, finished
from ui.labelled import Chosen
from ui.subject import Subject
from ui.words import count, duration

OWN, RUN = "own", "run"
_TITLES = {OWN: "Your own file", RUN: "What this model learned from"}
_TROUBLE = "batch.trouble"
_EXPLAINED = {ANSWER: "The model's answer", CLASS: "The example's class"}
_THINGS = {"image": "pictures", "text": "texts"}


def show(subject: Subject, chosen: Mapping[str, Mapping[str, Any]], beside: Sequence[Question] = ()) -> None:
    """The form, then the visitor's newest or opened run, then all of them.

    Args:
        beside: further questions on the page, whose seconds tell what one example takes.
    """
    st.markdown("**One method over a whole set**")
    jobs.warm(BATCH)
    job = _current()
    with frame.plain_errors():
        _form(subject, chosen, beside, busy=job is not None and job.active)
    if job is not None:
        with frame.plain_errors():
            batch_result.show(job)
    job_panel.runs(BATCH, job)


def _current() -> "jobs.Job | None":
    """The run that the link or the session names, else the visitor's newest one."""
    watched = job_panel.watched()
    if watched is not None and watched.entry == BATCH:
        return watched
    owner = visitor.known_owner()
    return next((job for job in jobs.list_jobs(owner) if job.entry == BATCH), None) if owner else None


def _form(subject: Subject, chosen: Mapping[str, Mapping[str, Any]], beside: Sequence[Question], *, busy: bool) -> None:
    if (examples := _set(subject)) is None:
        return
    frame.notices(examples.notices)
    _check(subject, examples)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("By", list(chosen), key="batch.method", width=240)
        explain = _explained(subject, examples)
        most = _how_many(len(examples.data))
    with st.container(horizontal=True):
        areas = st.toggle("With deletion and insertion areas", False, key="batch.curves", help=_areas_help(subject))
        maps = st.toggle("Keep the maps", True, key="batch.maps", help="A zip with a picture and the numbers of each.")
    if subject.question.own_baseline is not None and any(p.name == "baseline" for p in METHODS_BY_NAME[name].params):
        st.caption(":material/info: A run starts from the baseline of the method's settings, not from your picture.")
    made = [finished(one, name, chosen[name]) for one in (subject.question, *beside)]
    st.caption(_estimate(subject, name, [one for one in made if one is not None], most, areas=areas))
    params = {
        "model": subject.card.slug,
        "method": name,
        "settings": dict(chosen[name]),
        "explain": explain,
        "labels": list(subject.question.classifier.labels) if subject.kind == "text" else [],
        "curves": areas,
        "maps": maps,
        "title": f"{name}, {examples.title}",
        "network": subject.card.title,
    }
    st.button(
        f"Explain {count(most, subject.kind.replace('image', 'picture'))}",
        type="primary",
        icon=":material/stacks:",
        disabled=busy,
        help="Your run is still going: stop it first." if busy else None,
        key="batch.start",
        on_click=_start,
        args=(subject, params, examples, most),
    )
    if trouble := st.session_state.pop(_TROUBLE, None):
        raise PlaygroundError(trouble)


def _set(subject: Subject) -> Chosen | None:
    """The chosen examples; None while nothing was uploaded."""
    ours = {one.slug: one.title for one in samples.SAMPLE_SETS if one.kind == subject.kind}
    learned = _learned_from(subject)
    titles = {**({RUN: _TITLES[RUN]} if learned else {}), **ours, OWN: _TITLES[OWN]}
    slug = st.segmented_control(
        "Set",
        list(titles),
        default=next(iter(titles)),
        format_func=titles.__getitem__,
        key=f"batch.set.{subject.kind}.{bool(learned)}",
        required=True,
        label_visibility="collapsed",
    )
    if slug == OWN:
        return labelled.own()
    if slug == RUN and learned:
        return Chosen(mistakes.examples_of(learned), str(learned.params.get("title", "")) or "Your run")
    slug = slug or next(iter(ours))
    return Chosen(labelled.sample_set(slug), ours[slug])


def _learned_from(subject: Subject) -> "jobs.Job | None":
    """The visitor's run that made the model, while it is there."""
    owner = visitor.known_owner() if subject.card.folder else None
    mine = jobs.list_jobs(owner) if owner else []
    return next((job for job in mine if job.folder / "result" / "model" == subject.card.folder), None)


def _check(subject: Subject, examples: Chosen) -> None:
    """Refuse a set of the other kind."""
    if examples.data.kind != subject.kind:
        held, page = _THINGS[examples.data.kind], _THINGS[subject.kind]
        raise PlaygroundError(f"This set holds {held} and the page explains {page}; choose {held} in the sidebar.")


def _explained(subject: Subject, examples: Chosen) -> str:
    """What of each example is explained; its class only where the model knows it."""
    if tuple(subject.question.classifier.labels) != tuple(examples.data.labels):
        st.selectbox(
            "Explain",
            [_EXPLAINED[ANSWER]],
            key="batch.explain.answers",
            disabled=True,
            width=220,
            help="The set has other classes than the model.",
        )
        return ANSWER
    return st.selectbox("Explain", list(_EXPLAINED), format_func=_EXPLAINED.__getitem__, key="batch.explain", width=220)


def _how_many(size: int) -> int:
    """All examples, or a part that is spread over the set."""
    return int(st.number_input(f"How many of {size:,}", 1, size, size, key=f"batch.most.{size}", width=180))


def _areas_help(subject: Subject) -> str:
    return f"As beside the maps above, for each example, with its controls. {subject.caveat}"


def _estimate(subject: Subject, name: str, made: Sequence[Explained], most: int, *, areas: bool) -> str:
    """How long it will take, from what one example took here; a first run also set up the network, so the median."""
    if not made:
        return f"How long it takes is known once {name} has run on the input above."
    each = median_low([one.seconds for one in made])
    if areas:
        values = made[0].values
        each += subject.question.once(lambda: _time_of_areas(subject, values), "areas.seconds", values.tobytes())
    words = f"About {duration(max(most * each, 1))}: {most:,} × {each:.2g} s, as {name} took above."
    minutes = Limits.from_env().job_minutes
    if minutes and most * each > 60 * minutes:
        words += f" A run ends after {count(minutes, 'minute')} with what it has; Restart goes on, or choose fewer."
    return words


def _time_of_areas(subject: Subject, values: Any) -> float:
    """Seconds that both curves of one map take with the settings of a run."""
    question = subject.question
    of: Any = deletion.trust_curves if subject.kind == "image" else text_deletion.trust_text_curves
    with st.spinner("Timing the areas of one map…"):
        start = time.perf_counter()
        of(question.classifier, question.inputs, values, question.target)
        return time.perf_counter() - start


def _start(subject: Subject, params: dict[str, Any], examples: Chosen, most: int) -> None:
    try:
        files = attribution_batch.files(subject.card, spread_over(examples.data, most))
        visitor.watch(jobs.submit(BATCH, params, visitor.owner(), files))
    except PlaygroundError as error:
        st.session_state[_TROUBLE] = str(error)
