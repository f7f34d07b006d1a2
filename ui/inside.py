"""The tab that looks inside: a layer's feature maps, what its channels contribute, what excites one of them."""

import base64
import io
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import ImageOps

from core.attribution import layers
from core.attribution.layers import Peaks
from core.attribution.stages import Place, places
from core.attribution.starting import start_of
from core.plots import channels, heatmap
from core.studies.exhibits import Exhibit, exhibits
from ui import figures, on_demand, strip
from ui.explaining import Question
from ui.kept import Kept
from ui.stoppable import Stoppable
from ui.subject import PictureSubject
from ui.words import count, literal

TILES = 24
FOR_SHOWN, AGAINST_SHOWN = 8, 4
PATCHES = 8
_MAPS = "inside.maps"  # of the newest layer alone: some are megabytes
_PARTIAL = "inside.exciting.partial"
_REDRAW = 0.15  # of the work between two looks at what was found so far
MAPS_CAVEAT = (
    "Each small picture is on its own scale, dark for silent. A channel that lights up need not matter for the answer."
)
CONDUCTANCE_CAVEAT = (
    "What passes by this layer, as through a skip connection, is not in the sum, and 20 steps on the way from black "
    "leave a rest; take close ones as equal."
)
EXCITING_CAVEAT = (
    "A channel may stand for something that is in none of these pictures; deep layers also see far beyond the frame."
)


def show(subject: PictureSubject) -> None:
    """A layer, a channel in it, and three questions about them."""
    question = subject.question
    layer = _layer(question)
    maps = _maps(question, layer)
    strength = maps.clip(min=0).mean((1, 2))
    strongest = channels.ranked(strength, TILES) or list(range(min(TILES, len(maps))))
    key = f"inside.channel.{subject.card.slug}.{layer}"
    here = _Channel(layer, st.session_state.get(key, strongest[0]), key)
    st.markdown(f"**What its channels answer**, the {len(strongest)} strongest of {len(maps):,}")
    left, right = st.columns([3, 1], gap="medium")
    with left:
        _mosaic(question, here, maps, strongest)
        st.caption(MAPS_CAVEAT)
    with right:
        st.number_input("Channel", 0, len(maps) - 1, strongest[0], key=key, help=f"From 0 to {len(maps) - 1}.")
        _one(subject, here, maps[here.number])
    st.markdown(f"**What its channels contribute to “{literal(question.label)}”**")
    _contributions(question, here)
    st.markdown(f"**What excites channel {here.number}**")
    _exciting(question, here)


@dataclass(frozen=True)
class _Channel:
    """A channel of a layer, and the state in which a visitor chooses another."""

    layer: str
    number: int
    key: str

    def choose(self, number: object) -> None:
        st.session_state[self.key] = int(str(number))


