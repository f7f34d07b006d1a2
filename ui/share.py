"""The share link: this page with its model, sample and settings, without the keys that are the visitor's alone."""

from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from ui import visitor


def link() -> str:
    """The address of what is on the page now, without job and owner keys."""
    parts = urlsplit(st.context.url or "")
    open_to_all = [(k, v) for k in st.query_params if k not in visitor.PRIVATE for v in st.query_params.get_all(k)]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(open_to_all), ""))


def popover() -> None:
    """A small button that opens the link, ready to copy."""
    with st.popover("Share", icon=":material/link:", type="tertiary", key="share", on_change="rerun") as opened:
        if opened.open:
            st.code(link(), language=None, wrap_lines=True)
            st.caption("Opens this page with the same model, sample and settings. Uploads and jobs stay yours.")
