"""The lab process: every visitor's run in turn, a slice of time each. ``python -m core.labworker.process``."""

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import torch

from core import device, params
from core.errors import PlaygroundError
from core.lab import Frame, Lab
from core.labs import LABS_BY_SLUG
from core.labworker import wire

SLICE = 0.03  # seconds that one run may work before the next has its turn
FRAMES_PER_SECOND = 20  # a running lab goes no faster, so that it can be watched and leaves time to others
SEND_EVERY = 0.1  # seconds between two messages of one run; metrics of the frames between are sent along
PAUSE_AFTER, CLOSE_AFTER = 60.0, 300.0  # seconds without anybody looking
_log = logging.getLogger(__name__)


@dataclass
class Run:
    """One visitor's experiment: where it stands, what is asked of it, and what is still to be told."""

    id: str
    lab: Lab
    settings: Any
    frames: Generator[Frame, Any, None]
    rng: torch.Tensor
    opening: int  # the command that opened it: the app tells this experiment's frames from an earlier one's
    running: bool = False
    owed: int = 0  # frames to make at once, whatever the pace
    state: str = "paused"
    notice: str = ""
    serial: int = 0  # the last command that came
    done: int = 0  # the last command of which nothing is owed any more
    begun: bool = False
    changed: bool = False
    due: float = 0.0
    seen: float = field(default_factory=time.monotonic)
    sent: float = 0.0
    untold: list[Frame] = field(default_factory=list)
    dirty: bool = True

    @property
    def active(self) -> bool:
        """Whether it wants time."""
        return self.running or self.owed > 0

    @property
    def over(self) -> bool:
        """Whether it has come to an end that only a reset undoes."""
        return self.state in ("finished", "failed")

    def rest(self, state: str = "paused", notice: str = "") -> None:
        """Want no more time, and say why."""
        self.running, self.owed, self.dirty = False, 0, True
        self.state, self.notice = state, notice


class Worker:
    """Obeys commands and shares the time among the runs; ``tell`` sends a message to the app."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.runs: dict[str, Run] = {}

    def serve(self, commands: "queue.Queue[dict[str, Any]]") -> None:
        """For ever: obey what has come, give each active run one slice, tell what is new."""
        while True:
            for command in _waiting(commands, self._patience()):
                self.obey(command)
            for run in list(self.runs.values()):
                self.work(run)
                self.tell(run)
            self.sweep(time.monotonic())

    def _patience(self) -> float | None:
        """How long to wait for a command: not at all with work at hand, for ever with no run open."""
        if not self.runs:
            return None
        now = time.monotonic()
        waits = [0.0 if run.owed else run.due - now for run in self.runs.values() if run.active]
        return max(min(waits, default=5.0), 0.0)

    def obey(self, command: dict[str, Any]) -> None:
        """One command; what it does not know (a run that was closed meanwhile) it ignores."""
        do, run_id = command["do"], command["run"]
        if do == "open":
            self.open(command)
        if (run := self.runs.get(run_id)) is None:
            return
        run.seen = time.monotonic()
        if do == "look":
            return
        run.serial, run.dirty = command["serial"], True
        match do:
            case "close":
                del self.runs[run_id]
            case "pause":
                run.running, run.owed = False, 0
            case "change":
                run.settings, run.changed = params.make(run.lab.settings, command["settings"]), True
            case "start" if not run.over:
                run.running, run.due, run.notice = True, 0.0, ""
            case "step" if not run.over:
                run.owed, run.notice = run.owed + command["frames"], ""

    def open(self, command: dict[str, Any]) -> None:
        """Start an experiment anew; besides what is asked, one frame is owed for the state before learning."""
        lab = LABS_BY_SLUG[command["lab"]]
        settings = params.make(lab.settings, command["settings"])
        rng = torch.Generator().manual_seed(0).get_state()
        run = Run(command["run"], lab, settings, lab.run(settings), rng, command["serial"])
        run.owed, run.running = 1 + command["frames"], command["running"]
        self.runs[run.id] = run

    def work(self, run: Run) -> None:
        """Advance for at most one slice, at the pace that can be watched; owed frames come as fast as they can."""
        until = time.monotonic() + SLICE
        torch.set_rng_state(run.rng)  # so that runs which take turns draw the numbers they would draw alone
        while run.active and (now := time.monotonic()) < until and (run.owed or run.due <= now):
            run.due = max(run.due + 1 / FRAMES_PER_SECOND, now - 2 / FRAMES_PER_SECOND)
            run.owed = max(run.owed - 1, 0)
            self.advance(run)
        run.rng = torch.get_rng_state()
        if not run.over:
            run.state = "running" if run.running else "paused"
        if not run.owed:
            run.done = run.serial

    def advance(self, run: Run) -> None:
        """One frame more; an experiment that ends or fails says so and stays to be looked at."""
        run.dirty = True
        try:
            if run.changed and run.begun:
                run.changed = False
                frame = run.frames.send(run.settings)
            else:
                frame, run.begun = next(run.frames), True
        except StopIteration:
            run.rest("finished")
        except PlaygroundError as error:
            run.rest("failed", str(error))
        except Exception:  # a bug in one lab must not end everybody's runs; the log says which
            _log.exception("The lab %s failed with %s", run.lab.slug, run.settings)
            run.rest("failed", "This experiment broke off by a mistake of ours; change a setting or press Reset.")
        else:
            run.untold.append(frame)

    def tell(self, run: Run) -> None:
        """Send what is new, not too often while it works, at once when it has come to rest."""
        now = time.monotonic()
        if run.dirty and (not run.active or now - run.sent >= SEND_EVERY):
            told = [{"step": f.step, "metrics": dict(f.metrics)} for f in run.untold]
            message = {"run": run.id, "opening": run.opening, "done": run.done, "state": run.state}
            message |= {"notice": run.notice, "frames": told}
            wire.send(self.out, message, run.untold[-1].arrays if run.untold else {})
            run.untold, run.sent, run.dirty = [], now, False

    def sweep(self, now: float) -> None:
        """Pause what nobody has looked at for a minute, and close it after five."""
        for run in list(self.runs.values()):
            if run.running and now - run.seen > PAUSE_AFTER:
                run.rest(notice="Paused, since nobody was looking; press Start to go on.")
            if now - run.seen > CLOSE_AFTER:
                del self.runs[run.id]
                wire.send(self.out, {"run": run.id, "state": "closed"})


def _waiting(commands: "queue.Queue[dict[str, Any]]", patience: float | None) -> Iterator[dict[str, Any]]:
    """Every command that has come, after waiting for one at most ``patience`` seconds (None: for ever)."""
    try:
        yield commands.get(block=patience != 0.0, timeout=patience)
        while True:
            yield commands.get_nowait()
    except queue.Empty:
        return


def _listen(pipe: BinaryIO, commands: "queue.Queue[dict[str, Any]]") -> None:
    """Take commands in; when the app is gone (end of input), this process goes too."""
    while received := wire.receive(pipe):
        commands.put(received[0])
    os._exit(0)


def main() -> None:
    """Serve the app that started this process until it ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not fall among the messages
    device.be_nice()
    device.share_machine()
    commands: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, commands), daemon=True).start()
    try:
        Worker(out).serve(commands)
    except BrokenPipeError:  # the app has gone in mid-message
        os._exit(0)


if __name__ == "__main__":
    main()
