"""Labs and attributions as jobs: core generators of results behind the one door of `core.jobs`.

Pass ``LAB`` or ``ATTRIBUTIONS`` to `core.jobs.submit`, or to `core.jobs.run_here` where it takes only seconds.
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import PlaygroundError
from core.jobs import Task
from core.params import make

if TYPE_CHECKING:
    from core.attribution import Method
    from core.models.image_classifier import ImageClassifier

LAB, ATTRIBUTIONS = "core.studies.background:lab", "core.studies.background:attributions"


def lab(task: Task) -> Iterator[dict[str, Any]]:
    """Run the lab ``slug`` with ``settings`` for ``steps`` frames; each record holds the lab's ``readings`` in words.

    ``result/frame.json`` keeps the last record, also after Stop.
    """
    from core.labs import LABS_BY_SLUG

    chosen = LABS_BY_SLUG[task.params["slug"]]
    settings, steps = make(chosen.settings, task.params.get("settings", {})), task.params["steps"]
    frames = []
    for frame in islice(chosen.run(settings), steps):
        frames.append(frame)
        readings = dict(chosen.readings(settings, frames))
        record = {"fraction": len(frames) / steps, "metrics": dict(frame.metrics), "readings": readings}
        (task.result / "frame.json").write_text(json.dumps(record))
        yield record
        if task.stopping():
            return


def attributions(task: Task) -> Iterator[dict[str, Any]]:
    """Explain every picture in ``inputs`` by ``method`` for the class that ``base`` answers, one record each.

    ``result/attributions.jsonl`` gets a line a picture as it is done; after a crash only the missing ones are computed.
    """
    from core.attribution import METHODS_BY_NAME
    from core.models import MODELS_BY_SLUG
    from core.models.image_classifier import ImageClassifier

    if (name := task.params["method"]) not in METHODS_BY_NAME:
        raise PlaygroundError(f"There is no method {name[:40]!r}; choose one from the list.")
    table = task.result / "attributions.jsonl"
    done = _whole_lines(table)
    pictures = sorted(task.inputs.iterdir())
    classifier = ImageClassifier.load(MODELS_BY_SLUG[task.params["base"]])
    for picture in pictures:
        if task.stopping():
            return
        if picture.name not in done:
            row = _row(classifier, METHODS_BY_NAME[name], picture)
            with table.open("a") as lines:
                lines.write(json.dumps(row) + "\n")
            done[picture.name] = row
        yield {"fraction": len(done) / len(pictures), "done": len(done), "last": done[picture.name]}


def _row(classifier: "ImageClassifier", method: "Method", picture: Path) -> dict[str, Any]:
    from PIL import Image

    from core.attribution import explain

    with Image.open(picture) as image:
        pixels = classifier.pixels(image.convert("RGB"))
    target = int(classifier.forward(pixels).argmax())
    attribution = explain(classifier, method, pixels, target)
    return {"name": picture.name, "label": classifier.labels[target], "sum": float(attribution.values.sum())}


def _whole_lines(table: Path) -> dict[str, dict[str, Any]]:
    """What is there, without a last line that a crash cut short."""
    if not table.exists():
        return {}
    rows = [line for line in table.read_text().splitlines(keepends=True) if line.endswith("\n")]
    fresh = table.with_suffix(".whole")
    fresh.write_text("".join(rows))
    fresh.replace(table)
    return {row["name"]: row for row in map(json.loads, rows)}
