"""Everything that repeats a run: the code, the examples with their split, the versions, and the base where needed."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from core.data.labelled import Labelled
from core.errors import NotFound
from core.finetuning import spool
from core.finetuning.report import Report
from core.finetuning.split import Split, split
from core.finetuning.takehome.names import MODEL_FILES, file_name, requirements
from core.finetuning.takehome.run_code import Recipe, ships_base
from core.finetuning.takehome.zipped import clean
from core.models import MODELS_BY_SLUG, hub

PNG = b"\x89PNG"


def run_zip(job_folder: Path) -> bytes:
    """The run in ``job_folder`` as a zip with ``finetune.py`` and ``finetune.ipynb``.

    Raises:
        NotFound: there is no finished model, or its examples have been removed.
        PlaygroundError: this strategy cannot be told as code.
    """
    recipe = Recipe.of(job_folder / "result")
    try:
        data = spool.read(job_folder / "inputs")
    except (OSError, ValueError, KeyError):
        raise NotFound("The examples of this run have been removed, so it cannot be repeated; run it anew.") from None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents(recipe, data, job_folder / "inputs"):
            archive.writestr(f"{file_name(recipe.report.title)}-run/{name}", content)
    return packed.getvalue()


def contents(recipe: Recipe, data: Labelled, inputs: Path) -> Iterator[tuple[str, bytes]]:
    """The zip's files one after another."""
    report = recipe.report
    yield "finetune.py", recipe.script().encode()
    yield "finetune.ipynb", recipe.notebook().encode()
    yield "requirements.txt", requirements(report.kind).encode()
    yield from _examples(data, split(data, seed=report.seed, valid_split=report.settings["valid_split"]))
    if ships_base(report):
        yield from _base(report, inputs)


def _examples(data: Labelled, parts: Split) -> Iterator[tuple[str, bytes]]:
    part_of = {row: name for name in ("train", "val", "test") for row in getattr(parts, name)}
    lines = []
    for row, example in enumerate(data.examples):
        fact: dict[str, object] = {"part": part_of[row], "label": data.labels[data.targets[row]]}
        if data.multi_label:
            fact["labels"] = [data.labels[k] for k in data.target_sets[row]]
        if isinstance(example, bytes):
            fact["file"] = f"pictures/{row:05d}.{'png' if example.startswith(PNG) else 'jpg'}"
            yield str(fact["file"]), example
        else:
            fact["text"] = example
        lines.append(json.dumps(fact))
    yield "examples.jsonl", "".join(f"{line}\n" for line in lines).encode()


def _base(report: Report, inputs: Path) -> Iterator[tuple[str, bytes]]:
    """The files of the model that the run started from: the catalog's, or a visitor's own as the job was given it."""
    card = MODELS_BY_SLUG.get(report.base)
    folder, mark = (inputs, spool.BASE) if card is None else (hub.locate(card), "")
    for name in MODEL_FILES:
        if (folder / f"{mark}{name}").is_file():
            yield f"base/{name}", clean(folder / f"{mark}{name}")
