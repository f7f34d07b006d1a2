"""The app's side of the lab process: open a run, steer it, look at its frames."""

import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core import config, params
from core.errors import Busy, NotFound, Unavailable
from core.lab import Frame, Lab
from core.labworker import wire
from core.labworker.history import History

MOST_RUNS = 40  # a run costs a megabyte or so and some time
UNWATCHED = 20.0  # seconds after which a run may give its place to a new visitor
_RESTARTED = "The lab process had to start again, so this run began again at its first step."


@dataclass(frozen=True)
class Look:
    """One look at a run.

    Attributes:
        state: ``running``, ``paused``, ``finished`` (its epochs are over) or ``failed`` (the notice says why).
        frames: metrics so far, thinned; the last one is now and holds the arrays. Empty until the first has come.
        notice: a sentence for the visitor, or nothing.
        settled: every command given so far has been obeyed.
    """

    state: str
    frames: tuple[Frame, ...]
    notice: str
    settled: bool


@dataclass
class _Run:
    lab: Lab
    settings: Mapping[str, Any]
    life: int  # of the process that knows it
    sent: int = 0  # serial of the last command
    done: int = 0  # serial of the last one obeyed
    state: str = "paused"
    notice: str = ""
    opened: int = 0  # serial of the last opening: what was told before belongs to an earlier experiment
    history: History = field(default_factory=History)
    seen: float = field(default_factory=time.monotonic)
    told: float = 0.0


