"""Home's cards: computed once in a process of their own, shown as they arrive."""

import subprocess
import sys

import streamlit as st

from core import config
from core.studies import previews
from ui.navigation import PageRow
from ui.words import literal


@st.cache_resource(show_spinner=False)
def _builder() -> subprocess.Popen | None:
    """The process that computes what is missing; one per server start."""
    if all(previews.load(slug) for slug in previews.BUILDERS):
        return None
    command = [sys.executable, "-m", "core.studies.previews"]
    log = config.home() / "previews.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        return subprocess.Popen(command, cwd=config.ROOT, stdout=out, stderr=out)


def cards(rows: tuple[PageRow, ...]) -> None:
    """One card per page that has a preview; waits for those still being computed without blocking the page."""

    def draw() -> None:
        with st.grid(3, min_column_width=270, gap="medium", border=True) as grid:
            for row in rows:
                with grid.cell():
                    _card(row)
        if waiting and not _waiting():
            st.rerun()

    waiting = _waiting()
    st.fragment(draw, run_every=1.0 if waiting else None)()


def _waiting() -> bool:
    """Whether a preview may still arrive."""
    builder = _builder()
    return builder is not None and builder.poll() is None


def _card(row: PageRow) -> None:
    preview = previews.load(row.slug)
    st.page_link(row.file, label=f"**{row.title}**", icon=row.icon, query_params=preview.query if preview else None)
    if preview is None:
        if _waiting():
            st.skeleton(height=150)
        st.caption(row.sentence)
        return
    if preview.picture:
        st.image(preview.picture, alt=preview.alt, width="stretch")
    else:
        st.html(preview.html)
    st.caption(f"{literal(preview.caption)} · computed here in {preview.seconds:.1f} s")
