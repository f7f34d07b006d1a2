"""Composing a scene: which things, how many, on what ground and drawn by whom; all of it in the address."""

from dataclasses import dataclass

import streamlit as st
from PIL import Image

from core.data import scenes
from core.data.scenes import CLASSES, NEW_THINGS, VENDORS, Scene
from core.finetuning import things
from core.models import ModelCard
from ui import inputs
from ui.inputs import Picked
from ui.words import literal

_SEED, _THINGS, _COUNT, _VENDOR = "scene.seed", "scene.things", "scene.count", "scene.by"
_MOST, _FIRST_SEED, _LARGEST_SEED = 6, 12, 9_999
_ANY = "any"


@dataclass(frozen=True)
class Shown:
    """The current picture, and where it was composed what is on it.

    Attributes:
        scene: its boxes and mask, or None for photos and uploads.
        names: of the scene's things, in the order of its boxes.
        kinds: what the scene's mask holds: ``kinds[value - 1]`` is the name.
    """

    picked: Picked
    scene: Scene | None
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


def show(card: ModelCard) -> Shown:
    """The strip, with a composed scene at its head and what composes it below."""
    strip = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Another scene",
            icon=":material/casino:",
            on_click=_another,
            help="The next seed: other things, other ground.",
        )
        with st.popover("Compose a scene", icon=":material/category:"):
            chosen, count, seed, vendor = _controls(card)
    drawings = _drawings(card, vendor)
    made, names = _composed(card.slug, tuple(drawings), vendor, tuple(chosen), count, seed, _drawings=drawings)
    with strip:
        picked = inputs.image(Image.fromarray(made.pixels))
    if picked.slug != inputs.SCENE:
        return Shown(picked, None)
    return Shown(picked, made, names, tuple(drawings))


def one(card: ModelCard) -> Picked:
    """The current picture for a classifier; one that knows emoji alone is offered an emoji first."""
    if not card.shipped:
        return inputs.image()
    strip = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Another emoji", icon=":material/casino:", on_click=_another, help="The next seed.")
        with st.popover("Compose", icon=":material/category:"):
            name = st.selectbox(
                "Emoji", (_ANY, *CLASSES), key="scene.one", bind="query-params", on_change=inputs.show_scene
            )
            seed, vendor = _ground()
            credit()
    made, kind = scenes.alone(scenes.sprites(vendor), seed, CLASSES.index(name) if name != _ANY else None)
    with strip:
        picked = inputs.image(Image.fromarray(made.pixels))
    if picked.slug != inputs.SCENE:
        return picked
    return Picked(picked.image, f"{CLASSES[kind]}, by {VENDORS[vendor]}", picked.slug)


def credit() -> None:
    """Where the drawings come from, as their licences ask."""
    st.caption(
        "Emoji: Noto, © Google, Apache-2.0; Twemoji, © Twitter and other contributors, CC BY 4.0, cut out, turned and "
        "tinted."
    )


def _controls(card: ModelCard) -> tuple[list[str], int, int, str]:
    offered = [*CLASSES, *NEW_THINGS, *(name for name in things.of(card) if name not in NEW_THINGS)]
    chosen = st.multiselect(
        "Things",
        offered,
        key=_THINGS,
        bind="query-params",
        format_func=lambda name: name if name in card.labels or name in CLASSES else f"{name} (unknown to it)",
        max_selections=_MOST,
        placeholder="Random ones",
        on_change=inputs.show_scene,
    )
    count = st.slider("How many", 1, _MOST, 4, key=_COUNT, bind="query-params", on_change=inputs.show_scene)
    seed, vendor = _ground()
    credit()
    return chosen, max(count, len(chosen)), seed, vendor


def _ground() -> tuple[int, str]:
    """The seed of places and ground, and the vendor."""
    seed = st.number_input(
        "Seed of places and ground", 0, _LARGEST_SEED, _FIRST_SEED, key=_SEED, bind="query-params",
        on_change=inputs.show_scene,
    )  # fmt: skip
    vendor = st.radio(
        "Drawn by",
        list(VENDORS),
        index=1,
        format_func=lambda name: VENDORS[name],
        key=_VENDOR,
        bind="query-params",
        on_change=inputs.show_scene,
    )
    return int(seed), vendor


def _drawings(card: ModelCard, vendor: str) -> dict[str, Image.Image]:
    """Everything that can be composed: what ships, and what this visitor's model was taught."""
    shipped = scenes.shipped(vendor)
    return {**shipped, **{name: sprite for name, sprite in things.of(card).items() if name not in shipped}}


@st.cache_data(max_entries=32, show_spinner=False)
def _composed(
    slug: str,  # two models may have been taught the same word by different pictures
    offered: tuple[str, ...],
    vendor: str,
    chosen: tuple[str, ...],
    count: int,
    seed: int,
    *,
    _drawings: dict[str, Image.Image],
) -> tuple[Scene, tuple[str, ...]]:
    return scenes.composed(_drawings, [name for name in chosen if name in offered], count, seed)


def _another() -> None:
    st.session_state[_SEED] = (int(st.session_state.get(_SEED, _FIRST_SEED)) + 1) % (_LARGEST_SEED + 1)
    inputs.show_scene()


def unknown_here(shown: Shown, labels: tuple[str, ...]) -> str:
    """A sentence on what the scene shows and the model has no name for; empty where there is nothing."""
    strange = sorted(set(shown.names) - set(labels))
    return f"It has no name for {literal(' and '.join(strange))}." if strange else ""
