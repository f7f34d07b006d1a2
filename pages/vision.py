"""Vision: a picture in; its likeliest classes, the things on it in boxes, or a name for every pixel out."""

import pandas as pd
import streamlit as st

from core.data import tables
from core.plots import bars
from ui import answers, composing, detecting, figures, frame, inputs, resources, segmenting, source
from ui.words import literal

TASKS = {"classify": "Classify", "detect": "Detect", "segment": "Segment"}


def main() -> None:
    """The task, then all of it."""
    frame.begin(__file__)
    task = st.segmented_control(
        "Task",
        list(TASKS),
        default="classify",
        required=True,
        format_func=lambda name: TASKS[name],
        key="task",
        bind="query-params",
        help="One answer for the whole picture, a box for each thing, or a name for each pixel.",
    )
    {"classify": classify, "detect": detecting.show, "segment": segmenting.show}[task or "classify"]()


def classify() -> None:
    """The likeliest classes of the whole picture."""
    with st.sidebar, frame.stopping():
        card = resources.model("image-classification", "model")
        top = st.slider("Answers to show", 3, 10, 5, key="top", bind="query-params")

    picked = composing.one(card)
    classifier = resources.image_classifier(card)
    answer = classifier.predict(picked.image, top=top)
    seen = classifier.seen(picked.image)
    best = answer.labels[0]

    picture, input_, result = st.columns([1, 1, 1.7], gap="medium")
    with picture:
        st.image(inputs.square(picked.image), width="stretch", alt=picked.title)
        st.caption(f"{picked.title}, {picked.image.width} × {picked.image.height} pixels")
    with input_:
        st.image(seen, width="stretch", output_format="JPEG", alt="The picture as the network sees it")
        st.caption(f"What the network sees: {seen.width} × {seen.height}")
    with result:
        answers.headline(card, answer.labels, answer.probs, multi_label=classifier.multi_label)
        figures.show(bars.bars(answer.labels, answer.probs), "vision.bars", bars.in_words(answer.labels, answer.probs))

    answers.beside_base_of_pictures(card, picked.image, top)
    with st.container(horizontal=True):
        st.page_link("pages/explainability.py", label="Why? Explain this answer", icon=":material/visibility:")
        st.page_link("pages/transfer_learning.py", label="Teach it your own classes", icon=":material/model_training:")

    says, inside, code, take = st.tabs(
        ["What this says", "Look inside", "The code that ran", "Take away"], key="vision.tabs", on_change="rerun"
    )
    if says.open:
        with says:
            others = ", ".join(literal(label) for label in answer.labels[1:3])
            st.write(
                f"Of {len(classifier.labels):,} classes the network finds **{literal(best)}** likeliest, then {others}."
                " It must choose among its classes even where none fits, so a sure answer can still be wrong."
            )
    if inside.open:
        with inside:
            st.write(
                f"The picture is scaled and its middle cut to {seen.width} × {seen.height} pixels in three colours, "
                f"{3 * seen.width * seen.height:,} numbers in all. Each has the mean {tuple(classifier.mean)} taken "
                f"off and is divided by {tuple(classifier.std)}. {card.parameters / 1e6:.1f} million weights turn them "
                f"into {len(classifier.labels):,} logits, and softmax turns those into probabilities."
            )
    if code.open:
        with code:
            source.show(type(classifier).predict, type(classifier.preprocessing).pixels)
    if take.open:
        with take:
            table = pd.DataFrame({"label": answer.labels, "probability": answer.probs})
            csv = tables.safe_csv(table)
            st.download_button("Answers as CSV", csv, "answers.csv", "text/csv", icon=":material/download:")
    frame.account(answer.seconds)


main()
