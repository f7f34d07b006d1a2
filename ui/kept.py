"""Results kept for the next run, at most so many: of our samples for everybody, of a visitor's own for them alone."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any

import streamlit as st

_MINE = "kept.mine"


class Kept:
    """The newest ``most`` results by key; safe to share between visitors."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Any:
        """What was put under ``key``, or None."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Hashable, value: Any) -> Any:
        """Keep ``value``, the oldest gives way; returns it."""
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return value


@st.cache_resource(show_spinner=False)
def of_everybody() -> Kept:
    """What came of our own samples and models alone."""
    return Kept(256)


def of_this_session() -> Kept:
    """What came of anything that a visitor brought."""
    return st.session_state.setdefault(_MINE, Kept(48))
