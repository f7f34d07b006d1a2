"""Teach a segmenter or a detector one more thing: its cut-outs on composed scenes, among all that it knew before.

The last layer gets one more row; all weights then learn a little, on scenes of which a part shows the new thing. Old
things stay in the mix, or they would be forgotten (McCloskey and Cohen, 1989). Light to import, not to run.
"""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from core.errors import PlaygroundError
from core.finetuning import shelf, spool, things
from core.finetuning.job import Task
from core.models import MODELS_BY_SLUG, ModelCard, own
from core.models.catalog import IMAGE_SEGMENTATION, OBJECT_DETECTION

if TYPE_CHECKING:
    from core.finetuning.teaching_run import Lesson

TEACHABLE = (IMAGE_SEGMENTATION, OBJECT_DETECTION)
TEACH = "core.finetuning.teach:run"
"""What `core.jobs.submit` runs; see `run` and `files`."""

PHASES = {"reading": "Reading", "before": "Measuring what it knows", "learning": "Learning", "saving": "Measuring"}
REPORT, NEW, HELD_OUT = "taught.json", "new-{}.png", "held-out.png"
LONGEST_NAME, MOST_LABELS, MOST_PICTURES = 30, 60, 8
FEWEST, MOST_STEPS = 30, 400
STEPS = {IMAGE_SEGMENTATION: 120, OBJECT_DETECTION: 240}  # at which a new thing is found most often


@dataclass(frozen=True)
class Taught:
    """How a lesson went.

    Attributes:
        name: of the new thing.
        before, after: intersection over union on held-out scenes: ``new`` thing, mean of the ``old`` ones.
        judged_on: what the held-out scenes show, a sentence.
        history: a record each time it was measured on the way.
        kept_step: whose weights were kept.
    """

    name: str
    title: str
    before: dict[str, float]
    after: dict[str, float]
    judged_on: str
    history: list[dict[str, float]]
    kept_step: int
    seconds: float
    stopped: bool


def files(
    card: ModelCard, pictures: list[Image.Image], held_out: Image.Image | None, folder: Path
) -> dict[str, bytes | Path]:
    """The inputs for `core.jobs.submit`; pictures are written to ``folder`` on the way.

    Raises:
        PlaygroundError: no picture, or too many.
    """
    if not 0 < len(pictures) <= MOST_PICTURES:
        raise PlaygroundError(f"Give 1 to {MOST_PICTURES} pictures of the thing; these are {len(pictures)}.")
    made: dict[str, bytes | Path] = dict(spool.base_files(card))
    for at, picture in enumerate(pictures):
        picture.save(folder / NEW.format(at))
        made[NEW.format(at)] = folder / NEW.format(at)
    if held_out is not None:
        held_out.save(folder / HELD_OUT)
        made[HELD_OUT] = folder / HELD_OUT
    if card.folder is not None:
        made |= {file.name: file for file in card.folder.glob("thing-*.png")}
    return made


def check_name(name: str, card: ModelCard, labels: tuple[str, ...]) -> str:
    """``name`` without spaces around it.

    Raises:
        PlaygroundError: empty, too long, already known, or there is no room for more.
    """
    clean = " ".join(name.split())
    if not clean or len(clean) > LONGEST_NAME or not clean.isprintable():
        raise PlaygroundError(f"Give the thing a name of 1 to {LONGEST_NAME} letters; this one has {len(clean)}.")
    if clean.casefold() in {label.casefold() for label in labels}:
        raise PlaygroundError(f"{card.title} already knows {clean!r}; teach it something else.")
    if len(labels) >= MOST_LABELS:
        raise PlaygroundError(f"{card.title} has {len(labels)} names, which is the most it can hold; start from ours.")
    return clean


def prepare() -> None:
    """Import what `run` will need; a spare worker calls this while nobody waits."""

    import core.finetuning.teaching_run  # noqa: F401


def run(task: Task) -> Iterator[dict[str, Any]]:
    """Teach what ``task.params`` and ``inputs`` say: ``base`` (slug), ``name``, ``title``, ``steps``, ``seed``.

    Writes ``result/model`` (a stock `transformers` folder with its card and cut-outs) and ``result/taught.json``, also
    when Stop comes early, unless nothing was learned yet.

    Raises:
        PlaygroundError: no such model, a name that it has, or a thing that cannot be read.
    """
    started, clock = time.time(), time.perf_counter()
    yield {"phase": "reading", "fraction": 0.0, "started": started}
    from core.finetuning.teaching_run import Lesson

    inputs = task.folder / "inputs"
    card = spool.read_base(inputs, task.folder / "checkpoint" / "base") or MODELS_BY_SLUG.get(task.params["base"])
    if card is None or card.task not in TEACHABLE:
        raise PlaygroundError(
            f"There is no model {task.params['base'][:40]!r} to start from; choose one from the list."
        )
    lesson = Lesson(card, task.params, inputs, task.folder / "checkpoint")
    for record in lesson.learn(task.stopping):
        yield {"started": started, **record}
    if not lesson.history:
        return
    yield {"phase": "saving", "fraction": 1.0, "started": started, "history": lesson.history}
    after = lesson.judge()
    taught = Taught(
        name=lesson.name,
        title=task.params["title"],
        before=lesson.before,
        after=after,
        judged_on=lesson.judged_on,
        history=lesson.history,
        kept_step=lesson.best_step,
        seconds=lesson.spent + time.perf_counter() - clock,
        stopped=bool(task.stopping()) and lesson.step < lesson.steps,
    )
    write(task.folder, lesson, taught)
    yield {"phase": "done", "fraction": 1.0, "history": lesson.history}


def write(folder: Path, lesson: "Lesson", taught: Taught) -> None:
    """``result/model`` and its report; a crash on the way leaves no half model in place."""
    result = folder / "result"
    building = result / "model.building"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    lesson.save(building)
    things.write(building, {len(lesson.labels) - 1: lesson.pictures})
    for file in (folder / "inputs").glob("thing-*.png"):
        shutil.copyfile(file, building / file.name)
    own.save_card(building, _card(folder, building, lesson, taught))
    shutil.rmtree(result / "model", ignore_errors=True)
    building.rename(result / "model")
    (result / REPORT).write_text(json.dumps(asdict(taught)), encoding="utf-8")


def read_report(folder: Path) -> Taught | None:
    """The report of the job in ``folder``, or None where there is none (yet)."""
    file = folder / "result" / REPORT
    return Taught(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def _card(folder: Path, model: Path, lesson: "Lesson", taught: Taught) -> ModelCard:
    return ModelCard(
        slug=shelf.slug_of(folder),
        title=taught.title,
        task=lesson.card.task,
        hub_id=lesson.card.hub_id,
        revision=None,
        revision_source="yours",
        licence=lesson.card.licence,
        parameters=lesson.parameters,
        megabytes=max(round((model / "model.safetensors").stat().st_size / 1e6), 1),
        about=f"{lesson.card.title[:80]}, taught {taught.name}.",
        limits=f"It knows {lesson.things} things, {taught.name} the last; photos are new to it.",
        folder=model,
        labels=lesson.labels,
    )
