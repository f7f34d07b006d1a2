"""A fine-tuned model to take home: one zip that `transformers` loads anywhere, with its card and a script."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from core.errors import NotFound
from core.finetuning.report import REPORT, Report
from core.finetuning.takehome.model_card import hub_id_of, model_card
from core.finetuning.takehome.names import ADAPTER_FILES, MODEL_FILES, file_name, requirements
from core.models import own

SCRIPTS = Path(__file__).parent.with_name("takeaway")
ADAPTER = "adapter"
_SERVER_KEYS = ("_name_or_path", "name_or_path")  # `transformers` notes there where a model lay


def model_zip(result: Path) -> bytes:
    """The zip of a job's ``result`` folder.

    Raises:
        NotFound: there is no finished model in it.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # weights hardly compress
        for name, content in contents(result):
            archive.writestr(name, content)
    return packed.getvalue()


def contents(result: Path) -> Iterator[tuple[str, bytes]]:
    """The zip's files one after another, by their names under one folder.

    Raises:
        NotFound: there is no finished model in ``result``.
    """
    model, report = result / "model", finished(result)
    folder = file_name(report.title)
    for name in MODEL_FILES:
        if (model / name).is_file():
            yield f"{folder}/{name}", clean(model / name)
    for name in ADAPTER_FILES:
        if (result / ADAPTER / name).is_file():
            yield f"{folder}/{ADAPTER}/{name}", adapter_file(result / ADAPTER / name, report)
    script = (SCRIPTS / f"predict_{report.kind}.py").read_bytes()
    yield f"{folder}/README.md", model_card(report, adapter=(result / ADAPTER).is_dir()).encode()
    yield f"{folder}/report.json", report.to_json().encode()
    yield f"{folder}/card.json", (model / own.CARD_FILE).read_bytes()
    yield f"{folder}/predict.py", script
    yield f"{folder}/requirements.txt", requirements(report.kind).encode()


def finished(result: Path) -> Report:
    """The report of a finished model.

    Raises:
        NotFound: there is no finished model in ``result``.
    """
    if not (result / "model" / "model.safetensors").is_file() or not (result / REPORT).is_file():
        raise NotFound("There is no finished model in this job: fine-tune one first.")
    return Report.from_json((result / REPORT).read_text())


def adapter_file(file: Path, report: Report) -> bytes:
    """An adapter's file; its configuration names the base model by its name on the Hub."""
    if file.suffix != ".json":
        return file.read_bytes()
    facts = json.loads(file.read_text(encoding="utf-8"))
    facts["base_model_name_or_path"] = hub_id_of(report)
    return json.dumps(facts, indent=2, ensure_ascii=False).encode()


def clean(file: Path) -> bytes:
    """A file's content, without the place on the server where the model began."""
    if file.suffix != ".json":
        return file.read_bytes()
    facts = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(facts, dict) or not set(_SERVER_KEYS) & set(facts):
        return file.read_bytes()
    for key in _SERVER_KEYS:
        facts.pop(key, None)
    return json.dumps(facts, indent=2, ensure_ascii=False).encode()
