"""Ways through a network's space of digits: between two of them, over the map of all, there and back."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.data import digits
from core.plots import digits as plots
from ui import figures
from ui.words import percent

if TYPE_CHECKING:
    from core.models.digit_reader import DigitReader

Networks = Callable[[str], Any]
WALK_STEPS = 11
TILES = 17
_X, _Y = "digits.x", "digits.y"


def walk(networks: Networks, reader: "DigitReader", by_seed: bool) -> None:
    """Between two real digits, or two seeds where a network cannot say where a picture lies."""
    from core.models import drawn_digits

    left, right = st.columns(2)
    if by_seed:
        model = networks("digits-gan")
        seeds = [
            side.slider(f"{word} seed", 0, 99, default, key=f"digits.walk.{word}")
            for side, word, default in ((left, "From", 3), (right, "To", 8))
        ]
        ends = [drawn_digits.noise(model, seed) for seed in seeds]
    else:
        model = networks("digits-vae")
        real = digits.unseen()
        chosen = [
            side.slider(f"{word} real digit", 0, 9, default, key=f"digits.walk.real.{word}")
            for side, word, default in ((left, "From a", 3), (right, "To a", 8))
        ]
        ends = list(drawn_digits.points(model, np.stack([real.of(digit)[0] for digit in chosen])))
    place = st.slider("Where on the way", 0, 100, 50, 10, format="%d %%", key="digits.walk.place")
    way = drawn_digits.walk(model, ends[0], ends[1], WALK_STEPS)
    at = place * (WALK_STEPS - 1) // 100
    alts = [f"{10 * n} % of the way" for n in range(WALK_STEPS)]
    st.html(plots.strip(way, alts, chosen=at, side=72))
    _read(way[at], reader)
    st.caption("Each picture is drawn from a mixture of the two points' numbers, not of the two pictures.")


def latent_map(networks: Networks, reader: "DigitReader", _: bool) -> None:
    """All that the network of two dimensions can draw; a click or the sliders choose a place."""
    from core.models import drawn_digits

    model, real = networks("digits-vae-map"), digits.unseen()
    reach = drawn_digits.MAP_REACH

    def picked(place: Any) -> None:
        x, y = (min(max(float(value), -reach), reach) for value in list(place)[:2])
        st.session_state[_X], st.session_state[_Y] = round(x, 2), round(y, 2)

    for key in (_X, _Y):
        st.session_state.setdefault(key, 0.0)
    chart, side = st.columns([3, 1], gap="large")
    with side:
        x = st.slider("First number", -reach, reach, step=0.01, key=_X)
        y = st.slider("Second number", -reach, reach, step=0.01, key=_Y)
        _read(drawn_digits.at(model, (x, y)), reader)
    with chart:
        figure = plots.latent_map(
            drawn_digits.atlas(model, TILES), reach, drawn_digits.points(model, real.images), real.labels, (x, y), TILES
        )
        alt = "What the network draws at each place of its two numbers, with a hundred real digits where they lie."
        figures.clickable(figure, "digits.map", alt, picked)
    st.caption("A second, smaller VAE with two numbers. Orange: where it puts a hundred real digits. Click a place.")


def rebuild(networks: Networks, _: "DigitReader", __: bool) -> None:
    """Real digits that no network saw, and what is left of them after 16 numbers and after 2."""
    from core.models import drawn_digits

    digit = st.slider("Real digit", 0, 9, 4, key="digits.rebuild")
    real = digits.unseen().of(digit)
    st.markdown("**Ten hands, unseen by the networks**")
    st.html(plots.strip(real, [f"A real {digit}" for _ in real]))
    for slug, words in (("digits-vae", "16 numbers"), ("digits-vae-map", "2 numbers")):
        back = drawn_digits.rebuilt(networks(slug), real)
        error = float(np.sqrt(np.mean((back / 255.0 - real / 255.0) ** 2)))
        st.markdown(f"**After {words}** · {error:.2f} away")
        st.html(plots.strip(back, [f"The same {digit} from {words}" for _ in real]))
    st.caption("The distance is the root mean square of the pixels' differences, where black is 0 and white 1.")


def _read(image: np.ndarray, reader: "DigitReader") -> None:
    from core.models import drawn_digits

    probs = reader.probs(drawn_digits.as_pixels(image[None]))[0]
    digit = int(probs.argmax())
    words = f"Reads {digit}, {percent(float(probs[digit]))}"
    with st.container(width=150):
        st.html(plots.sheet([plots.Cell(image, words, words)]))


SHOWN = {"Walk": walk, "Map": latent_map, "Rebuild": rebuild}
