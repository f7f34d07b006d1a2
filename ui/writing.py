"""The text being written in this session: what was asked, the writing itself, and examples shared by all visitors."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import Limits
from core.data import texts
from core.models import ModelCard
from core.params import make, params_of
from ui import params, resources

if TYPE_CHECKING:
    from core.models.sampling import Sampling
    from core.models.writing import Writing

ANSWER, CONTINUE = "Answer", "Continue"
EXAMPLES_KEPT = 16


@dataclass(frozen=True)
class SamplePrompt:
    """Something to ask or to begin with, in one click."""

    slug: str
    mode: str
    title: str
    text: str


PROMPTS = (
    SamplePrompt("explain", ANSWER, "Explain", "Explain photosynthesis to a child in two sentences."),
    SamplePrompt("fact", ANSWER, "A fact", "What is the capital of France?"),
    SamplePrompt("trap", ANSWER, "A trap", "Who was the first person to walk on the sun?"),
    SamplePrompt("sea", CONTINUE, "A story", "The lighthouse keeper had not spoken to anyone for"),
    SamplePrompt("capital", CONTINUE, "A fact", "The capital of France is"),
    SamplePrompt("planets", CONTINUE, "A list", "The planets of the solar system are Mercury, Venus,"),
    SamplePrompt("code", CONTINUE, "A program", "def fibonacci(n):"),
)


@dataclass
class Desk:
    """What lies on this session's desk in one mode.

    Attributes:
        turns: ``(role, text)`` up to and including what is being answered; for continuing, one turn, the opening.
        writing: the latest writing, None before the first.
        wish: what to write from next, set by a callback and taken by `follow`; its turns, or None.
        notices: what was changed in the visitor's text, one sentence each.
        example: under what the finished writing is kept for other visitors; None for a visitor's own words.
    """

    mode: str
    turns: list[tuple[str, str]] = field(default_factory=list)
    writing: "Writing | None" = None
    wish: list[tuple[str, str]] | None = None
    notices: tuple[str, ...] = ()
    example: tuple | None = None


def sampling() -> "Sampling":
    """How freely tokens are drawn, from the controls in place."""
    from core.models.sampling import Sampling

    return make(Sampling, params.form(params_of(Sampling), "sampling"))


def desk(mode: str) -> Desk:
    """This session's desk for ``mode``."""
    return st.session_state.setdefault(f"writing.{mode}", Desk(mode))


def prompts(mode: str) -> dict[str, SamplePrompt]:
    """The samples of ``mode`` by slug; the first is what the page opens with."""
    return {prompt.slug: prompt for prompt in PROMPTS if prompt.mode == mode}


def begin(here: Desk, text: str) -> None:
    """Wish for a new text from ``text``, earlier turns forgotten; call it in a callback."""
    here.wish = [("user", text)]


def send(here: Desk, text: str) -> None:
    """Wish for an answer to ``text`` within the conversation; call it in a callback."""
    said = [("assistant", here.writing.look().text)] if here.writing and here.turns else []
    here.wish = [*here.turns, *said, ("user", text)]


def again(here: Desk) -> None:
    """Wish for the same once more, with the settings of now; call it in a callback."""
    here.wish = list(here.turns)


def follow(here: Desk, card: ModelCard, sampling: "Sampling", first: str) -> None:
    """Start what was wished for, or ``first`` where nothing was written yet.

    Raises:
        PlaygroundError: nothing readable was wished for, or too many texts are being written; the desk stays.
    """
    _keep_example(here)
    turns, here.wish = here.wish, None
    if turns is None:
        if here.writing is not None:
            return
        turns = [("user", first)]
    cleaned = texts.clean_text(turns[-1][1], Limits.from_env())
    turns = [*turns[:-1], ("user", cleaned.text)]
    sample = len(turns) == 1 and cleaned.text in {prompt.text for prompt in PROMPTS}
    example = (card.slug, here.mode, cleaned.text, sampling) if sample else None
    if here.writing is not None:
        here.writing.stop()  # a finished one does not mind
    here.writing = _examples().get(example) or _start(here.mode, card, turns, sampling)
    here.turns, here.notices, here.example = turns, cleaned.notices, example


def _start(mode: str, card: ModelCard, turns: list[tuple[str, str]], sampling: "Sampling") -> "Writing":
    from core.models.text_generator import Message
    from core.models.writing import Writing

    generator = resources.text_generator(card)
    prompt = turns[-1][1] if mode == CONTINUE else [Message(role, text) for role, text in turns]
    return Writing(generator, prompt, sampling)


def _keep_example(here: Desk) -> None:
    """A finished sample is the same for everybody, so the next visitor gets it at once."""
    if here.example and here.writing and here.writing.look().state == "finished":
        examples = _examples()
        if len(examples) >= EXAMPLES_KEPT:
            examples.clear()
        examples.setdefault(here.example, here.writing)


@st.cache_resource(max_entries=1, show_spinner=False)
def _examples() -> dict[Any, Any]:
    return {}
