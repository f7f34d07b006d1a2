"""Choosing labelled examples: a set that ships, a file, class buckets, a set of the Hub; shown before it trains."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.config import Limits
from core.data import archives, columns, hub_sets, json_lines, samples, tables
from core.data.labelled import Labelled, LabelledImages, LabelledTexts, counts, label_words, rows_of, sheet
from core.data.texts import clean_label
from core.errors import PlaygroundError
from core.finetuning import checks
from ui import buckets, frame, training_choices
from ui.words import count, literal

T = TypeVar("T")

OWN, BUCKETS, HUB = "own", "buckets", "hub"
_TITLES = {OWN: "Your own file", BUCKETS: "Class buckets", HUB: "From the Hub"}
_UPLOAD = "labelled.upload"
_READ = "labelled.read"  # (file id, what was read): of this session only
_FINDINGS = "labelled.findings"  # (examples, what is to be said about them)
_SHOWN = 10  # pictures or texts of a class
_ICONS = {checks.STOP: ":material/block:", checks.WARN: ":material/warning:", checks.NOTE: ":material/info:"}


@dataclass(frozen=True)
class Chosen:
    """The examples on the page, their name, what is to be said about them, and whether they are seen already."""

    data: Labelled
    title: str
    about: str = ""
    notices: tuple[str, ...] = ()
    seen: bool = False


def choose() -> Chosen | None:
    """The picker of sets; None while the visitor has not uploaded their own yet.

    Raises:
        PlaygroundError: what was uploaded cannot be read.
    """
    options = [*samples.SAMPLE_SETS_BY_SLUG, OWN, BUCKETS, *([HUB] if hub_sets.allowed() else [])]
    slug = st.segmented_control(
        "Examples",
        options,
        default=options[0],
        format_func=lambda s: _TITLES.get(s) or samples.SAMPLE_SETS_BY_SLUG[s].title,
        key="set",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    if slug == OWN:
        return own()
    if slug == BUCKETS:
        held = buckets.choose()
        return Chosen(held, "My pictures", seen=True) if held else None
    if slug == HUB:
        return _from_hub()
    chosen = samples.SAMPLE_SETS_BY_SLUG[slug or options[0]]
    return Chosen(sample_set(chosen.slug), chosen.title, f"{chosen.about} {chosen.expect} {chosen.source}.")


def show(chosen: Chosen) -> bool:
    """What the examples look like and what is odd about them; whether they can be trained on."""
    if chosen.about:
        st.caption(literal(chosen.about))
    frame.notices(chosen.notices)
    findings = _checked(chosen.data)
    for finding in findings:
        _tell(finding, chosen.data.kind)
    if isinstance(chosen.data, LabelledTexts):
        _texts(chosen.data)
    elif not chosen.seen:
        _pictures(chosen.data)
    return not checks.stops(findings)


def _checked(data: Labelled) -> tuple[checks.Finding, ...]:
    """The findings about ``data``, made once while it stays the same: a thousand pictures take a second."""
    held = st.session_state.get(_FINDINGS)
    if held is None or (held[0] is not data and held[0] != data):
        with st.spinner("Looking through your examples…"):
            held = (data, checks.check(data))
    st.session_state[_FINDINGS] = (data, held[1])
    return held[1]


def _tell(finding: checks.Finding, kind: str) -> None:
    line = f"{_ICONS[finding.level]} {literal(finding.sentence)}"
    (st.error if finding.level == checks.STOP else st.warning if finding.level == checks.WARN else st.caption)(line)
    if not finding.remedy or not training_choices.can_switch_on(finding.remedy, kind):
        return
    if training_choices.is_on(finding.remedy, kind):
        st.caption(":material/check: Rare classes are weighed more.")
    else:
        switch = training_choices.switch_on
        st.button("Weigh rare classes more", key="remedy", on_click=switch, args=(finding.remedy, kind))


@st.cache_resource(max_entries=4, show_spinner="Loading the examples…")
def sample_set(slug: str) -> Labelled:
    """A set that ships, made once."""
    return samples.SAMPLE_SETS_BY_SLUG[slug].load()


def own() -> Chosen | None:
    """The upload of the visitor's own set, and what it held; None while there is none.

    Raises:
        PlaygroundError: it cannot be read.
    """
    upload = st.file_uploader(
        "A table (CSV, TSV or JSON Lines) with a text and a label column, or a zip with a folder of pictures per class",
        ["csv", "tsv", "txt", "jsonl", "ndjson", "zip"],
        key=_UPLOAD,
    )
    if upload is None:
        st.session_state.pop(_READ, None)
        _layouts()
        return None
    title = clean_label(upload.name.rsplit(".", 1)[0].replace("_", " ")) or "My examples"
    name = upload.name.lower()
    if name.endswith(".zip"):
        return _from_archive(_once(upload, "zip", archives.read_archive), title)
    if name.endswith((".jsonl", ".ndjson")):
        return _from_table(_once(upload, "lines", json_lines.read_json_lines), title)
    header = st.toggle("The first row holds the names of the columns", True, key="labelled.header")
    return _from_table(_once(upload, f"table {header}", lambda data: tables.read_table(data, header=header)), title)


def _layouts() -> None:
    """What a file may look like."""
    left, right = st.columns(2)
    left.code("photos.zip\n├ cat/   1.jpg  2.jpg  …\n└ dog/   1.jpg  2.jpg  …", language=None)
    right.code('text,label\n"Great, thank you",good\n"It broke at once",bad', language=None)
    st.caption(
        "Several classes at once: put bars between them, `sad|funny`; for pictures add `labels.csv` (file, labels)."
    )
    hours = Limits.from_env().keep_hours
    if hours:
        st.caption(f"Your examples stay on this server and are removed after {count(hours, 'hour')} at the latest.")


def _from_archive(archive: archives.Archive, title: str) -> Chosen:
    with st.expander(f"{count(len(archive.skipped), 'file')} left out") if archive.skipped else st.empty():
        for name, why in archive.skipped[:50]:
            st.text(f"{name}: {why}")
    return Chosen(archive.data, title, notices=archive.notices)


def _from_table(table: tables.Table, title: str) -> Chosen:
    """A table once its columns are chosen."""
    guessed = columns.guess(table)
    left, right = st.columns(2)
    text = left.selectbox("Text", table.columns, table.columns.index(guessed[0]), key="labelled.text")
    label = right.selectbox("Label", table.columns, table.columns.index(guessed[1]), key="labelled.label")
    several = st.toggle(
        "A text may have several classes",
        columns.holds_several(table, label),
        key=f"labelled.several.{label}",
        help="Write them in one cell with a bar or a semicolon between them, such as sad|funny.",
    )
    frame.notices(table.notices)
    with st.expander("The table as it was read"):
        st.dataframe(table.frame().head(50), hide_index=True)
    data, notices = columns.labelled(table, text, label, several=several)
    return Chosen(data, title, notices=notices)


def _from_hub() -> Chosen | None:
    set_id = st.selectbox("Data set", hub_sets.allowed(), index=None, placeholder="Choose one", key="labelled.hub")
    if not set_id:
        st.caption("Fetched once from the Hugging Face Hub to this server, of its training part.")
        return None
    found = _fetched(set_id)
    title = clean_label(set_id.rsplit("/", 1)[-1])
    return _from_table(found, title) if isinstance(found, tables.Table) else _from_archive(found, title)


@st.cache_resource(max_entries=2, show_spinner="Fetching the data set…")
def _fetched(set_id: str) -> "tables.Table | archives.Archive":
    return hub_sets.read_folder(hub_sets.fetch(set_id))


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
    at = list(dict.fromkeys(i for t in range(min(len(data.labels), 12)) for i in rows_of(data, t)[:5]))
    st.dataframe(
        {"Label": [label_words(data, i) for i in at], "Text": [_shortened(data.examples[i], 300) for i in at]},
        hide_index=True,
        height=280,
        column_config={"Label": st.column_config.TextColumn(width="small")},
    )


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
