"""Segmentation on the Vision page: a name for every pixel, the truth beside it, and where the network is unsure."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core.data import coco, images, tables
from core.data.scenes import BACKGROUND
from core.models import overlap
from core.models.catalog import IMAGE_SEGMENTATION
from core.plots import heatmap, marks
from ui import composing, frame, photo_words, resources, source, teaching
from ui.composing import Shown
from ui.words import count, literal, percent

if TYPE_CHECKING:
    from core.models.segmenter import Segmentation, Segmenter

_PICKER = teaching.PICKERS[IMAGE_SEGMENTATION]
_TABS = ["What this says", "Look inside", "The code that ran", "Take away"]
_UNSURE = 0.5
_TINY = 0.001  # share of the picture below which a class is a few stray pixels


def show() -> None:
    """The whole task: model, picture, answer, what is behind it, and teaching it something new."""
    with st.sidebar, frame.stopping():
        card = resources.model(IMAGE_SEGMENTATION, _PICKER)
    shown = composing.show(card)
    with frame.stopping():
        segmenter = resources.segmenter(card)
    if shown.scene is None:
        photo_words.of_photo(card, len(segmenter.labels) - 1, _PICKER)
    found = segmenter.segment(shown.picked.image)
    st.fragment(_answer)(segmenter, shown, found)
    teaching.show(card, segmenter.labels)
    frame.account(found.seconds)


def _answer(segmenter: "Segmenter", shown: Shown, found: "Segmentation") -> None:
    """What depends on the opacity; runs alone when the slider moves."""
    opacity = st.slider("Opacity of the colours", 0.0, 1.0, 0.55, 0.05, key="opacity", bind="query-params")
    kinds = [kind for kind in found.present if found.names[kind] != BACKGROUND and found.shares[kind] >= _TINY]
    colours = {kind: marks.colour(at) for at, kind in enumerate(kinds)}
    marked = marks.mask(shown.picked.image, found.mask, found.names, colours, opacity)
    truth = _truth(shown, found.names)
    left, right = st.columns(2, gap="medium")
    with left:
        st.image(marked, width="stretch", alt=_in_words(found, kinds))
        st.caption(f"What it finds: {count(len(kinds), 'thing')}")
    with right:
        if truth is None:
            _legend(found, colours, None)
        else:
            _true_picture(shown, truth, found.names, colours, opacity)
            right_share = float((truth == found.mask).mean())
            strange = composing.unknown_here(shown, found.names)
            st.caption(f"The truth; {percent(right_share)} of the pixels are named right. {strange}")
    if truth is not None:
        _legend(found, colours, truth)
    _tabs(segmenter, shown, found, marked, kinds)


def _truth(shown: Shown, names: tuple[str, ...]) -> np.ndarray | None:
    """The scene's mask by the model's numbers; -1 - i where the scene's i-th kind has no name in the model."""
    if shown.scene is None:
        return None
    numbers = {name: at for at, name in enumerate(names)}
    mine = [numbers.get(BACKGROUND, 0), *(numbers.get(kind, -1 - at) for at, kind in enumerate(shown.kinds))]
    return np.array(mine)[shown.scene.mask]


def _true_picture(
    shown: Shown, truth: np.ndarray, names: tuple[str, ...], colours: dict[int, str], opacity: float
) -> None:
    """The truth in the colours of the answer, with further ones for what was missed."""
    named = {kind: names[kind] if kind >= 0 else shown.kinds[-1 - kind] for kind in np.unique(truth).tolist()}
    named = {kind: name for kind, name in named.items() if name != BACKGROUND}
    missed = [kind for kind in named if kind not in colours]
    tints = {kind: colours.get(kind) or marks.colour(len(colours) + missed.index(kind)) for kind in named}
    drawn = marks.mask(shown.picked.image, truth, named, tints, opacity)
    st.image(drawn, width="stretch", alt=f"The truth: {', '.join(named.values())}")


