"""Explainability: why this answer? Several methods side by side, each with its evidence."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.attribution.metrics import deletion, text_deletion
from core.models.catalog import TEXT_GENERATION
from core.plots import bars
from ui import (
    baselines,
    before_after,
    chunked,
    composing,
    evidence,
    explaining,
    figures,
    frame,
    inputs,
    inside,
    language,
    look,
    method_choice,
    more_inputs,
    next_word,
    own_baseline,
    params,
    resources,
    taking,
    trust,
)
from ui.subject import PictureSubject, Subject, TextSubject
from ui.words import literal, percent

PICTURE, TEXT, NEXT = "Picture", "Text", "Next word"
FEW = 4  # answers shown
TRAINED = {"Before and after", "More inputs"}  # tabs about models that classify
Settings = dict[str, dict[str, Any]]


def explain_a_picture() -> None:
    """The current picture, one class, the chosen methods."""
    with st.sidebar:
        card = resources.model("image-classification", "model")
    picked = composing.one(card)
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
    part = chunked.choose(classifier, inputs.text())
    text, encoding = part.text, classifier.encode(part.text)
    answer = language.ranked(classifier, text)
    with st.sidebar:
        target = method_choice.answer_picker(answer.labels, answer.targets)
        chosen = method_choice.method_picker("text", classifier)
        drawn = look.knobs("text")
        with st.expander("Settings of the evidence", key="explain.evidence"):
            plan = params.form(text_deletion.PARAMS, key="hide")
    subject = TextSubject(
        question=explaining.of_text(classifier, encoding, text, target),
        title="Your text",
        example=text,
        answers=tuple(zip(answer.labels[:FEW], answer.probs[:FEW], strict=True)),
        look=drawn,
        plan=plan,
        control="shuffled",
        pieces=part.pieces,
        current=part.at,
    )

    def first() -> None:
        st.markdown("**The answer**")
        answers(answer.labels, answer.probs, subject.question.label)

    show(subject, chosen, first, answer.probs[answer.targets.index(target)])


def explain_a_next_word() -> None:
    """A token that the language model wrote, and the words before it."""
    with st.sidebar:
        card = resources.model("text-generation", "writer")
    classifier = next_word.reader(card)
    asked = next_word.choose(classifier)
    with st.sidebar:
        target = method_choice.answer_picker(asked.labels, asked.targets)
        chosen = method_choice.method_picker("text", classifier, "next")
        drawn = look.knobs("text")
        with st.expander("Settings of the evidence", key="explain.evidence"):
            plan = params.form(next_word.PARAMS, key="hide.next")
    subject = TextSubject(
        question=explaining.of_text(classifier, asked.encoding, asked.text, target),
        title="The words before",
        example=asked.text,
        answers=tuple(zip(asked.labels[:FEW], asked.probs[:FEW], strict=True)),
        look=drawn,
        plan=plan | {"steps": next_word.STEPS},
        control="shuffled",
    )

    def first() -> None:
        st.markdown("**The next token**")
        answers(asked.labels, asked.probs, subject.question.label)

    show(subject, chosen, first, asked.probs[asked.targets.index(target)])


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
    """The tabs in their order, and what each draws; a language model was not trained here, so nothing was before."""
    made = {
        "What this says": lambda: evidence.says(subject, judged),
        "Erase it": lambda: evidence.erase(subject, judged),
        "Trust": lambda: trust.show(subject, judged),
        **({"Inside": lambda: inside.show(subject)} if isinstance(subject, PictureSubject) else {}),
        **(
            {"Chunks": lambda: chunked.show(subject, chosen)}
            if isinstance(subject, TextSubject) and subject.pieces
            else {}
        ),
        "Baselines": lambda: baselines.show(subject, chosen),
        "Before and after": lambda: before_after.show(subject, chosen),
        "More inputs": lambda: more_inputs.show(subject, chosen),
        "Numbers": lambda: evidence.numbers(subject, judged),
        "The code that ran": lambda: evidence.code(judged),
        "Take away": lambda: taking.show(subject, judged),
    }
    return {title: draw for title, draw in made.items() if subject.card.task != TEXT_GENERATION or title not in TRAINED}


frame.begin(__file__)
with st.sidebar:
    kind = st.segmented_control(
        "Explain", [PICTURE, TEXT, NEXT], default=PICTURE, required=True, key="kind", bind="query-params"
    )
with frame.plain_errors():
    if kind == PICTURE:
        explain_a_picture()
    elif kind == TEXT:
        explain_a_text()
    else:
        explain_a_next_word()
