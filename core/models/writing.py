"""Writing in the background: a thread that a page can look at and stop at any token."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore, Event, Lock, Thread

from core.errors import Busy
from core.models.sampling import Sampling
from core.models.text_generator import Message, TextGenerator, Token

AT_ONCE = 2  # more on two cores would make all of them slow
PATIENCE = 20.0  # seconds without a look until the writing counts as left behind

_places = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Look:
    """A writing as it stands.

    Attributes:
        tokens: what has been written.
        state: ``reading`` (the prompt), ``writing``, ``finished``, ``stopped`` or ``failed``.
        first_seconds: from the start to the first token.
        tokens_per_second: since the first token; 0 before the second.
        seconds: from the start to now or to the end.
        cut: whether the beginning of the prompt was left out.
    """

    tokens: tuple[Token, ...]
    state: str
    first_seconds: float
    tokens_per_second: float
    seconds: float
    cut: bool

    @property
    def active(self) -> bool:
        """Whether more may come."""
        return self.state in ("reading", "writing")

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(token.text for token in self.tokens)


class Writing:
    """One text being written from ``prompt``; starts at once.

    Raises:
        Busy: as many texts as the machine can bear are being written.
        PlaygroundError: nothing to write from.
    """

    def __init__(self, generator: TextGenerator, prompt: str | Sequence[Message], sampling: Sampling) -> None:
        self.prompt = prompt
        self.sampling = sampling
        self._cut = generator.prompt(prompt).cut
        if not _places.acquire(blocking=False):
            raise Busy(f"{AT_ONCE} other texts are being written on this machine; try again in a few seconds.")
        self._lock = Lock()
        self._stop = Event()
        self._tokens: list[Token] = []
        self._state = "reading"
        self._start = self._first = self._last = self._seen = time.monotonic()
        Thread(target=self._write, args=(generator,), name="writing", daemon=True).start()

    def look(self) -> Look:
        """What there is now; a writing that nobody looks at for `PATIENCE` seconds stops by itself."""
        with self._lock:
            self._seen = now = time.monotonic()
            between = self._last - self._first
            active = self._state in ("reading", "writing")
            return Look(
                tuple(self._tokens),
                self._state,
                self._first - self._start if self._tokens else 0.0,
                (len(self._tokens) - 1) / between if between else 0.0,
                (now if active else self._last) - self._start,
                self._cut,
            )

    def stop(self) -> None:
        """End at the next token; what is written stays."""
        self._stop.set()

    def _stopping(self) -> bool:
        return self._stop.is_set() or time.monotonic() - self._seen > PATIENCE

    def _write(self, generator: TextGenerator) -> None:
        state = "failed"  # what an exception leaves behind; the thread's own report goes to the server's log
        try:
            for token in generator.stream(self.prompt, self.sampling, self._stopping):
                with self._lock:
                    self._last = time.monotonic()
                    if not self._tokens:
                        self._first, self._state = self._last, "writing"
                    self._tokens.append(token)
            state = "stopped" if self._stopping() else "finished"
        finally:
            _places.release()
            with self._lock:
                self._state = state
