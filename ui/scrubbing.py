"""Walk along a deletion or insertion curve: the input as the model was shown it, and what it answered there."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.attribution.metrics.base import Curve, Erased
from core.attribution.result import Explained
from core.plots.erasing import erasing
from ui import figures
from ui.words import percent

EVERY = 0.6  # seconds between two steps while it plays
_STEP = "scrub.step"
_PLAYING = "scrub.playing"
_TOGGLED = "scrub.toggled"
_WORDS = {"deletion": "Erase the strongest first", "insertion": "Show the strongest first"}


def scrub(
    answers: Sequence[tuple[Explained, dict[Erased, Curve]]],
    label: str,
    control: str,
    show: Callable[[Explained, Erased, Curve, int], object],
) -> None:
    """The walk, as a part of the page that runs alone.

    Args:
        answers: results with their curves.
        label: the class.
        show: draws the input at a step of a curve.
    """

    def walk() -> None:
        names = [one.method.name for one, _ in answers]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Map", names, key="scrub.method", width=260)
            kind = st.segmented_control(
                "Do", list(_WORDS), default="deletion", required=True, format_func=_WORDS.__getitem__, key="scrub.kind"
            )
            playing = st.session_state.get(_PLAYING, False)
            icon = ":material/pause:" if playing else ":material/play_arrow:"
            st.button("Pause" if playing else "Play", icon=icon, key="scrub.play", on_click=_toggle)
        one, curves = answers[names.index(name)]
        doing: Erased = "insertion" if kind == "insertion" else "deletion"
        curve = curves[doing]
        last = len(curve.fractions) - 1
        _advance(last)
        step = st.slider("Step", 0, last, key=_STEP, format=f"%d of {last}", help="Arrow keys move it too.")
        picture, beside = st.columns([1, 1.6], gap="medium")
        with picture:
            show(one, doing, curve, step)
        with beside:
            done = "erased" if doing == "deletion" else "shown"
            st.metric(f"“{label}” with {percent(curve.fractions[step])} {done}", percent(float(curve.probs[step])))
            drawn = erasing(curve, label, control=control, at=step, height=240)
            figures.show(drawn, "scrub.curve", f"{percent(float(curve.probs[step]))} at step {step} of {last}")

    playing = st.session_state.get(_PLAYING, False)
    st.fragment(walk, run_every=EVERY if playing else None)()


def _toggle() -> None:
    st.session_state[_PLAYING] = not st.session_state.get(_PLAYING, False)
    st.session_state[_TOGGLED] = True


def _advance(last: int) -> None:
    """One step on while it plays; from the end it begins anew, and at the end it stays."""
    playing, toggled = st.session_state.get(_PLAYING, False), st.session_state.pop(_TOGGLED, False)
    step = min(st.session_state.get(_STEP, 0), last)
    if toggled and playing and step == last:
        step = 0
    elif playing and not toggled:
        step = min(step + 1, last)
    st.session_state[_STEP] = step
    if playing and step == last and not toggled:
        st.session_state[_PLAYING] = False
        toggled = True
    if toggled:
        st.rerun()  # the whole page, so that the timer starts or ends
