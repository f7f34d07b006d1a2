"""Explainability: why this answer? Several methods side by side, each with its evidence."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.attribution.metrics import deletion, text_deletion
from core.plots import bars
from ui import (
    before_after,
    evidence,
    explaining,
    figures,
    frame,
    inputs,
    language,
    look,
    method_choice,
    more_inputs,
    own_baseline,
    params,
    resources,
    taking,
    trust,
)
from ui.subject import PictureSubject, Subject, TextSubject
from ui.words import literal, percent

PICTURE, TEXT = "Picture", "Text"
FEW = 4  # answers shown
Settings = dict[str, dict[str, Any]]


def explain_a_picture() -> None:
    """The current picture, one class, the chosen methods."""
    with st.sidebar:
        card = resources.model("image-classification", "model")
    picked = inputs.image()
    classifier = resources.image_classifier(card)
    answer = classifier.predict(picked.image, top=len(classifier.labels))
    with st.sidebar:
        target = method_choice.answer_picker(answer.labels, answer.targets)
        chosen = method_choice.method_picker("image", classifier)
        baseline = None
        if method_choice.with_baseline(chosen):
            baseline = own_baseline.choose()
        drawn = look.knobs("image")
        with st.expander("Settings of the evidence", key="explain.evidence"):
            plan = params.form(deletion.PARAMS, key="erase")
    seen = classifier.seen(picked.image)
    subject = PictureSubject(
        question=explaining.of_picture(classifier, picked, target, baseline),
        title=picked.title,
        example=picked.image,
        answers=tuple(zip(answer.labels[:FEW], answer.probs[:FEW], strict=True)),
        look=drawn,
        plan=plan,
        control=plan["control"],
        seen=seen,
    )

    def first() -> None:
        st.markdown("**The picture**")
        st.image(seen, width="stretch", alt=picked.title)
        answers(answer.labels, answer.probs, subject.question.label)

    show(subject, chosen, first, float(answer.logits.softmax(0)[target]))


def explain_a_text() -> None:
    """The current text, one label, the chosen methods."""
    with st.sidebar:
        card = language.picked_model()
        classifier = language.classifier(card)
    text = inputs.text()
    encoding = classifier.encode(text)
    answer = language.ranked(classifier, text)
    with st.sidebar:
        target = method_choice.answer_picker(answer.labels, answer.targets)
        chosen = method_choice.method_picker("text", classifier)
        drawn = look.knobs("text")
        with st.expander("Settings of the evidence", key="explain.evidence"):
            plan = params.form(text_deletion.PARAMS, key="hide")
    if encoding.truncated:
        frame.notices((f"The text goes on, but the model reads only its first {len(encoding.tokens)} tokens.",))
    subject = TextSubject(
        question=explaining.of_text(classifier, encoding, text, target),
        title="Your text",
        example=text,
        answers=tuple(zip(answer.labels[:FEW], answer.probs[:FEW], strict=True)),
        look=drawn,
        plan=plan,
        control="shuffled",
    )

    def first() -> None:
        st.markdown("**The answer**")
        answers(answer.labels, answer.probs, subject.question.label)

    show(subject, chosen, first, answer.probs[answer.targets.index(target)])


def answers(labels: Sequence[str], probs: Sequence[float], explained: str) -> None:
    """The four likeliest answers, the explained one in orange."""
    few = list(labels[:FEW])
    at = few.index(explained) if explained in few else -1
    figures.show(bars.bars(few, probs[:FEW], highlight=at), "explain.bars", bars.in_words(few, probs[:FEW]))


def show(subject: Subject, chosen: Settings, first: Callable[[], None], prob: float) -> None:
    """The question, the methods side by side, the tabs, the cost."""
    if not chosen:
        st.info("Choose at least one method in the sidebar.")
        return
    st.header(f"Why “{literal(subject.question.label)}”, {percent(prob)}?", anchor=False)
    judged = evidence.side_by_side(subject, chosen, first)
    evidence.tabs(tabs_of(subject, chosen, judged))
    frame.account(sum(one.explained.seconds for one in judged))


def tabs_of(subject: Subject, chosen: Settings, judged: list[evidence.Judged]) -> Mapping[str, Callable[[], object]]:
    """The tabs in their order, and what each draws."""
    return {
        "What this says": lambda: evidence.says(subject, judged),
        "Erase it": lambda: evidence.erase(subject, judged),
        "Trust": lambda: trust.show(subject, judged),
        "Before and after": lambda: before_after.show(subject, chosen),
        "More inputs": lambda: more_inputs.show(subject, chosen),
        "Numbers": lambda: evidence.numbers(subject, judged),
        "The code that ran": lambda: evidence.code(judged),
        "Take away": lambda: taking.show(subject, judged),
    }


frame.begin(__file__)
with st.sidebar:
    kind = st.segmented_control(
        "Explain", [PICTURE, TEXT], default=PICTURE, required=True, key="kind", bind="query-params"
    )
with frame.plain_errors():
    if kind == PICTURE:
        explain_a_picture()
    else:
        explain_a_text()
