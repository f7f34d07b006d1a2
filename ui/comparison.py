"""What fine-tuning changed for one input: the answers, both maps and their difference, what lies in a marked region."""

from collections.abc import Sequence

import streamlit as st
from PIL import Image

from core.plots import bars, coloured_words, difference, heatmap
from core.studies.before_after import Comparison, Rectangle, Side
from ui import figures
from ui.look import SMOOTH
from ui.subject import Subject
from ui.words import literal, percent

_FEW = 4
_ALIKE = "Spearman's rank correlation over a grid of 14 by 14, or the words: 1 alike, 0 unrelated, -1 turned around."


def draw(subject: Subject, found: Comparison, example: Image.Image | str) -> None:
    """The whole comparison of one input."""
    st.markdown(f"#### {'The answer changed' if found.flipped else 'The answer stayed'}")
    st.write(literal(found.says))
    if isinstance(example, str):
        _words(found)
    else:
        _pictures(subject, found, example)


def _pictures(subject: Subject, found: Comparison, example: Image.Image) -> None:
    seen = subject.question.classifier.seen(example)
    columns = st.columns(4, gap="medium")
    marks = st.container()
    with marks:
        box, region = _marked(found, seen.size)
    look = subject.look
    drawn = difference.overlays(seen, found, opacity=look.opacity, smooth=SMOOTH)
    titles = ("**Before**", "**After**", "**After minus before**")
    with columns[0]:
        st.markdown("**The picture**")
        st.image(heatmap.framed(seen, box), width="stretch", alt="The picture as the models see it")
    for column, title, overlay in zip(columns[1:], titles, drawn, strict=True):
        with column:
            st.markdown(title)
            st.image(heatmap.framed(overlay.image, box), width="stretch", alt=f"{title.strip('*')}: {found.says}")
    for at, (column, side) in enumerate(zip(columns[1:], (found.before, found.after), strict=False)):
        with column:
            _answers(found, side, f"before.bars.{at}")
    with columns[3]:
        unit = "logits" if found.unit == "logits" else "of all credit"
        st.caption(f"Orange gained credit, blue lost it. One scale: full colour is {drawn[0].scale:.2g} {unit}.")
        _agreement(found)
    with marks:
        _shares(found.inside(region), region.area(found.difference.shape))


def _marked(found: Comparison, size: tuple[int, int]) -> tuple[tuple[int, int, int, int], Rectangle]:
    """The rectangle that the visitor marks, in pixels of the picture and of the maps."""
    st.markdown("**How much of the reasons lies in a region?**")
    across, down = st.columns(2, gap="medium")
    left, right = across.slider("From left to right, %", 0, 100, (25, 75), 5, key="before.across")
    top, bottom = down.slider("From top to bottom, %", 0, 100, (25, 75), 5, key="before.down")

    def scaled(width: int, height: int) -> tuple[int, int, int, int]:
        return left * width // 100, top * height // 100, right * width // 100, bottom * height // 100

    height, width = found.difference.shape
    return scaled(*size), Rectangle(*scaled(width, height))


def _words(found: Comparison) -> None:
    scale = max(abs(v) for side in (found.before, found.after) for v in side.values)
    for at, (column, title, side) in enumerate(
        zip(st.columns(2, gap="medium"), ("**Before**", "**After**"), (found.before, found.after), strict=True)
    ):
        with column:
            st.markdown(title)
            st.html(coloured_words.coloured_words(list(zip(found.words, side.values, strict=True)), scale=scale))
            _answers(found, side, f"before.bars.{at}")
    _agreement(found)
    figures.show(difference.words(found), "before.words", found.says)
    st.caption("The words whose credit changed most: grey ring before, filled dot after.")
    st.markdown("**How much of the reasons lies in some words?**")
    strongest = max(range(len(found.words)), key=lambda i: found.after.values[i])
    marked = st.multiselect(
        "Words",
        range(len(found.words)),
        [strongest],
        format_func=lambda i: found.words[i],
        key=f"before.marked.{abs(hash(found.words))}",
        placeholder="Mark words",
    )
    if marked:
        _shares(found.inside(marked), len(marked) / len(found.words))


def _answers(found: Comparison, side: Side, key: str) -> None:
    order = sorted(range(len(side.probs)), key=lambda k: -side.probs[k])[:_FEW]
    labels, probs = [found.labels[k] for k in order], [side.probs[k] for k in order]
    at = order.index(found.target) if found.target in order else -1
    figures.show(bars.bars(labels, probs, highlight=at), key, bars.in_words(labels, probs))


def _agreement(found: Comparison) -> None:
    if found.agreement is not None:
        st.caption(
            f"The two maps rank places alike by {found.agreement:.2f}.",
            help=_ALIKE,
        )


def _shares(shares: Sequence[float | None], area: float) -> None:
    with st.container(horizontal=True):
        for title, share in zip(("Before", "After"), shares, strict=True):
            st.metric(title, "none" if share is None else percent(share), width=130)
        st.metric("By size alone", percent(area), width=130, help="The share that evenly spread credit would have.")
