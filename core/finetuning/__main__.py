"""``python -m core.finetuning DATA --out FOLDER``: a run without a browser; under ``torchrun`` in several processes."""

import json
import os
import shutil
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from core import device
from core.errors import PlaygroundError
from core.finetuning import job, ranks, reading, spool
from core.finetuning.command import parser, settings_of
from core.finetuning.report import REPORT, Report
from core.finetuning.run import PHASES, PRETRAINED, RANDOM, Progress
from core.finetuning.takehome.zipped import contents
from core.models import MODELS_BY_SLUG, cards_for, own
from core.models.catalog import IMAGE_CLASSIFICATION, TEXT_ENCODING

EVERY = 5.0  # seconds between two lines about one phase
WORK = ".work"  # in the folder for the model, until the run has ended
ASKED = "asked.json"
READY = "ready"  # written when the examples lie in WORK
LONGEST_WAIT = timedelta(days=2)  # of a process for the one that reads the examples
_UNLIMITED = ("FINETUNE_IMAGES", "FINETUNE_TEXTS")


@dataclass
class Stop:
    """Ctrl-C, heard once; a second one ends the program at once."""

    asked: bool = False

    def __call__(self) -> bool:
        return self.asked

    def listen(self) -> None:
        """From now on Ctrl-C asks."""
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, *_: Any) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        say("Stopping; the best so far is kept. Press Ctrl-C again to end at once.")


@dataclass(frozen=True)
class Task:
    """What `job.run` receives."""

    folder: Path
    params: dict[str, Any]
    stopping: Stop


def main(words: list[str] | None = None) -> int:
    """Run; 0 where a model was written, 1 where not."""
    arguments = parser().parse_args(words)
    try:
        return run(arguments)
    except PlaygroundError as error:
        say(str(error))
        return 1


def run(arguments: Namespace) -> int:
    """Read, train, and write the folder to take home."""
    for name in _UNLIMITED:
        os.environ[f"PLAY_{name}"] = "0"
    work = arguments.out / WORK
    stop = Stop()
    if ranks.is_first():
        _make_room(arguments, work)
    _together()
    params = _params(arguments, work / "inputs")
    stop.listen()
    follow(job.run(Task(work, params, stop)))
    if not ranks.is_first():
        return 0
    if not (work / "result" / REPORT).is_file():
        say("It was stopped before anything was learned, so there is no model.")
        return 1
    _take_home(arguments.out, work)
    return 0


def follow(records: Iterator[Progress]) -> None:
    """Show how it goes on stderr: one line that changes on a terminal, else a line per phase and every few seconds."""
    phase, said, live = "", 0.0, sys.stderr.isatty()
    for record in records:
        now = time.time()
        if not ranks.is_first() or (record["phase"] == phase and now - said < (EVERY if not live else 0.1)):
            continue
        phase, said = record["phase"], now
        print(f"\r\x1b[K{told(record, now)}" if live else told(record, now), end="" if live else "\n", file=sys.stderr)
        sys.stderr.flush()
    if live and ranks.is_first():
        print(file=sys.stderr)


def told(record: Progress, now: float) -> str:
    """A progress record in words."""
    parts = [f"{100 * record['fraction']:3.0f} %", PHASES.get(record["phase"], "Done")]
    if history := record.get("history"):
        last = history[-1]
        parts.append(f"epoch {last['epoch']}, loss {last['val_loss']:.3f}, right {last['val_accuracy']:.1%}")
    if speed := record.get("examples_per_second"):
        parts.append(f"{speed:,.0f} examples/s")
    if 0.05 < record["fraction"] < 1 and "started" in record:
        left = (now - record["started"]) * (1 - record["fraction"]) / record["fraction"]
        parts.append(f"about {left:,.0f} s left")
    return " · ".join(parts)


def say(words: str) -> None:
    """A line on stderr, of the first process only."""
    if ranks.is_first():
        print(words, file=sys.stderr, flush=True)


def _make_room(arguments: Namespace, work: Path) -> None:
    """The examples in ``work/inputs``, unless the same command has read them already and was killed."""
    if arguments.out.exists() and any(file.name != WORK for file in arguments.out.iterdir()):
        raise PlaygroundError(f"{str(arguments.out)!r} is not empty; give a new folder for the model.")
    asked = json.dumps({name: str(value) for name, value in sorted(vars(arguments).items())})
    known = work / ASKED
    if known.is_file() and known.read_text() == asked and (work / READY).exists():
        say("The same run was begun before; it goes on from what was saved.")
        return
    shutil.rmtree(work, ignore_errors=True)
    for part in ("inputs", "checkpoint", "result"):
        (work / part).mkdir(parents=True)
    known.write_text(asked)
    said = time.time()

    def reading_on(fraction: float) -> None:
        nonlocal said
        if time.time() - said > EVERY:
            say(f"Reading the examples: {fraction:.0%}")
            said = time.time()

    text, label = arguments.text, arguments.label
    for notice in reading.prepare(arguments.data, work / "inputs", text=text, label=label, told=reading_on):
        say(notice)
    base = Path(arguments.base)
    if arguments.base and arguments.base not in MODELS_BY_SLUG and base.is_dir():
        for name, file in spool.base_files(own.read_card(base)).items():
            shutil.copyfile(file, work / "inputs" / name)
    (work / READY).touch()


def _together() -> None:
    """Wait until the first process has read the examples."""
    if ranks.world() == 1:
        return
    from accelerate import PartialState

    device.share_machine()
    PartialState(cpu=device.device().type == "cpu", timeout=LONGEST_WAIT)
    say(f"{len(ranks.gathered(os.getpid()))} processes train together.")


def _params(arguments: Namespace, inputs: Path) -> dict[str, Any]:
    """What `job.run` asks of a task's parameters."""
    kind = json.loads((inputs / spool.META).read_text())["kind"]
    task = IMAGE_CLASSIFICATION if kind == "image" else TEXT_ENCODING
    return {
        "base": arguments.base or cards_for(task)[0].slug,
        "strategy": arguments.strategy,
        "settings": settings_of(arguments),
        "title": arguments.title or arguments.data.stem.replace("_", " "),
        "weights": RANDOM if arguments.random_weights else PRETRAINED,
        "control": arguments.control,
    }


def _take_home(out: Path, work: Path) -> None:
    """Put the model's files into ``out`` and remove what only the run needed."""
    for name, content in contents(work / "result"):
        file = out / Path(name).relative_to(Path(name).parts[0])
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    report = Report.from_json((out / REPORT).read_text())
    shutil.rmtree(work)
    print(report.verdict)
    print(f"The model is in {out}; try it: python {out / 'predict.py'}")


if __name__ == "__main__":
    sys.exit(main())
