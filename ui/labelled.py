"""Choosing labelled examples: a set that ships, a table, or a zip of class folders; shown before anything trains."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.config import Limits
from core.data import archives, columns, samples, tables
from core.data.labelled import Labelled, LabelledImages, LabelledTexts, counts, rows_of, sheet
from core.data.texts import clean_label
from core.errors import PlaygroundError
from core.finetuning import checks
from ui import frame
from ui.words import count, literal

T = TypeVar("T")

OWN = "own"
_UPLOAD = "labelled.upload"
_READ = "labelled.read"  # (file id, what was read): of this session only
_SHOWN = 10  # pictures or texts of a class
_ICONS = {checks.STOP: ":material/block:", checks.WARN: ":material/warning:", checks.NOTE: ":material/info:"}


@dataclass(frozen=True)
class Chosen:
    """The examples on the page, what they are called, and what is to be said about them."""

    data: Labelled
    title: str
    about: str = ""
    notices: tuple[str, ...] = ()


def choose() -> Chosen | None:
    """The picker of sets; None while the visitor has not uploaded their own yet.

    Raises:
        PlaygroundError: what was uploaded cannot be read.
    """
    options = [*samples.SAMPLE_SETS_BY_SLUG, OWN]
    slug = st.segmented_control(
        "Examples",
        options,
        default=options[0],
        format_func=lambda s: "Your own" if s == OWN else samples.SAMPLE_SETS_BY_SLUG[s].title,
        key="set",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    if slug == OWN:
        return _own()
    chosen = samples.SAMPLE_SETS_BY_SLUG[slug or options[0]]
    return Chosen(_sample_set(chosen.slug), chosen.title, f"{chosen.about} {chosen.expect} {chosen.source}.")


def show(chosen: Chosen) -> bool:
    """What the examples look like and what is odd about them; whether they can be trained on."""
    if chosen.about:
        st.caption(literal(chosen.about))
    frame.notices(chosen.notices)
    findings = checks.check(chosen.data)
    for finding in findings:
        line = f"{_ICONS[finding.level]} {literal(finding.sentence)}"
        (st.error if finding.level == checks.STOP else st.warning if finding.level == checks.WARN else st.caption)(line)
    if isinstance(chosen.data, LabelledImages):
        _pictures(chosen.data)
    else:
        _texts(chosen.data)
    return not checks.stops(findings)


def gallery(data: Labelled, answers: tuple[tuple[int, str], ...], key: str) -> None:
    """Examples by position, each with a caption: pictures in a grid, texts in a list."""
    if isinstance(data, LabelledImages):
        with st.grid(6, min_column_width=110, gap="small", key=key) as grid:
            for index, caption in answers:
                with grid.cell():
                    st.image(data.image(index), width=96, alt=data.names[index])
                    st.caption(literal(caption))
        return
    with st.container(key=key):
        for index, caption in answers:
            with st.container(border=True):
                st.caption(literal(caption))
                st.text(_shortened(data.examples[index], 240))


@st.cache_resource(max_entries=4, show_spinner="Loading the examples…")
def _sample_set(slug: str) -> Labelled:
    return samples.SAMPLE_SETS_BY_SLUG[slug].load()


def _own() -> Chosen | None:
    upload = st.file_uploader(
        "A table (CSV) with a text and a label column, or a zip with a folder of pictures per class",
        ["csv", "tsv", "txt", "zip"],
        key=_UPLOAD,
    )
    if upload is None:
        st.session_state.pop(_READ, None)
        left, right = st.columns(2)
        left.code("photos.zip\n├ cat/   1.jpg  2.jpg  …\n└ dog/   1.jpg  2.jpg  …", language=None)
        right.code('text,label\n"Great, thank you",good\n"It broke at once",bad', language=None)
        hours = Limits.from_env().keep_hours
        st.caption(f"Your examples stay on this server and are removed after {count(hours, 'hour')} at the latest.")
        return None
    title = clean_label(upload.name.rsplit(".", 1)[0].replace("_", " ")) or "My examples"
    if upload.name.lower().endswith(".zip"):
        archive = _once(upload, "zip", archives.read_archive)
        with st.expander(f"{count(len(archive.skipped), 'file')} left out") if archive.skipped else st.empty():
            for name, why in archive.skipped[:50]:
                st.text(f"{name}: {why}")
        return Chosen(archive.data, title, notices=archive.notices)
    header = st.toggle("The first row holds the names of the columns", True, key="labelled.header")
    table = _once(upload, f"table {header}", lambda data: tables.read_table(data, header=header))
    guessed = columns.guess(table)
    left, right = st.columns(2)
    text = left.selectbox("Text", table.columns, table.columns.index(guessed[0]), key="labelled.text")
    label = right.selectbox("Label", table.columns, table.columns.index(guessed[1]), key="labelled.label")
    frame.notices(table.notices)
    with st.expander("The table as it was read"):
        st.dataframe(table.frame().head(50), hide_index=True)
    data, notices = columns.labelled(table, text, label)
    return Chosen(data, title, notices=notices)


def _once(upload: UploadedFile, how: str, read: Callable[[bytes], T]) -> T:
    """What ``read`` makes of the upload, read once per file and session; a sentence that it raised is kept too."""
    key = (upload.file_id, how)
    held: Any = st.session_state.get(_READ)
    if held is None or held[0] != key:
        with st.spinner("Reading your examples…"):
            try:
                held = (key, read(upload.getvalue()), None)
            except PlaygroundError as error:
                held = (key, None, str(error))
        st.session_state[_READ] = held
    if held[2]:
        raise PlaygroundError(held[2])
    return held[1]


def _pictures(data: LabelledImages) -> None:
    sizes = counts(data)
    for target, label in list(enumerate(data.labels))[:12]:
        st.markdown(f"**{literal(label)}** · {count(int(sizes[target]), 'picture')}")
        at = rows_of(data, target)[:_SHOWN]
        st.image(sheet(data, at), width="stretch", alt=f"Examples of {label}")
    if len(data.labels) > 12:
        st.caption(f"and {len(data.labels) - 12} more classes")


def _texts(data: LabelledTexts) -> None:
    sizes = counts(data)
    st.markdown(" · ".join(f"**{literal(label)}** {int(sizes[t]):,}" for t, label in enumerate(data.labels[:12])))
    at = [i for t in range(min(len(data.labels), 12)) for i in rows_of(data, t)[:5]]
    st.dataframe(
        {"Label": [data.labels[data.targets[i]] for i in at], "Text": [_shortened(data.examples[i], 300) for i in at]},
        hide_index=True,
        height=280,
        column_config={"Label": st.column_config.TextColumn(width="small")},
    )


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
