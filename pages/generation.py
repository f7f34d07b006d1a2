"""Generation: a small language model writes, token by token, and shows how sure it was; small networks draw."""

import streamlit as st

from core.plots import token_strip
from ui import drawing_digits, figures, frame, painting, resources, source, writing
from ui.words import literal

PACE = 0.2  # seconds between two looks while it writes
AVATARS = {"user": ":material/person:", "assistant": ":material/auto_awesome:"}
FAILED = "The writing broke off because of an error; try again."


def samples(desk: writing.Desk) -> str:
    """Sample prompts in one click; the text of the first one chosen."""
    known = writing.prompts(desk.mode)

    def pick() -> None:
        if slug := st.session_state[f"prompt.{desk.mode}"]:
            writing.begin(desk, known[slug].text)

    slug = st.pills(
        "Worth trying",
        list(known),
        default=next(iter(known)),
        format_func=lambda s: known[s].title,
        key=f"prompt.{desk.mode}",
        bind="query-params",
        on_change=pick,
    )
    return known[slug or next(iter(known))].text


def opening(desk: writing.Desk) -> None:
    """The field for the beginning of a text, and the button that writes on from it."""
    key = "opening"
    if desk.turns and st.session_state.get("opening.of") != desk.turns[0][1]:
        st.session_state["opening.of"] = st.session_state[key] = desk.turns[0][1]
    st.text_area("Beginning of a text", key=key, height=90, persist_state="session")
    st.button(
        "Write on",
        type="primary",
        icon=":material/edit:",
        key="write",
        on_click=lambda: writing.begin(desk, st.session_state[key]),
    )


def show(desk: writing.Desk, was_active: bool) -> None:
    """The text so far with its figures; the page runs once more when the writing has ended."""
    assert desk.writing is not None
    look = desk.writing.look()
    if was_active and not look.active:
        st.rerun()
    if look.state == "failed":
        st.error(FAILED, icon=":material/error:")
    if desk.mode == writing.ANSWER:
        with st.chat_message("assistant", avatar=AVATARS["assistant"]):
            written(look)
    else:
        with st.container(border=True):
            st.caption(literal(desk.turns[0][1]))
            written(look)
    with st.container(horizontal=True, vertical_alignment="center"):
        if look.active:
            st.button("Stop", icon=":material/stop:", type="primary", key="stop", on_click=desk.writing.stop)
        else:
            st.button("Write again", icon=":material/replay:", key="again", on_click=writing.again, args=(desk,))
        st.caption("The fuller the orange, the less likely the token was. Rest the pointer on one to see the others.")
    readings(look)


def written(look) -> None:
    """The tokens, or what is happening before the first."""
    if not look.tokens:
        st.markdown("Reading…" if look.active else "*It ended at once, without a word.*")
        return
    st.html(token_strip.token_strip(look.tokens, writing=look.active))


def readings(look) -> None:
    """Figures under the text."""
    with st.container(horizontal=True):
        st.metric("Tokens", len(look.tokens), width=110)
        st.metric("Tokens per second", f"{look.tokens_per_second:.1f}", width=150)
        st.metric("First token after", f"{look.first_seconds:.1f} s", width=150)
        st.metric(
            "Mean surprise",
            f"{token_strip.surprise(look.tokens):.1f} bits",
            help="How unlikely the model found its own tokens: 0 means always certain, 15.6 means no idea.",
            width=150,
        )


def tabs(desk: writing.Desk) -> None:
    """What it says, each token's chances, the code, what to take home."""
    assert desk.writing is not None
    look = desk.writing.look()
    says, inside, code, take = st.tabs(
        ["What this says", "Look inside", "The code that ran", "Take away"], key="generation.tabs", on_change="rerun"
    )
    if says.open:
        with says:
            st.write(sentences(look))
    if inside.open and look.tokens:
        with inside:
            alt = f"The probability of each of {len(look.tokens)} tokens, in the order of writing."
            figures.show(token_strip.certainty(look.tokens), "generation.certainty", alt)
            st.dataframe(token_strip.table(look.tokens), hide_index=True, height=260)
    if code.open:
        with code:
            from core.models import sampling, text_generator

            source.show(text_generator.TextGenerator._steps, sampling.draw, sampling.allowed)
    if take.open:
        with take:
            st.download_button("Text", look.text, "text.txt", "text/plain", icon=":material/download:")


def sentences(look) -> str:
    """Two sentences on what happened."""
    if not look.tokens:
        return "Nothing was written."
    least = min(look.tokens, key=lambda token: token.prob)
    return (
        f"The model wrote {len(look.tokens)} tokens; the one it found least likely is "
        f"“{literal(token_strip.visible(least.text))}”, at {100 * least.prob:.1f} %. "
        "It writes what sounds likely, which is not always what is true: check facts elsewhere."
    )


def text(mode: str) -> None:
    """Writing: the samples, the text as it grows, and what there is to say of it."""
    with st.sidebar, frame.stopping():
        card = resources.model("text-generation", "model")
        sampling = writing.sampling()
    here = writing.desk(mode)
    first = samples(here)
    with frame.plain_errors(), st.spinner("Waking the model…"):
        writing.follow(here, card, sampling, first)
    frame.notices(here.notices)
    if here.mode == writing.CONTINUE:
        opening(here)
    if here.writing is not None:
        if here.mode == writing.ANSWER:
            for role, words in here.turns:
                with st.chat_message(role, avatar=AVATARS[role]):
                    st.markdown(literal(words))
        now = here.writing.look()
        if now.cut:
            frame.notices(("The beginning was left out: the model reads the last 1,024 tokens.",))
        st.fragment(show, run_every=PACE if now.active else None)(here, now.active)
        if here.mode == writing.ANSWER:
            with st.container():
                st.chat_input(
                    "Ask on", key="ask", max_chars=4000, on_submit=lambda: writing.send(here, st.session_state["ask"])
                )
        if not now.active:
            tabs(here)
        frame.account(now.seconds if not now.active else None)


SHOWN = {painting.EMOJI: painting.show, drawing_digits.DIGITS: drawing_digits.show}  # all else writes text

frame.begin(__file__)
with st.sidebar:
    task = st.segmented_control(
        "Task",
        [writing.ANSWER, writing.CONTINUE, *SHOWN],
        default=writing.ANSWER,
        required=True,
        key="mode",
        bind="query-params",
    )
SHOWN.get(task, lambda: text(task))()