def _layer(question: Question) -> str:
    """The name of the layer that the visitor chose; at first the last one."""
    classifier, pixels = question.classifier, question.inputs
    found: tuple[Place, ...] = question.once(
        lambda: places(layers.layers(classifier, pixels), *pixels.shape[-2:]), "layers"
    )
    slug = classifier.card.slug
    every = st.session_state.get(f"inside.every.{slug}", False)
    offered = {one.layer.name: one for one in found if every or one.shown}
    last = [name for name, one in offered.items() if one.shown][-1]
    chosen = st.selectbox(
        "Layer",
        list(offered),
        index=list(offered).index(last),
        format_func=lambda name: offered[name].title,
        key=f"inside.layer.{slug}.{every}",
        help="A stage is all that happens on one grid; of each the last activation is shown.",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(f"In the network: `{chosen}`")
        st.toggle("Every layer", False, key=f"inside.every.{slug}", help=f"All {len(found)}, in the order they run.")
    return chosen


def _maps(question: Question, layer: str) -> np.ndarray:
    """``(C, h, w)``."""
    wanted = (question.key, layer)
    held = st.session_state.get(_MAPS)
    if held is None or held[0] != wanted:
        maps = layers.feature_maps(question.classifier, question.inputs, layer)
        held = st.session_state[_MAPS] = (wanted, maps[0].cpu().numpy())
    return held[1]


def _mosaic(question: Question, here: _Channel, maps: np.ndarray, strongest: list[int]) -> None:
    """The strongest channels as small pictures, one click or arrow key to choose."""
    items = [(str(one), f"No. {one}", _as_url(maps[one])) for one in strongest]
    key = f"inside.mosaic.{hash((question.key, here.layer))}"
    strip.choose("Channels", items, str(here.number), key=key, on_pick=here.choose)


def _as_url(one_map: np.ndarray) -> str:
    small = channels.tile(one_map, float(one_map.max()), 120)
    buffer = io.BytesIO()
    ImageOps.pad(small.convert("RGBA"), (152, 120), color=(0, 0, 0, 0)).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _one(subject: PictureSubject, here: _Channel, one_map: np.ndarray) -> None:
    """The chosen channel over the picture."""
    assert subject.seen is not None
    peak, silent = float(one_map.max()), float((one_map <= 0).mean())
    says = f"Channel {here.number}: at most {peak:.2g}, silent in {100 * silent:.0f} % of the places"
    over = heatmap.overlay(subject.seen, one_map, signed=True, opacity=subject.look.opacity)
    st.image(over.image, width="stretch", alt=says)
    st.caption(f"{says}.")


def _contributions(question: Question, here: _Channel) -> None:
    values = question.find("conductance", here.layer)
    if values is None:
        wanted = (question.key, here.layer)
        if not on_demand.asked("Add up the channels", wanted, "inside.conductance", icon=":material/functions:"):
            st.caption("Integrated gradients, followed through this layer: a few seconds.")
            return
        line = Stoppable(wanted, "inside.conductance.line")
        if line.stopped:
            return
        tell = line.telling("Following the gradients through the layer")
        tell(0.0)
        found = layers.conductance(question.classifier, question.inputs, here.layer, question.target, report=tell)
        values = question.keep(found[0].sum((1, 2)).cpu().numpy(), "conductance", here.layer)
        line.done()
    shown = [*channels.ranked(values, FOR_SHOWN), *reversed(channels.ranked(-values, AGAINST_SHOWN))]
    credit = {one: float(values[one]) for one in shown}
    alt = channels.contributions_in_words(credit)
    figure = channels.contributions(credit, here.number)
    figures.clickable(figure, f"inside.bars.{hash((question.key, here.layer))}", alt, here.choose)
    start = question.once(lambda: start_of(question.classifier, question.inputs, question.target), "start", "black")
    st.caption(
        f"All {len(values):,} channels add up to {values.sum():+.2f} logits; from a black picture to this one the "
        f"logit changes by {start.rise:+.2f}. Channel {here.number}: {values[here.number]:+.3f}. *{CONDUCTANCE_CAVEAT}*"
    )


def _exciting(question: Question, here: _Channel) -> None:
    card, pictures = question.classifier.card, exhibits()
    wanted = (card.slug, str(card.folder or ""), here.layer)
    found: Peaks | None = _looked_through().get(wanted)
    place = st.container()
    if found is None:
        title = f"Look through {count(len(pictures), 'picture')}"
        if not on_demand.asked(title, wanted, "inside.exciting", icon=":material/image_search:"):
            st.caption("All pictures that ship here: ten seconds or more, once for all channels of the layer.")
            return
        found = _look_through(question, here, wanted, pictures, place.empty())
        if found is None:
            return
    with place:
        _patches(question, here, found, pictures)
    st.caption(
        f"The strongest answers in {count(len(found.values), 'picture')} that ship here; above what was cut out, below "
        f"where it is. *{EXCITING_CAVEAT}*"
    )


def _look_through(
    question: Question, here: _Channel, wanted: tuple[str, ...], pictures: tuple[Exhibit, ...], place
) -> Peaks | None:
    """The peaks in all pictures, drawn as they are found; what was found so far where Stop came before."""
    line = Stoppable(wanted, "inside.exciting.line")
    if line.stopped:
        held = st.session_state.get(_PARTIAL)
        return held[1] if held and held[0] == wanted else None
    classifier, found, drawn = question.classifier, None, 0.0
    line.tell("Looking through the pictures", 0.0)
    pixels = [lambda one=one: classifier.pixels(one.load()) for one in pictures]
    for found in layers.peaks(classifier, pixels, here.layer):
        st.session_state[_PARTIAL] = (wanted, found)
        done = len(found.values) / len(pictures)
        line.tell("Looking through the pictures", done)
        if done - drawn >= _REDRAW:
            drawn = done
            with place.container():
                _patches(question, here, found, pictures)
    place.empty()
    line.done()
    return _looked_through().put(wanted, found)


def _patches(question: Question, here: _Channel, found: Peaks, pictures: tuple[Exhibit, ...]) -> None:
    with st.container(horizontal=True, gap="small"):
        for one in found.patches(here.number, PATCHES):
            exhibit = pictures[one.picture]
            seen = question.classifier.seen(exhibit.load())
            with st.container(width=104, gap="xxsmall"):
                st.image(channels.patch(seen, one.box), width="stretch", alt=f"{exhibit.title}, box {one.box}")
                st.caption(f"{literal(exhibit.title)}, {one.value:.2g}")


@st.cache_resource(show_spinner=False)
def _looked_through() -> Kept:
    """What excites the channels of the newest few layers; only pictures that ship, so for everybody."""
    return Kept(8)
