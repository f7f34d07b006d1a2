"""Pictures drawn from words, kept for the session: the steps to them, enlarged, as files."""

import base64
import io
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from core.models import ModelCard
from ui import kept
from ui.stoppable import Stoppable

if TYPE_CHECKING:
    from core.models.painter import Painter, Painting, Step

Film = tuple["Step", ...]
WIDTH = 152  # pixels on the page: two pictures fit beside each other on a phone


def drawn(
    painter: "Painter",
    card: ModelCard,
    captions: Sequence[str],
    painting: "Painting",
    key: str,
    *,
    live: bool = False,
    between: int = 0,
) -> Film:
    """The steps from noise to the pictures of ``captions``; those so far where the visitor pressed Stop.

    Where ``between`` is said, so many pictures on the way from the first caption to the second, all from one noise.
    """
    wish: Hashable = (card.slug, tuple(captions), painting, between)
    if (film := kept.of_this_session().get(("painted", wish))) is not None:
        return film
    bar = Stoppable(wish, key)
    begun = ("begun", wish)
    if bar.stopped:
        return kept.of_this_session().get(begun) or ()
    place, steps = st.empty(), []
    words = painter.between(captions[0], captions[1], between) if between else captions
    latents = painter.noise(1, painting.seed).repeat(between, 1, 1, 1) if between else None
    for step in painter.paint(words, painting, latents=latents):
        steps.append(step)
        kept.of_this_session().put(begun, tuple(steps))
        bar.tell(f"Step {step.number} of {step.total}", step.number / step.total)
        if live:
            place.html(_row(step.guess))
    place.empty()
    bar.done()
    return kept.of_this_session().put(("painted", wish), tuple(steps))


def _row(images: Sequence[Image.Image]) -> str:
    """Pictures beside each other in the page itself: a file of a moment ago may be gone before it is fetched."""
    shown = "".join(
        f'<img alt="The picture so far" width="{WIDTH}" height="{WIDTH}" style="border-radius:.5rem" '
        f'src="data:image/png;base64,{base64.b64encode(png(image)).decode()}">'
        for image in images
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:1rem">{shown}</div>'


def enlarged(image: Image.Image) -> Image.Image:
    """``image`` at twice the size that it is shown with, smooth on sharp screens."""
    factor = max(2 * WIDTH // image.width, 1)
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)


def png(image: Image.Image) -> bytes:
    """``image`` as a file."""
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def gif(film: Film) -> bytes:
    """The guesses of the first picture, one a tenth of a second, the last one longer."""
    frames = [enlarged(step.guess[0]) for step in film]
    made = io.BytesIO()
    frames[0].save(
        made, "GIF", save_all=True, append_images=frames[1:], duration=[100] * (len(frames) - 1) + [1500], loop=0
    )
    return made.getvalue()
