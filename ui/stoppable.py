"""Slow results on a page: how far they are, and a Stop that stops.

Streamlit ends a running page at its next call once a visitor has pressed anything. So Stop needs no thread: it notes
what was stopped and runs the page anew, which then shows what there is instead of starting again.
"""

import time
from collections.abc import Callable, Hashable

import streamlit as st

_EVERY = 0.2  # seconds between two looks of the visitor


class Stoppable:
    """The line above results that are still being made.

    Args:
        asked: what is being made; Stop holds until something else is asked for.
        key: of the buttons; stopping one line leaves the others alone.
    """

    def __init__(self, asked: Hashable, key: str) -> None:
        self._asked, self._key, self._stopped = asked, key, f"{key}.stopped"
        self._place = st.empty()
        self._bar = None
        self._told = 0.0
        if self.stopped:
            with self._place.container(horizontal=True, vertical_alignment="center"):
                st.caption(":material/stop_circle: Stopped. What was found so far stays.")
                st.button("Go on", key=f"{key}.on", on_click=st.session_state.pop, args=(self._stopped, None))

    @property
    def stopped(self) -> bool:
        """Whether the visitor stopped exactly this."""
        return st.session_state.get(self._stopped) == self._asked

    def telling(self, words: str) -> Callable[[float], None]:
        """A function that shows the fraction done of ``words``, a few times a second; pressing Stop ends it there."""
        return lambda fraction: self.tell(words, fraction)

    def tell(self, words: str, fraction: float) -> None:
        """Show how far ``words`` is, with Stop beside it."""
        now = time.perf_counter()
        if self._bar is not None and now - self._told < _EVERY:
            return
        self._told = now
        if self._bar is None:
            with self._place.container(horizontal=True, vertical_alignment="center"):
                with st.container(width="stretch"):
                    self._bar = st.empty()
                st.button("Stop", icon=":material/stop_circle:", key=f"{self._key}.stop", on_click=self._stop)
        self._bar.progress(min(max(fraction, 0.0), 1.0), text=words)

    def done(self) -> None:
        """Everything is there: take the line away."""
        if not self.stopped:
            self._place.empty()

    def _stop(self) -> None:
        st.session_state[self._stopped] = self._asked
