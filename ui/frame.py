"""The frame around every page: title, share link, errors in one plain sentence, the honest line at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from core import device, jobs
from core.errors import PlaygroundError
from ui import share, visitor
from ui.navigation import PAGES_BY_SLUG, PageRow
from ui.words import literal

_ICON = Path(__file__).parent / "assets" / "icon.png"
_ARRIVED = "frame.arrived"
_RETURN_TO = "frame.return_to"
# Streamlit writes white on primary buttons and on what was chosen in a list, whatever their colour; on the light accent
# of the dark theme that has a contrast of 2.3 where 4.5 is asked for, and no setting changes it.
_DARK = """<style>
button[kind=primary], [data-testid=stMultiSelectTagsContainer] [role=group] * { color: #0F1218; }
</style>"""


def configure() -> None:
    """Page settings, the same for every page."""
    device.share_machine()
    _tend()
    st.set_page_config(page_title="Deep-learning playground", page_icon=str(_ICON), layout="wide")


def arrive() -> None:
    """Remember that the navigation has run in this session, and send a guarded deep link back to its page."""
    st.session_state[_ARRIVED] = True
    if target := st.session_state.pop(_RETURN_TO, None):
        file, query = target
        st.switch_page(file, query_params=query)


def begin(file: str, title: str = "") -> PageRow:
    """Open a page: call it first, as ``frame.begin(__file__)``; its title is the menu's unless another is given.

    On a cold server a deep link runs a page in ``pages/`` without ``app.py``; such a visit is sent through the
    entrypoint once and comes back with its query parameters.
    """
    row = PAGES_BY_SLUG[Path(file).stem]
    if not st.session_state.get(_ARRIVED):
        st.session_state[_RETURN_TO] = (row.file, {key: st.query_params.get_all(key) for key in st.query_params})
        st.switch_page("app.py")
    visitor.keep_keys()
    if st.context.theme.type == "dark":
        st.html(_DARK)
    heading, aside = st.columns([6, 1], vertical_alignment="bottom")
    heading.title(title or row.title, anchor=False)
    with aside.container(horizontal_alignment="right"):
        share.popover()
    st.caption(row.sentence)
    return row


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show a `PlaygroundError` as the one sentence that it is; whatever was drawn before stays."""
    try:
        yield
    except PlaygroundError as error:
        st.error(literal(str(error)), icon=":material/error:")


@contextmanager
def stopping() -> Iterator[None]:
    """As `plain_errors`, where the page cannot go on without what failed."""
    try:
        yield
    except PlaygroundError as error:
        st.error(literal(str(error)), icon=":material/error:")
        st.stop()


def notices(sentences: tuple[str, ...]) -> None:
    """Show what was adapted in the visitor's input, one sentence a line."""
    for sentence in sentences:
        st.caption(f":material/info: {literal(sentence)}")


def account(seconds: float | None = None) -> None:
    """The honest line: what the result cost and where the data went."""
    cost = f"{seconds:.2g} s · " if seconds is not None else ""
    st.caption(f"{cost}{_used_mb():,} MB in use · nothing leaves this server")


@st.cache_data(ttl=600, max_entries=1, show_spinner=False)
def _tend() -> None:
    jobs.tend()


@st.cache_data(ttl=5, max_entries=1, show_spinner=False)
def _used_mb() -> int:
    device.give_back()
    return device.used_mb()
