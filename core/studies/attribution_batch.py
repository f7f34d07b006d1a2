"""One method over a whole set of pictures or texts, as a job: a table, and a zip with a map of each."""

import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.labelled import Labelled, LabelledTexts, label_words
from core.errors import PlaygroundError
from core.finetuning import spool
from core.models import MODELS_BY_SLUG, ModelCard
from core.models.catalog import IMAGE_CLASSIFICATION, TEXT_ENCODING
from core.studies.done_rows import DoneRows

if TYPE_CHECKING:
    from core.attribution import Method
    from core.attribution.result import Explained
    from core.jobs import Task

BATCH = "core.studies.attribution_batch:run"
"""What `core.jobs.submit` runs; see `run` and `files`."""

TABLE, MAPS = "attributions.csv", "maps.zip"
ANSWER, CLASS = "answer", "class"  # what is explained: the model's answer, or the example's own class
_TOP = 3  # regions or words named in the table
_LATEST = 6  # rows in a progress record


def files(card: ModelCard, data: Labelled) -> dict[str, bytes | Path]:
    """The inputs for `core.jobs.submit`; `targets` and `labels` of ``data`` are empty where nobody knows them."""
    return {**spool.spool(data), **spool.base_files(card)}


def prepare() -> None:
    """Import what `run` will need; a spare worker calls this while nobody waits."""
    import transformers.models.bert.modeling_bert
    import transformers.models.efficientnet.modeling_efficientnet  # noqa: F401

    import core.attribution
    import core.studies.before_after  # noqa: F401


def run(task: "Task") -> Iterator[dict[str, Any]]:
    """Explain every example in ``task.inputs``.

    ``task.params``: ``model`` (slug), ``method`` (name), ``settings`` (the method's), ``explain`` (`ANSWER` or
    `CLASS`), ``labels`` (for a sentence encoder: the classes that it sorts texts into), ``curves`` (whether to add
    deletion and insertion areas), ``maps`` (whether to keep the maps; true where left out).

    Writes ``result/attributions.csv`` and ``result/maps.zip``, also after Stop; keeps one example in memory at a time.

    Raises:
        PlaygroundError: no such method or model, or they do not fit each other or the examples.
    """
    yield {"phase": "reading", "fraction": 0.0}
    batch = _Batch(task)
    done = DoneRows(task.checkpoint / "rows.jsonl")
    held, begun = len(done.rows), time.time()
    for index in range(held, len(batch.data)):
        if (row := batch.row(index)) is None:
            break
        done.add(row)
        count = index + 1
        yield {
            "phase": "explaining",
            "fraction": count / len(batch.data),
            "done": count,
            "total": len(batch.data),
            "started": time.time() - (time.time() - begun) * count / (count - held),  # as if this try had done all
            "latest": done.rows[-_LATEST:],
        }
    yield {"phase": "packing", "fraction": len(done.rows) / len(batch.data)}
    write(task.result, done.rows, batch.maps)


def write(result: Path, rows: list[dict[str, Any]], maps: Path) -> None:
    """The table, and the zip of what is in the folder ``maps``."""
    import pandas as pd

    from core.data.tables import safe_csv

    result.mkdir(parents=True, exist_ok=True)
    (result / TABLE).write_bytes(safe_csv(pd.DataFrame(rows)))
    kept = sorted(maps.glob("*")) if maps.is_dir() else []
    if not kept:
        return
    building = result / f"{MAPS}.building"
    with zipfile.ZipFile(building, "w", zipfile.ZIP_STORED) as archive:
        archive.write(result / TABLE, TABLE)
        for file in kept:
            packed = zipfile.ZIP_STORED if file.suffix == ".png" else zipfile.ZIP_DEFLATED
            archive.write(file, f"maps/{file.name}", packed)
    building.replace(result / MAPS)


