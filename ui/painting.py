"""Pictures from words on the Generation page: drawn while one watches, with what the model learned from beside them."""

from typing import TYPE_CHECKING

import streamlit as st

from core.config import Limits
from core.data import texts
from core.errors import PlaygroundError
from core.models import ModelCard
from core.models.catalog import TEXT_TO_IMAGE
from core.params import make, params_of
from ui import frame, painting_inside, params, resources, source
from ui.painted import WIDTH, Film, drawn, enlarged, gif, png
from ui.words import literal, percent

if TYPE_CHECKING:
    from core.models.painter import Painter, Painting

EMOJI = "Emoji"
SMALL, TINY = 72, 40  # pixels on the page
COUNTS = (1, 4, 8)
LONGEST = 120  # characters
STRIP = 8  # frames
KNOWN = ("red apple", "house", "sunflower", "soccer ball", "grinning face", "pizza")
MIXED = ("blue apple", "green cat", "blue fish", "happy pizza", "rocket")


def show() -> None:
    """All of the page below its title and its choice of task."""
    with st.sidebar, frame.stopping():
        card, painting = controls()
    page(card, painting)


def controls() -> "tuple[ModelCard, Painting]":
    """The part of the sidebar: which model, and how it draws."""
    from core.models.painter import Painting

    card = resources.model(TEXT_TO_IMAGE, "model")
    return card, make(Painting, params.form(params_of(Painting), "painting"))


def page(card: ModelCard, painting: "Painting") -> None:
    """All that stands beside the sidebar."""
    captions, count = asked()
    with frame.stopping():
        caption = wanted(captions)
        painter = resources.painter(card)
    film = drawn(painter, card, (caption,) * count, painting, "painting", live=True)
    if not film:
        return
    pictures(painter, film, caption)
    strip(film)
    tabs(painter, card, caption, painting, film)
    frame.account(film[-1].seconds)


def asked() -> tuple[str, int]:
    """The field for words, words worth trying, and how many pictures."""
    if "caption" not in st.session_state:
        st.session_state["caption"] = st.query_params.get("caption", KNOWN[0])
    st.text_input("What to draw", key="caption", bind="query-params", max_chars=LONGEST)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.pills(
            "Worth trying",
            (*KNOWN, *MIXED),
            key="caption.pick",
            on_change=_take,
            help=f"The first {len(KNOWN)} are names that it learned, the others are new to it.",
        )
        count = st.segmented_control(
            "Pictures", COUNTS, default=COUNTS[1], required=True, key="count", bind="query-params"
        )
    return st.session_state["caption"], int(count or COUNTS[1])


def _take() -> None:
    if picked := st.session_state["caption.pick"]:
        st.session_state["caption"] = picked


def wanted(caption: str) -> str:
    """The words as the model gets them.

    Raises:
        PlaygroundError: there are none.
    """
    if not caption.strip():
        raise PlaygroundError("There is nothing to draw yet; write a word or two, such as “red apple”.")
    return texts.clean_text(caption, Limits.from_env()).text


def pictures(painter: "Painter", film: Film, caption: str) -> None:
    """Each picture with the nearest of those that the model learned from."""
    st.caption("Below each: the nearest of the pictures that it learned from.")
    with st.container(horizontal=True, key="painted"):
        for image in film[-1].guess:
            near = painter.nearest(image)
            with st.container(width=WIDTH):
                st.image(enlarged(image), width=WIDTH, alt=f"What the model drew for {caption}")
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.image(enlarged(near.image), width=TINY, alt=f"The emoji {near.name}")
                    with st.container(width=WIDTH - TINY - 16):
                        st.caption(f"{literal(near.name)}, {percent(near.likeness)} alike")


def strip(film: Film) -> None:
    """The way from noise to picture: a few frames, and a slider over all."""
    st.header("From noise to picture", anchor=False)
    st.fragment(_scrub)(film)


def _scrub(film: Film) -> None:
    total = len(film)
    at = film[st.slider("Step", 1, total, max(total // 3, 1), key="painting.step") - 1] if total > 1 else film[0]
    with st.container(horizontal=True):
        for image, words in ((at.noisy[0], "what is there"), (at.guess[0], "what it will become, it thinks")):
            with st.container(width=WIDTH):
                st.image(enlarged(image), width=WIDTH, alt=f"Step {at.number}: {words}")
                st.caption(f"Step {at.number}: {words}")
    chosen = sorted({round(i * (total - 1) / (STRIP - 1)) for i in range(STRIP)})
    with st.container(horizontal=True, gap="small"):
        for frame_ in (film[i] for i in chosen):
            with st.container(width=SMALL):
                st.image(enlarged(frame_.guess[0]), width=SMALL, alt=f"What it thinks at step {frame_.number}")
                st.caption(str(frame_.number))


def tabs(painter: "Painter", card: ModelCard, caption: str, painting: "Painting", film: Film) -> None:
    """What it says, what words and guidance do, the code, what to take home."""
    says, inside, code, take = st.tabs(
        ["What this says", "Look inside", "The code that ran", "Take away"], key="painting.tabs", on_change="rerun"
    )
    if says.open:
        with says:
            st.write(
                "Drawing begins with noise. At every step the network says what noise it sees, asked once with your "
                f"words and once with none, and {painting.guidance_scale:g} times the difference is taken. It works on "
                f"{film_numbers(painter):,} numbers, which a decoder turns into {painter.side} × {painter.side} pixels."
            )
            st.write(literal(card.limits))
    if inside.open:
        with inside:
            painting_inside.show(painter, card, caption, painting)
    if code.open:
        with code:
            source.show(type(painter).paint, type(painter).read, type(painter).decode)
    if take.open:
        with take, st.container(horizontal=True):
            st.download_button("Picture", png(film[-1].guess[0]), "emoji.png", "image/png", icon=":material/download:")
            st.download_button("The way there", gif(film), "emoji.gif", "image/gif", icon=":material/movie:")


def film_numbers(painter: "Painter") -> int:
    """How many numbers stand for one picture."""
    shape = painter.unet.config
    return shape.in_channels * shape.sample_size**2
