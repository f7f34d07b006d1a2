"""A lab as a job: the frames of its experiment as progress records, for `core.jobs.submit` or `core.jobs.run_here`."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from core.jobs import Task
from core.params import make

LAB_RUN = "core.studies.lab_run:run"


def run(task: Task) -> Iterator[dict[str, Any]]:
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
