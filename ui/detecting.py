"""Detection on the Vision page: named boxes on the picture, the truth beside them, and what each token looked at."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st
from PIL import Image

from core.data import coco, images, tables
from core.models import overlap
from core.models.catalog import OBJECT_DETECTION
from core.models.overlap import Judged
from core.plots import heatmap, marks
from ui import composing, frame, photo_words, resources, source, teaching
from ui.composing import Shown
from ui.words import count, literal, percent

if TYPE_CHECKING:
    from core.models.object_detector import Detections, ObjectDetector

_PICKER = teaching.PICKERS[OBJECT_DETECTION]
_MOST_LOOKS = 6
_TABS = ["What this says", "Look inside", "The code that ran", "Take away"]


def show() -> None:
    """The whole task: model, picture, answer, what is behind it."""
    with st.sidebar, frame.stopping():
        card = resources.model(OBJECT_DETECTION, _PICKER)
    shown = composing.show(card)
    with frame.stopping():
        detector = resources.object_detector(card)
    if shown.scene is None:
        photo_words.of_photo(card, len(detector.labels), _PICKER)
    found = detector.find(shown.picked.image)
    st.fragment(_answer)(detector, shown, found)
    teaching.show(card, detector.labels)
    frame.account(found.seconds)


def _answer(detector: "ObjectDetector", shown: Shown, every: "Detections") -> None:
    """What depends on the threshold; runs alone when the slider moves."""
    threshold = st.slider(
        "Show boxes with a score of at least",
        overlap.LEAST,
        0.95,
        0.5,
        0.05,
        key="threshold",
        bind="query-params",
        help="Lower: fewer things are missed, more are imagined. The picture is not looked at again.",
    )
    found = every.over(threshold)
    marked = marks.boxes(shown.picked.image, found.boxes, _words(found))
    rows = _judged(shown, found)
    left, right = st.columns(2, gap="medium")
    with left:
        st.image(marked, width="stretch", alt=_in_words(found))
        st.caption(f"What it finds: {count(len(found), 'thing')}")
    with right:
        _beside(shown, found, rows)
    _tabs(detector, shown, found, marked, rows)


def _beside(shown: Shown, found: "Detections", rows: list[Judged]) -> None:
    """The truth where it is known, else the table."""
    if shown.scene is None:
        st.dataframe(_table(shown, found, rows), hide_index=True)
        return
    missed = [row.verdict == "missed" for row in rows if row.truth is not None]
    truth = marks.boxes(shown.picked.image, shown.scene.boxes, shown.names, missed)
    st.image(truth, width="stretch", alt=f"The truth: {', '.join(shown.names)}")
    hits = sum(row.verdict == "found" for row in rows)
    false = sum(row.verdict == "false alarm" for row in rows)
    said = f"The truth: {hits} of {len(shown.names)} found, {count(false, 'false alarm')}"
    st.caption(f"{said}; dashed is what was missed. {composing.unknown_here(shown, shown.kinds[:32])}")


def _tabs(
    detector: "ObjectDetector", shown: Shown, found: "Detections", marked: Image.Image, rows: list[Judged]
) -> None:
    says, inside, code, take = st.tabs(_TABS, key="detect.tabs", on_change="rerun")
    if says.open:
        with says:
            _says(detector, shown, found, rows)
    if inside.open:
        with inside:
            _inside(detector, shown, found)
    if code.open:
        with code:
            source.show(
                type(detector).find, type(detector).read, overlap.without_overlaps, type(detector.framing).frame
            )
    if take.open:
        with take:
            _take(detector, shown, found, marked, rows)


def _says(detector: "ObjectDetector", shown: Shown, found: "Detections", rows: list[Judged]) -> None:
    st.write(literal(_in_words(found)))
    if shown.scene is not None:
        st.write(
            f"A thing counts as found where a box with its name overlaps its true box by at least "
            f"{percent(overlap.HIT)} (intersection over union)."
        )
        st.dataframe(_table(shown, found, rows), hide_index=True)
    st.write(
        f"{literal(detector.card.limits)} Each score is the probability of the name against all other names and "
        "against “nothing”; a sure box can still be wrong."
    )


def _inside(detector: "ObjectDetector", shown: Shown, found: "Detections") -> None:
    tokens = detector.model.config.num_detection_tokens
    seen = detector.framing.frame(shown.picked.image).image
    st.write(
        f"The network sees {seen.width} × {seen.height} pixels, in patches of {detector.model.config.patch_size}. With "
        f"the patches travel {tokens} detection tokens; at the end each says one name, or nothing, and one box. "
        "Orange is where the token that claimed the box looked in the last layer (mean over its heads)."
    )
    if not len(found):
        st.caption("Nothing was found at this threshold, so there is nothing to look at; lower it.")
        return
    maps = detector.looks(shown.picked.image, found.tokens[:_MOST_LOOKS])
    columns = st.columns(3, gap="small")
    for at, look in enumerate(maps):
        drawn = heatmap.overlay(marks.enlarged(shown.picked.image)[0], look, signed=False, smooth=0.6)
        with columns[at % 3]:
            st.image(drawn.image, width="stretch", alt=f"Where the token of {found.labels[at]} looked")
            st.caption(literal(f"{found.labels[at]}: token {found.tokens[at] + 1} of {tokens}"))


def _take(
    detector: "ObjectDetector", shown: Shown, found: "Detections", marked: Image.Image, rows: list[Judged]
) -> None:
    with st.container(horizontal=True):
        st.download_button("Picture with boxes", images.to_png(marked, marks.MOST), "boxes.png", "image/png")
        csv = tables.safe_csv(pd.DataFrame(_table(shown, found, rows)))
        st.download_button("Table as CSV", csv, "boxes.csv", "text/csv")
        packed = coco.boxes_json(shown.picked.image.size, found.boxes, found.labels, found.scores, detector.labels)
        st.download_button("COCO JSON", packed, "boxes.json", "application/json")
        st.download_button("Picture alone", images.to_png(shown.picked.image, 2048), "picture.png", "image/png")
    st.caption("COCO's boxes are left, top, width and height in pixels of the picture.")


def _judged(shown: Shown, found: "Detections") -> list[Judged]:
    if shown.scene is None:
        return []
    return overlap.judge_boxes(found.boxes, found.labels, shown.scene.boxes, shown.names)


def _table(shown: Shown, found: "Detections", rows: list[Judged]) -> list[dict[str, str | float]]:
    """A row for each box, and for each thing that was missed."""
    by_box = {row.found: row for row in rows if row.found is not None}
    table: list[dict[str, str | float]] = []
    for at, (label, score) in enumerate(zip(found.labels, found.scores, strict=True)):
        left, top, right, bottom = (round(float(value)) for value in found.boxes[at])
        place = f"{left}, {top} to {right}, {bottom}"
        told: dict[str, str | float] = {"Thing": label, "Score": f"{score:.2f}", "Left, top to right, bottom": place}
        if rows:
            told |= {"Verdict": by_box[at].verdict, "Overlap": f"{by_box[at].iou:.2f}"}
        table.append(told)
    for row in rows:
        if row.truth is not None and row.found is None:
            name, none = shown.names[row.truth], {"Score": "–", "Left, top to right, bottom": "–"}
            table.append({"Thing": name, **none, "Verdict": row.verdict, "Overlap": f"{row.iou:.2f}"})
    return table


def _words(found: "Detections") -> list[str]:
    return [f"{label} {score:.2f}" for label, score in zip(found.labels, found.scores, strict=True)]


def _in_words(found: "Detections") -> str:
    """The answer for those who do not see the boxes."""
    if not len(found):
        return "Nothing was found at this threshold."
    some = ", ".join(f"{label} (score {score:.2f})" for label, score in zip(found.labels, found.scores, strict=True))
    return f"Found, surest first: {some}."
