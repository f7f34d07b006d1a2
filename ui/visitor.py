"""Who is asking, without an account: a random key that lives in the visitor's own link."""

import re
import secrets

import streamlit as st

_KEYS = {"me": "visitor.key", "job": "visitor.job"}  # query parameter → session state
_FORM = re.compile(r"[A-Za-z0-9_-]{16,64}")
PRIVATE = frozenset(_KEYS)


def owner() -> str:
    """This visitor's key; made at the first need and from then on part of the visitor's private link."""
    if not (key := _known("me")):
        key = secrets.token_urlsafe(16)
        _keep("me", key)
    return key


def known_owner() -> str | None:
    """This visitor's key if one was made, else None: for pages that only look whether anything is owned."""
    return _known("me")


def job() -> str | None:
    """The id of the job that this visitor watches, from the link or the session."""
    return _known("job")


def watch(job_id: str | None) -> None:
    """Make ``job_id`` the one that this visitor watches; None watches none."""
    if job_id:
        _keep("job", job_id)
    else:
        st.session_state.pop(_KEYS["job"], None)
        st.query_params.pop("job", None)


def keep_keys() -> None:
    """Put the keys back into the address: a page switch drops query parameters that no widget owns."""
    for name, key in _KEYS.items():
        if value := st.session_state.get(key):
            if st.query_params.get(name) != value:
                st.query_params[name] = value
        else:
            _known(name)


def _known(name: str) -> str | None:
    held = st.session_state.get(_KEYS[name])
    if held is None:
        offered = st.query_params.get(name, "")
        if _FORM.fullmatch(offered):
            held = st.session_state[_KEYS[name]] = offered
    return held


def _keep(name: str, value: str) -> None:
    st.session_state[_KEYS[name]] = value
    st.query_params[name] = value
