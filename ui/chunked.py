"""Long texts: the chunk that the page speaks of, all chunks with their answers, and each explained on demand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import streamlit as st

from core.attribution.long_text import Chunk, chunks
from core.errors import PlaygroundError
from core.plots import chunks as drawing
from ui import figures, frame, on_demand
from ui.explaining import finished, frozen, full, of_text
from ui.kept import of_this_session
from ui.look import strongest
from ui.stoppable import Stoppable
from ui.subject import TextSubject
from ui.words import count, literal, percent

if TYPE_CHECKING:
    from core.models.text_classifier import Encoding, TextClassifier

_CURRENT = "chunk"
_AT_ONCE = 4  # chunks read between two looks at Stop
CAVEAT = "The model never sees the chunks together: the credit of one says nothing about the others."


@dataclass(frozen=True)
class Part:
    """What of a text the page speaks of: ``text``, which is the whole where there are no ``pieces`` of it."""

    text: str
    pieces: tuple[Chunk, ...] = ()
    at: int = 0


def choose(classifier: "TextClassifier", text: str) -> Part:
    """The whole text where the model reads it whole; else the chunk that the visitor chose, the first at first."""
    encoding = classifier.encode(text)
    if not encoding.truncated:
        return Part(text)
    beginning = f"The text goes on, but the model reads only {len(encoding.tokens)} tokens at a time"
    try:
        pieces = _pieces(classifier, text)
    except PlaygroundError as error:
        frame.notices((f"{beginning}, so this page speaks of its beginning. {error}",))
        return Part(text)
    frame.notices((f"{beginning}: it is explained in {count(len(pieces), 'chunk')}.",))
    numbers = list(range(1, len(pieces) + 1))
    if st.session_state.get(_CURRENT) not in (None, *numbers):
        del st.session_state[_CURRENT]
    number = st.pills("Chunk to explain", numbers, default=1, required=True, key=_CURRENT) or 1
    piece = pieces[number - 1].text
    st.caption(f"“{literal(_short(piece))}”")
    return Part(piece, pieces, number - 1)


def show(subject: TextSubject, chosen: Mapping[str, dict[str, Any]]) -> None:
    """The strip of all chunks; each explained by the first chosen method, once that is asked for."""
    label = literal(subject.question.label)
    st.markdown(f"**How likely “{label}” is in each chunk alone**")
    if (probs := _probs(subject)) is None:
        return
    alt = drawing.in_words(probs, subject.current)
    figure = drawing.strip([piece.text for piece in subject.pieces], probs, subject.current)
    figures.clickable(figure, "chunks.strip", alt, _pick)
    st.caption(f"A click makes the whole page speak of that chunk; now it is number {subject.current + 1}. *{CAVEAT}*")
    name, options = next(iter(chosen.items()))
    st.markdown(f"**{name}, chunk by chunk**")
    _explained(subject, probs, name, options)


def _explained(subject: TextSubject, probs: list[float], name: str, options: dict[str, Any]) -> None:
    classifier, target = subject.question.classifier, subject.question.target
    asked = [of_text(classifier, cast("Encoding", piece.encoding), piece.text, target) for piece in subject.pieces]
    wanted = (tuple(one.key for one in asked), name, frozen(options))
    if any(finished(one, name, options) is None for one in asked) and not on_demand.asked(
        "Explain every chunk", wanted, "chunks.explain", icon=":material/segment:"
    ):
        return
    line = Stoppable(wanted, "chunks.line")
    found = {}
    for at, one in enumerate(asked):

        def tell(done: float, at: int = at) -> None:
            line.tell(f"Chunk {at + 1} of {len(asked)}", (at + done) / len(asked))

        held = finished(one, name, options)
        if held is None and not line.stopped:
            held = full(one, name, options, tell)
        if held is not None:
            found[at] = held
    line.done()
    scale = max(map(strongest, found.values()), default=None)
    for at, one in found.items():
        here = ", the one above" if at == subject.current else ""
        st.markdown(f"Chunk {at + 1}{here}: {percent(probs[at])}")
        subject.draw(one, scale)
    if found:
        st.caption("One scale for all chunks.")


def _pieces(classifier: "TextClassifier", text: str) -> tuple[Chunk, ...]:
    kept, key = of_this_session(), ("chunks", classifier.card.slug, str(classifier.card.folder or ""), text)
    return kept.get(key) or kept.put(key, tuple(chunks(classifier, text)))


def _probs(subject: TextSubject) -> list[float] | None:
    """The probability of the explained class in each chunk; None where Stop came first."""
    classifier = subject.question.classifier
    texts = tuple(piece.text for piece in subject.pieces)
    kept, card = of_this_session(), classifier.card
    key = ("chunk answers", card.slug, str(card.folder or ""), classifier.labels, texts)
    answers = kept.get(key)
    if answers is None:
        line, answers = Stoppable(key, "chunks.answers"), []
        if line.stopped:
            return None
        for at in range(0, len(texts), _AT_ONCE):
            line.tell("Reading all chunks", at / len(texts))
            answers.extend(classifier.predict(texts[at : at + _AT_ONCE]).tolist())
        line.done()
        kept.put(key, answers)
    return [row[subject.question.target] for row in answers]


def _pick(number: object) -> None:
    st.session_state[_CURRENT] = int(str(number))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:100]} … {line[-50:]}"