class _Batch:
    """The examples, the model and the method of one job."""

    def __init__(self, task: "Task") -> None:
        from core.attribution import METHODS_BY_NAME

        params = task.params
        if params["method"] not in METHODS_BY_NAME:
            raise PlaygroundError(f"There is no method {params['method'][:40]!r}; choose one from the list.")
        self.method: Method = METHODS_BY_NAME[params["method"]]
        self.settings: dict[str, Any] = params.get("settings", {})
        self.stopping = task.stopping
        self.data = spool.read(task.inputs)
        if not len(self.data):
            raise PlaygroundError("There is nothing to explain: choose at least one example.")
        if self.method.kind != self.data.kind:
            raise PlaygroundError(
                f"{self.method.name} explains {self.method.kind}s; choose a method for {self.data.kind}s."
            )
        self.classifier = _classifier(task, self.data.kind)
        self.by_class = params.get("explain", ANSWER) == CLASS
        if self.by_class and tuple(self.classifier.labels) != self.data.labels:
            raise PlaygroundError(
                "The examples have other classes than the model; explain the model's answers instead."
            )
        if reason := self.method.reason_against(self.classifier):
            raise PlaygroundError(reason)
        self.curves = bool(params.get("curves"))
        self.maps = task.checkpoint / "maps"
        self.keeps = params.get("maps", True)

    def row(self, index: int) -> dict[str, Any] | None:
        """One example's row of the table, its map on disk; None where Stop came first."""
        from core.attribution.watch import Stopped

        first = {"name": self.data.names[index], "class": label_words(self.data, index) if self.data.labels else ""}
        try:
            return first | self._explained(index)
        except Stopped:
            return None
        except PlaygroundError as problem:  # one bad example must not end the others
            return first | {"problem": str(problem)}

    def _explained(self, index: int) -> dict[str, Any]:
        from core.attribution.watch import Stopped
        from core.studies.before_after import probabilities, read

        example = self.data.examples[index] if isinstance(self.data, LabelledTexts) else self.data.image(index)
        inputs, explain = read(self.classifier, example)
        probs = probabilities(self.classifier, inputs)
        answer = max(range(len(probs)), key=probs.__getitem__)
        target = self.data.targets[index] if self.by_class else answer
        found = explain(self.classifier, inputs, self.method.name, target, {**self.settings, "stopping": self.stopping})
        if self.stopping():
            raise Stopped("Stopped in the middle of an example; its map would be a rough one.")
        labels = self.classifier.labels
        row = {"answer": labels[answer], "probability": round(probs[answer], 4)}
        row |= {"explained": labels[target], "its probability": round(probs[target], 4), **facts(found)}
        if self.curves:
            row |= self._areas(inputs, found, target)
        if self.keeps:
            self._keep(index, example, found)
        return row

    def _areas(self, inputs: Any, found: "Explained", target: int) -> dict[str, float]:
        from core.attribution.metrics.deletion import trust_curves
        from core.attribution.metrics.text_deletion import trust_text_curves

        judge = trust_curves if self.data.kind == "image" else trust_text_curves
        curves = judge(self.classifier, inputs, found.values, target)  # pyright: ignore[reportArgumentType]
        row = {}
        for kind, curve in curves.items():
            row[f"{kind} area"] = round(curve.auc, 4)
            row |= {f"{kind} area, {band.says}": round(band.auc, 4) for band in curve.controls.values()}
        return row

    def _keep(self, index: int, example: Any, found: "Explained") -> None:
        import numpy as np

        from core.studies.attribution_files import map_csv, map_png

        self.maps.mkdir(parents=True, exist_ok=True)
        name = f"{index + 1:05d}-{self.method.slug}"
        if found.words:
            (self.maps / f"{name}.csv").write_bytes(map_csv(found))
            return
        (self.maps / f"{name}.png").write_bytes(map_png(self.classifier.seen(example), found))
        np.savez_compressed(self.maps / f"{name}.npz", values=found.values.astype(np.float32))


def facts(found: "Explained") -> dict[str, Any]:
    """What a map says, as cells of a table."""
    from core.attribution.regions import ranked_regions

    if found.words:
        ranked = [(word.text, word.value) for word in sorted(found.words, key=lambda word: -word.value)]
    else:
        ranked = [(f"{r.place} ({r.row}, {r.column})", r.value) for r in ranked_regions(found.values)]
    best = [name for name, value in ranked[:_TOP] if value > 0]
    worst = [name for name, value in reversed(ranked[-_TOP:]) if value < 0]
    return {
        "gap, logits": None if found.gap is None else round(found.gap.gap, 4),
        "gap, share": None if found.gap is None else round(found.gap.share, 4),
        "most for": "; ".join(best),
        "most against": "; ".join(worst),
        "seconds": round(found.seconds, 3),
    }


def _classifier(task: "Task", kind: str) -> Any:
    from core.models.image_classifier import ImageClassifier
    from core.models.text_classifier import TextClassifier, zero_shot
    from core.models.text_encoder import TextEncoder

    slug = task.params["model"]
    card = spool.read_base(task.inputs, task.checkpoint / "model") or MODELS_BY_SLUG.get(slug)
    if card is None:
        raise PlaygroundError(f"There is no model called {slug[:40]!r} here; choose one from the list.")
    if (card.task == IMAGE_CLASSIFICATION) != (kind == "image"):
        raise PlaygroundError(f"{card.title} does not read {kind}s; choose a model that does.")
    if card.task == IMAGE_CLASSIFICATION:
        return ImageClassifier.load(card)
    if card.task == TEXT_ENCODING:
        return zero_shot(TextEncoder.load(card), task.params.get("labels", ()))
    return TextClassifier.load(card)