def _legend(found: "Segmentation", colours: dict[int, str], truth: np.ndarray | None) -> None:
    rows = _rows(found, list(colours), truth)
    for at, row in enumerate(rows):  # what was missed has the truth's further colours
        row["Colour"] = marks.swatch(marks.colour(at), row["Thing"])
    order = ["Colour", "Thing", "Share of the picture", *(["Overlap with the truth"] if truth is not None else [])]
    config = {"Colour": st.column_config.ImageColumn(width="small")}
    st.dataframe(rows, hide_index=True, column_order=order, column_config=config)


def _rows(found: "Segmentation", kinds: list[int], truth: np.ndarray | None) -> list[dict[str, str]]:
    """A row for each thing that was found, then for each that was missed."""
    missed = [] if truth is None else [k for k in np.unique(truth) if k > 0 and k not in kinds]
    rows = []
    for kind in [*kinds, *missed]:
        row = {"Thing": found.names[kind], "Share of the picture": percent(float(found.shares[kind]))}
        if truth is not None:
            there = bool((truth == kind).any())
            iou = f"{overlap.mask_iou(found.mask, truth, kind):.2f}"
            row["Overlap with the truth"] = iou if there else "not there"
        rows.append(row)
    return rows


def _tabs(segmenter: "Segmenter", shown: Shown, found: "Segmentation", marked: Image.Image, kinds: list[int]) -> None:
    says, inside, code, take = st.tabs(_TABS, key="segment.tabs", on_change="rerun")
    if says.open:
        with says:
            st.write(literal(_in_words(found, kinds)))
            st.write(
                f"Every pixel gets the likeliest of {len(found.names)} names. {literal(segmenter.card.limits)} Overlap "
                "is intersection over union: the pixels that answer and truth share, of those that either has."
            )
    if inside.open:
        with inside:
            _inside(segmenter, shown, found)
    if code.open:
        with code:
            source.show(type(segmenter).segment, type(segmenter).logits, type(segmenter.framing).frame)
    if take.open:
        with take:
            _take(shown, found, marked, kinds)


def _inside(segmenter: "Segmenter", shown: Shown, found: "Segmentation") -> None:
    seen = segmenter.framing.frame(shown.picked.image).image
    st.write(
        f"The network sees {seen.width} × {seen.height} pixels and answers for every fourth of them each way; between "
        "those it is interpolated. Orange is where it is unsure of the name that it gave, mostly at edges."
    )
    left, right = st.columns(2, gap="medium")
    doubt = 1 - found.confidence
    drawn = heatmap.overlay(marks.enlarged(shown.picked.image)[0], doubt, signed=False, scale=1.0)
    with left:
        st.image(drawn.image, width="stretch", alt="Where the network is unsure")
        unsure = percent(float((found.confidence < _UNSURE).mean()))
        st.caption(f"Full orange is a probability of 0. {unsure} of the pixels have a name less sure than one half.")
    with right:
        st.image(marks.enlarged(seen)[0], width="stretch", alt="The picture as the network sees it")
        st.caption(f"What the network sees: {seen.width} × {seen.height}")


def _take(shown: Shown, found: "Segmentation", marked: Image.Image, kinds: list[int]) -> None:
    with st.container(horizontal=True):
        st.download_button("Picture with colours", images.to_png(marked, marks.MOST), "mask.png", "image/png")
        csv = tables.safe_csv(pd.DataFrame(_rows(found, kinds, _truth(shown, found.names))))
        st.download_button("Table as CSV", csv, "mask.csv", "text/csv")
        packed = coco.mask_json(found.mask, kinds, found.names)
        st.download_button("COCO JSON", packed, "mask.json", "application/json")
        st.download_button("Picture alone", images.to_png(shown.picked.image, 2048), "picture.png", "image/png")
    st.caption("The JSON holds each thing's mask as COCO's run lengths, column by column.")


def _in_words(found: "Segmentation", kinds: list[int]) -> str:
    """The answer for those who do not see the colours."""
    if not kinds:
        return "No thing was found, only background."
    return f"Found, largest first: {', '.join(f'{found.names[k]} ({percent(float(found.shares[k]))})' for k in kinds)}."
