"""Language, marking parts of a text: the text with its marks, a table of them, and what every token was taken for."""

from time import perf_counter
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.data import samples, tables
from core.plots.marked_text import marked_text
from ui import frame, inputs, resources, source
from ui.words import count, literal, percent

if TYPE_CHECKING:
    from core.models.token_classifier import Reading

TASK = "token-classification"
SAMPLE = "letter"
# What the models of the Hub call their kinds (CoNLL-2003).
_PLAIN = {"PER": "person", "LOC": "place", "ORG": "organisation", "MISC": "other name", "O": "none of them"}
_PROB = st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)


def begin_with_sample() -> None:
    """Where a sample text stands, let it be the one that has something to find; a visitor's own text stays."""
    text = st.session_state.get("inputs.text.own")
    if text is None or text in {sample.text for sample in samples.SAMPLES}:
        st.session_state["text"] = SAMPLE


def show() -> None:
    """All of it."""
    if "text" not in st.session_state and "text" not in st.query_params:  # a link to this part
        begin_with_sample()
    with st.sidebar, frame.stopping():
        card = resources.model(TASK, "marking_model")
    with frame.stopping():
        text = inputs.text()
        model = resources.token_classifier(card)
        start = perf_counter()
        reading = model.read(text)
        seconds = perf_counter() - start

    st.header(_headline(reading), anchor=False)
    kinds = [_plain(kind) for kind in reading.kinds[1:]]
    st.html(marked_text(text, [(s.start, s.end, _plain(s.label)) for s in reading.spans], kinds))
    if reading.windows > 1:
        st.caption(
            f":material/info: The model reads at most {model.max_tokens} tokens at once, so this text was read in "
            f"{reading.windows} pieces that overlap."
        )
    found, inside, says, code = st.tabs(
        ["What was found", "Look inside", "What this says", "The code that ran"], key="marking.tabs", on_change="rerun"
    )
    if found.open:
        with found:
            _table(_found(text, reading), "marking.found", "marks.csv", ["Probability"])
    if inside.open:
        with inside:
            _table(_tokens(reading), "marking.tokens", "tokens.csv", [_plain(kind) for kind in reading.kinds])
            st.caption(
                "How likely each token is of each kind, by the softmax of the network's logits. A word that was split "
                "(## continues it) gets one answer, the mean of its tokens."
            )
    if says.open:
        with says:
            _says(kinds, card.unknown_below, own=bool(card.shipped))
    if code.open:
        with code:
            source.show(type(model).read_all, type(model).forward)
    frame.account(seconds)


def _headline(reading: "Reading") -> str:
    """How many parts of each kind: ``2 names, 1 date``."""
    labels = [span.label for span in reading.spans]
    parts = [count(labels.count(kind), _plain(kind)) for kind in reading.kinds[1:] if kind in labels]
    return literal(", ".join(parts)) if parts else "Nothing found"


def _found(text: str, reading: "Reading") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Part": [text[span.start : span.end] for span in reading.spans],
            "Kind": [_plain(span.label) for span in reading.spans],
            "Probability": [round(span.prob, 4) for span in reading.spans],
            "From character": [span.start for span in reading.spans],
            "To": [span.end for span in reading.spans],
        }
    )


def _tokens(reading: "Reading") -> pd.DataFrame:
    shares = {_plain(kind): reading.probs[:, at].round(4) for at, kind in enumerate(reading.kinds)}
    return pd.DataFrame({"Token": reading.tokens, **shares})


def _table(rows: pd.DataFrame, key: str, file: str, probs: list[str]) -> None:
    """``rows``, with bars for ``probs``, and as a file."""
    if rows.empty:
        st.caption("The model marks nothing in this text.")
        return
    height = min(36 * (len(rows) + 1) + 2, 420)
    columns = dict.fromkeys(probs, _PROB)
    st.dataframe(rows, hide_index=True, column_config=columns, height=height, key=key)
    st.download_button(
        "CSV", lambda: tables.safe_csv(rows), file, "text/csv", icon=":material/download:", on_click="ignore"
    )


def _says(kinds: list[str], least: float, *, own: bool) -> None:
    st.write(
        f"For every token the network answers one question: does a part of the kind {literal(' or '.join(kinds))} "
        "begin here, does one go on, or neither? Neighbouring words of one kind make up a part, and its probability is "
        "the mean of theirs."
    )
    if own:
        st.write(
            "A **name** is what a person is called. A **date** is a day or something longer, named or told from now; "
            "times of day and durations are none. An **amount** has money, per cent or a unit of measure; other "
            "numbers are none."
        )
    told = f"Parts below {percent(least)} are not marked. " if least else ""
    st.write(f"{told}It judges words in their sentence and can be wrong, most often by a name that is none.")


def _plain(kind: str) -> str:
    return _PLAIN.get(kind, kind)
