"""Language: sort a text by labels of your choice, see its tokens, find its neighbours; or mark parts of it."""

import streamlit as st

from core.data import samples
from core.errors import PlaygroundError
from core.models import cards_for
from core.plots import bars, token_boxes
from ui import answers, figures, frame, inputs, language, marking, resources, source
from ui.words import literal

TASKS = {"sort": "Sort by labels", "mark": "Mark names, dates, amounts"}

frame.begin(__file__)
task = st.segmented_control(
    "Task",
    list(TASKS),
    default="sort",
    required=True,
    format_func=lambda name: TASKS[name],
    key="text_task",
    bind="query-params",
    on_change=marking.begin_with_sample,
    help="Sort: one answer for the whole text. Mark: which parts of it are names, dates and amounts.",
)
if task == "mark":
    marking.show()
    st.stop()

with st.sidebar, frame.stopping():
    card = language.picked_model()

with frame.stopping():
    text = inputs.text()
    classifier = language.classifier(card)
    encoding = classifier.encode(text)
answer = language.ranked(classifier, text)

result, pieces = st.columns([1.3, 1], gap="medium")
with result:
    answers.headline(card, answer.labels, answer.probs, multi_label=classifier.multi_label)
    figures.show(bars.bars(answer.labels, answer.probs), "nlp.bars", bars.in_words(answer.labels, answer.probs))
with pieces:
    st.header(f"{len(encoding.tokens)} tokens", anchor=False)
    st.html(token_boxes.token_boxes(encoding.tokens))
    st.caption("The pieces the model reads. ## continues a word; [CLS] and [SEP] are its own marks.")
    if encoding.truncated:
        st.caption(f":material/info: The text goes on, but the model reads only {len(encoding.tokens)} tokens.")

answers.beside_base_of_texts(card, text)
with st.container(horizontal=True):
    query = {"kind": "Text"}
    st.page_link("pages/explainability.py", label="Why? Explain it", icon=":material/visibility:", query_params=query)
    st.page_link("pages/transfer_learning.py", label="Teach it your own labels", icon=":material/model_training:")

near, says, code = st.tabs(
    ["Nearest sentences", "What this says", "The code that ran"], key="nlp.tabs", on_change="rerun"
)
if near.open:
    with near, frame.plain_errors():
        ours = "\n".join(s.text for s in samples.SAMPLES if s.kind == "text" and s.text != text)
        pasted = st.text_area(
            "Sentences to search, one a line", ours, height=160, key="nlp.list", persist_state="session"
        )
        lines = tuple(dict.fromkeys(line.strip()[:500] for line in pasted.splitlines() if line.strip()))[:200]
        if not lines:
            raise PlaygroundError("Paste at least one sentence to compare with.")
        encoder = resources.text_encoder(next(iter(cards_for(language.ENCODING))))
        nearest = language.nearest(encoder, text, lines)
        figure = bars.similarities([n.text for n in nearest], [n.cosine for n in nearest])
        figures.show(figure, "nlp.near", "; ".join(f"{n.text}: {n.cosine:.2f}" for n in nearest))
        st.caption("1 means the same meaning to the encoder, 0 unrelated.")
if says.open:
    with says:
        if card.task == language.ENCODING:
            st.write(
                f"The model never saw these labels. It places the text and the sentence “This text is about …” "
                f"with each label in a space of {resources.text_encoder(card).width} dimensions, and "
                f"**{literal(answer.labels[0])}** lies nearest."
            )
        else:
            st.write(f"This model was trained for these {len(answer.labels)} labels and finds the first one likeliest.")
        st.write("The percentages compare the labels with each other; they do not say whether any of them fits.")
if code.open:
    with code:
        source.show(type(classifier).encode, type(classifier).predict)
frame.account(answer.seconds)
