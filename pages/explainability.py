"""Explainability: why this answer? Several methods side by side, each with its evidence."""

import io
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.attribution.describe import describe_picture, describe_words
from core.attribution.metrics import deletion, text_deletion
from core.attribution.metrics.base import Curve, Erased
from core.attribution.metrics.scrubbing import picture_at, words_at
from core.attribution.regions import GRID, ranked_regions
from core.attribution.result import Explained
from core.plots import bars, coloured_words, heatmap
from ui import evidence, explaining, figures, frame, inputs, language, params, resources
from ui.words import literal, percent

PICTURE, TEXT = "Picture", "Text"
CONTROLS = {"shifted": "Moved maps", "scattered": "Random cells"}
CONTROLS_HELP = (
    "A moved map is the same map, shifted and mirrored: it keeps its clumps but not their place. Random cells scatter "
    "their holes, which breaks texture everywhere and can lower the answer faster than any map."
)
SMOOTH = 1.5  # pixels; for the eye only, the numbers stay as they are


def explain_a_picture() -> None:
    """The current picture, one class, the chosen methods."""
    with st.sidebar:
        card = resources.model("image-classification", "model")
    picked = inputs.image()
    classifier = resources.image_classifier(card)
    answer = classifier.predict(picked.image, top=len(classifier.labels))
    with st.sidebar:
        target = evidence.answer_picker(answer.labels, answer.targets)
        chosen = evidence.method_picker("image", classifier)
        with st.expander("Settings of the evidence", key="explain.evidence"):
            control = st.selectbox(
                "Compare with",
                list(CONTROLS),
                format_func=CONTROLS.__getitem__,
                key="control",
                help=CONTROLS_HELP,
                bind="query-params",
            )
            plan = params.form(deletion.PARAMS, key="erase")
        opacity = st.slider("Opacity of the maps", 0.2, 1.0, 0.85, 0.05, key="opacity", bind="query-params")
    seen, label = classifier.seen(picked.image), classifier.labels[target]

    def drawn(explained: Explained) -> heatmap.Overlay:
        return heatmap.overlay(seen, explained.values, signed=explained.method.signed, opacity=opacity, smooth=SMOOTH)

    def describe(explained: Explained) -> str:
        return describe_picture(explained.method, explained.values, label)

    def first() -> None:
        st.markdown("**The picture**")
        st.image(seen, width="stretch", alt=picked.title)
        answers(answer.labels, answer.probs, label)

    def files(explained: Explained) -> None:
        buffer = io.BytesIO()
        drawn(explained).image.save(buffer, "PNG")
        name = explained.method.slug
        st.download_button(
            f"{explained.method.name}, PNG",
            buffer.getvalue(),
            f"{name}.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
        )

    def at(explained: Explained, kind: Erased, curve: Curve, step: int) -> None:
        shown = picture_at(classifier, question.inputs, explained.values, deletion.Plan(**plan), kind, step)
        st.image(classifier.denormalise(shown), width="stretch", alt=f"{picked.title}, step {step} of the {kind}")

    question = explaining.of_picture(classifier, picked, target)
    subject = evidence.Subject(
        question=question,
        draw=lambda explained: st.image(drawn(explained).image, width="stretch", alt=describe(explained)),
        plan=plan,
        describe=describe,
        parts=regions,
        control=control,
        caveat=deletion.CAVEAT,
        at=at,
    )
    show(subject, chosen, first, files, float(answer.logits.softmax(0)[target]))


def explain_a_text() -> None:
    """The current text, one label, the chosen methods."""
    with st.sidebar:
        card = language.picked_model()
        classifier = language.classifier(card)
    text = inputs.text()
    encoding = classifier.encode(text)
    answer = language.ranked(classifier, text)
    with st.sidebar:
        target = evidence.answer_picker(answer.labels, answer.targets)
        chosen = evidence.method_picker("text", classifier)
        with st.expander("Settings of the evidence", key="explain.evidence"):
            plan = params.form(text_deletion.PARAMS, key="hide")
    if encoding.truncated:
        frame.notices((f"The text goes on, but the model reads only its first {len(encoding.tokens)} tokens.",))
    label = classifier.labels[target]

    def html(explained: Explained) -> str:
        return coloured_words.coloured_words([(word.text, word.value) for word in explained.words])

    def first() -> None:
        st.markdown("**The answer**")
        answers(answer.labels, answer.probs, label)

    def files(explained: Explained) -> None:
        name = explained.method.slug
        st.download_button(
            f"{explained.method.name}, HTML",
            html(explained),
            f"{name}.html",
            "text/html",
            icon=":material/download:",
            on_click="ignore",
        )

    def at(explained: Explained, kind: Erased, curve: Curve, step: int) -> None:
        hidden = words_at(explained.values.tolist(), curve.fractions[step], kind)
        shown = zip(explained.words, hidden, strict=True)
        st.html(coloured_words.coloured_words([("▁" * len(w.text), 0.0) if h else (w.text, w.value) for w, h in shown]))

    subject = evidence.Subject(
        question=explaining.of_text(classifier, encoding, text, target),
        draw=lambda explained: st.html(html(explained)),
        plan=plan,
        describe=lambda explained: describe_words(explained.method, explained.words, label),
        parts=ranked_words,
        control="shuffled",
        caveat=text_deletion.CAVEAT,
        at=at,
    )
    show(subject, chosen, first, files, answer.probs[answer.targets.index(target)])


def regions(explained: Explained) -> list[dict[str, Any]]:
    """The 49 regions of a picture, most evidence for the class first.

    Values that add up to a change in the logit are summed over a region, others averaged over its pixels.
    """
    unit, divisor = ("logits", 1.0) if explained.gap else ("mean", explained.values.size / GRID**2)
    return [
        {
            "where": r.place,
            "row": r.row,
            "column": r.column,
            unit: round(r.value / divisor, 4),
            "share": round(r.share, 4),
        }
        for r in ranked_regions(explained.values)
    ]


def ranked_words(explained: Explained) -> list[dict[str, Any]]:
    """The words of a text, most evidence for the label first."""
    ranked = sorted(explained.words, key=lambda word: -word.value)
    return [{"word": word.text, "logits": round(word.value, 4), "tokens": word.tokens} for word in ranked]


def answers(labels: Sequence[str], probs: Sequence[float], explained: str) -> None:
    """The four likeliest answers, the explained one in orange."""
    few = list(labels[:4])
    at = few.index(explained) if explained in few else -1
    figures.show(bars.bars(few, probs[:4], highlight=at), "explain.bars", bars.in_words(few, probs[:4]))


def show(subject: evidence.Subject, chosen: dict[str, dict[str, Any]], first: Any, files: Any, prob: float) -> None:
    """The question, the methods side by side, the tabs, the cost."""
    if not chosen:
        st.info("Choose at least one method in the sidebar.")
        return
    st.header(f"Why “{literal(subject.question.label)}”, {percent(prob)}?", anchor=False)
    judged = evidence.side_by_side(subject, chosen, first)
    evidence.tabs(subject, judged, files)
    frame.account(sum(one.explained.seconds for one in judged))


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