class LabWorker:
    """All visitors' runs in one process that starts with the first of them; safe to use from any thread.

    A run is known by an id that cannot be guessed and that only its visitor's session holds.
    """

    def __init__(self, most_runs: int = MOST_RUNS) -> None:
        self._most_runs = most_runs
        self._runs: dict[str, _Run] = {}
        self._news = threading.Condition(threading.RLock())
        self._process: subprocess.Popen[bytes] | None = None
        self._life = 0  # counts the processes
        self._silent = 0  # processes in a row that ended without a word
        self._serial = 0

    def open(self, lab: Lab, settings: Mapping[str, Any], *, frames: int = 0) -> str:
        """Open a run, make ``frames`` frames beyond the first at once, and pause; its id.

        Raises:
            PlaygroundError: a setting out of range.
            Busy: as many runs are open as the machine may hold, and all of them are watched.
        """
        values = params.clean(lab.params, settings)
        with self._news:
            self._make_room()
            run_id = str(uuid.uuid4())
            self._runs[run_id] = _Run(lab, values, self._life)
            self._begin(run_id, frames)
        return run_id

    def start(self, run_id: str) -> None:
        """Let it run until it is paused or over."""
        self._command(run_id, "start")

    def pause(self, run_id: str) -> None:
        """Stop after the frame at hand."""
        self._command(run_id, "pause")

    def step(self, run_id: str, frames: int = 1) -> None:
        """Make ``frames`` frames, running or not."""
        self._command(run_id, "step", frames=frames)

    def change(self, run_id: str, settings: Mapping[str, Any]) -> None:
        """Hand over settings of which only live ones differ; they act from the next frame on."""
        with self._news:
            run = self._known(run_id)
            run.settings = params.clean(run.lab.params, settings)
            self._command(run_id, "change", settings=run.settings)

    def reset(
        self, run_id: str, settings: Mapping[str, Any] | None = None, *, frames: int = 0, running: bool = False
    ) -> None:
        """Begin again from the first frame, with new settings where given."""
        with self._news:
            run = self._known(run_id)
            if settings is not None:
                run.settings = params.clean(run.lab.params, settings)
            self._begin(run_id, frames, running=running)

    def close(self, run_id: str) -> None:
        """Forget a run; one that is gone already is no error."""
        with self._news:
            if run_id in self._runs:
                self._command(run_id, "close")
                del self._runs[run_id]

    def look(self, run_id: str, wait: float = 0.0) -> Look:
        """What there is to see now; waits up to ``wait`` seconds until every command given so far is obeyed.

        A run whose process died is opened again from its settings, paused at its first frame, with a notice.

        Raises:
            NotFound: no such run, or it was closed after minutes without anybody looking.
        """
        until = time.monotonic() + wait
        with self._news:
            while True:
                run = self._known(run_id)
                if time.monotonic() - run.told > 5:  # tells the process that somebody is there
                    run.told = time.monotonic()
                    self._send({"do": "look", "run": run_id})
                left = until - time.monotonic()
                if run.done >= run.sent or left <= 0:
                    return Look(run.state, run.history.frames(), run.notice, run.done >= run.sent)
                self._news.wait(left)

    def shutdown(self) -> None:
        """End the process and forget every run."""
        with self._news:
            process, self._process = self._process, None
            self._runs.clear()
            self._life += 1
        if process:
            _end(process)

    # ------------------------------------------------------------------ under the lock

    def _known(self, run_id: str) -> _Run:
        """The run, made known to a new process where its old one has died."""
        run = self._runs.get(run_id)
        if run is None:
            raise NotFound("This run has ended, since nobody was looking; press Reset to begin again.")
        run.seen = time.monotonic()
        if run.life != self._life or not self._alive():
            self._begin(run_id, frames=0)
            run.notice = _RESTARTED
        return run

    def _begin(self, run_id: str, frames: int, *, running: bool = False) -> None:
        self._ensure()
        run = self._runs[run_id]
        run.history, run.state, run.notice, run.life = History(), "running" if running else "paused", "", self._life
        run.opened = self._serial + 1
        opening = {"lab": run.lab.slug, "settings": run.settings, "frames": frames, "running": running}
        self._command(run_id, "open", **opening)

    def _command(self, run_id: str, do: str, **more: Any) -> None:
        with self._news:
            if do in ("start", "step") and run_id in self._runs:
                self._runs[run_id].notice = ""
            run = self._known(run_id)
            self._serial += 1
            run.sent, run.told = self._serial, time.monotonic()
            self._send({"do": do, "run": run_id, "serial": self._serial, **more})

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            wire.send(self._process.stdin, message)  # pyright: ignore[reportArgumentType]
        except OSError:  # it died this moment: the next look opens the run again
            self._process.kill()

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _ensure(self) -> None:
        """Start the process if there is none; its threads are bounded before torch is imported."""
        if self._alive():
            return
        if self._process:
            _end(self._process)
        if self._silent >= 3:
            raise Unavailable("The lab process does not start on this machine; the server's log says why.")
        self._life, self._silent = self._life + 1, self._silent + 1
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.labworker.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=config.ROOT,
            start_new_session=True,  # Ctrl-C in the app's terminal is the app's; this process ends with its input
        )
        threading.Thread(target=self._listen, args=(self._process, self._life), daemon=True).start()

    def _make_room(self) -> None:
        """Close the run that has been unwatched longest when all places are taken."""
        if len(self._runs) < self._most_runs:
            return
        run_id, oldest = min(self._runs.items(), key=lambda item: item[1].seen)
        if time.monotonic() - oldest.seen < UNWATCHED:
            raise Busy(f"All {self._most_runs} lab places are taken just now; try again in a minute.")
        self.close(run_id)

    # ------------------------------------------------------------------ the listening thread

    def _listen(self, process: "subprocess.Popen[bytes]", life: int) -> None:
        assert process.stdout is not None
        while received := wire.receive(process.stdout):  # pyright: ignore[reportArgumentType]
            with self._news:
                if life == self._life:
                    self._take(*received)
                self._news.notify_all()
        process.stdout.close()
        process.wait()
        with self._news:
            self._news.notify_all()  # whoever waits for it finds it dead and starts another

    def _take(self, message: dict[str, Any], arrays: wire.Arrays) -> None:
        self._silent = 0
        run = self._runs.get(message["run"])
        if run is None:
            return
        if message["state"] == "closed":
            del self._runs[message["run"]]
        elif message["opening"] == run.opened:
            run.history.add(message["frames"], arrays)
            run.done, run.state = message["done"], message["state"]
            run.notice = message["notice"] or (run.notice if run.notice == _RESTARTED else "")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Close its input, which ends it; kill it where that does not help."""
    assert process.stdin is not None
    try:
        process.stdin.close()
        process.wait(2)
    except (OSError, subprocess.TimeoutExpired):
        process.kill()
        process.wait()
