"""A language model's own words as something to explain: a beginning, what it writes on, and the token asked for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.attribution.token_ablation import HIDE
from core.config import Limits
from core.data import texts
from core.models import ModelCard
from core.params import IntRange
from ui import frame, resources, writing
from ui.kept import of_this_session
from ui.words import percent

if TYPE_CHECKING:
    from core.models.next_token import NextToken, Written
    from core.models.text_classifier import Encoding

# A language model is a hundred times slower than a classifier: fewer steps and draws on the curves.
PARAMS = (HIDE, IntRange("draws", "Draws of the control", 2, 10, 2, help="More: a fairer comparison, slower."))
STEPS = 6
TOKENS = 12
CANDIDATES = 20


@dataclass(frozen=True)
class Asked:
    """Why did the model write this?

    Attributes:
        text: all that stood before the token, as it is written.
        labels, probs, targets: the likeliest next tokens, likeliest first.
    """

    encoding: "Encoding"
    text: str
    labels: tuple[str, ...]
    probs: tuple[float, ...]
    targets: tuple[int, ...]


@st.cache_resource(max_entries=2, show_spinner="Loading the model…")
def reader(card: ModelCard) -> "NextToken":
    """The language model of ``card`` as a classifier of its next token."""
    from core.models.next_token import NextToken

    return NextToken(resources.text_generator(card))


def choose(classifier: "NextToken") -> Asked:
    """The beginning, what was written from it, and the token that the visitor chooses.

    Raises:
        PlaygroundError: there is no beginning.
    """
    beginning = _beginning()
    encoding = classifier.encode(beginning)
    if encoding.truncated:
        frame.notices((f"The text is long: the last {len(encoding.tokens) - 1} tokens of it are read.",))
    written = _written(classifier, encoding, beginning)
    chosen = 0
    if written:
        chosen = st.pills(
            "What the model wrote: choose the token to explain",
            range(len(written)),
            default=0,
            required=True,
            format_func=lambda at: f"{written[at].text.strip() or '␣'} · {percent(written[at].prob)}",
            key=f"next.token.{abs(hash(beginning))}",
        )
    else:
        st.caption("The model would end here.")
    for one in written[:chosen]:
        encoding = classifier.extended(encoding, one.target)
    probs = classifier.probs(encoding)
    top = probs.topk(CANDIDATES)
    targets = tuple(int(index) for index in top.indices)
    text = beginning + "".join(one.text for one in written[:chosen])
    return Asked(
        encoding, text, tuple(classifier.labels[i] for i in targets), tuple(float(p) for p in top.values), targets
    )


def _beginning() -> str:
    """The visitor's words, or a sample's."""
    known = writing.prompts(writing.CONTINUE)

    def pick() -> None:
        if slug := st.session_state["next.prompt"]:
            st.session_state["next.text"] = known[slug].text

    st.session_state.setdefault("next.text", next(iter(known.values())).text)
    st.pills("Worth trying", list(known), format_func=lambda slug: known[slug].title, key="next.prompt", on_change=pick)
    typed = st.text_area("Beginning of a text", key="next.text", height=80, persist_state="session")
    cleaned = texts.clean_text(typed, Limits.from_env())
    frame.notices(cleaned.notices)
    return cleaned.text


def _written(classifier: "NextToken", encoding: "Encoding", beginning: str) -> "list[Written]":
    key = ("next word", classifier.card.slug, beginning)
    held = of_this_session().get(key)
    if held is None:
        with st.spinner("Writing…"):
            held = of_this_session().put(key, classifier.write(encoding, TOKENS))
    return held
