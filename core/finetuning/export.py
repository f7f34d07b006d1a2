"""A fine-tuned model to take home: one zip that `transformers` loads anywhere, with its card and a script."""

import io
import json
import re
import zipfile
from importlib import metadata
from pathlib import Path

from core.errors import NotFound
from core.finetuning.report import REPORT, Report
from core.models import MODELS_BY_SLUG, own

TAKEAWAY = Path(__file__).with_name("takeaway")
# What leaves the server, by name: weights, names and numbers; never a pickle, never a file that we did not expect.
_MODEL_FILES = (
    "model.safetensors",
    "config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
)
_SERVER_KEYS = ("_name_or_path", "name_or_path")  # `transformers` notes there where a model lay
_REQUIRED = {
    "image": ("torch", "transformers", "safetensors", "pillow"),
    "text": ("torch", "transformers", "safetensors"),
}


def export(result: Path) -> bytes:
    """The zip of a job's ``result`` folder.

    Raises:
        NotFound: there is no finished model in it.
    """
    model, report_file = result / "model", result / REPORT
    if not (model / "model.safetensors").is_file() or not report_file.is_file():
        raise NotFound("There is no finished model in this job: fine-tune one first.")
    report = Report.from_json(report_file.read_text())
    folder = file_name(report.title)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # weights hardly compress
        for name in _MODEL_FILES:
            if (model / name).is_file():
                archive.writestr(f"{folder}/{name}", _clean(model / name))
        archive.writestr(f"{folder}/README.md", model_card(report))
        archive.writestr(f"{folder}/report.json", report.to_json())
        archive.writestr(f"{folder}/card.json", (model / own.CARD_FILE).read_bytes())
        archive.writestr(f"{folder}/predict.py", (TAKEAWAY / f"predict_{report.kind}.py").read_text())
        archive.writestr(f"{folder}/requirements.txt", requirements(report.kind))
    return packed.getvalue()


def file_name(title: str) -> str:
    """``title`` as a plain file name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:40] or "my-model"


def requirements(kind: str) -> str:
    """The versions that this model was made and checked with."""
    return "".join(f"{name}=={metadata.version(name).split('+')[0]}\n" for name in _REQUIRED[kind])


def model_card(report: Report) -> str:
    """The README of the model: what it was made from, how it was measured, what it does not know."""
    base = MODELS_BY_SLUG.get(report.base)
    licence = base.licence if base else "see the base model"
    hub_id = base.hub_id if base else report.base
    classes = [
        f"| {_cell(row.label)} | {count} | {row.support} | {_share(row.precision)} | {_share(row.recall)} |"
        for row, count in zip(report.per_class, report.class_counts, strict=True)
    ]
    settings = ", ".join(f"{name} {value:g}" for name, value in report.settings.items())
    example = '"some text"' if report.kind == "text" else "picture.jpg"
    return "\n".join(
        (
            "---",
            f"license: {licence.lower()}",
            f"base_model: {hub_id}",
            f"pipeline_tag: {'text-classification' if report.kind == 'text' else 'image-classification'}",
            "library_name: transformers",
            "---",
            "",
            f"# {_cell(report.title)}",
            "",
            f"{report.base_title} (`{hub_id}`, {licence}), fine-tuned to tell {len(report.labels)} classes apart.",
            "",
            "## Use",
            "```",
            "pip install -r requirements.txt",
            f"python predict.py {example}",
            "```",
            "",
            "## How good it is",
            _cell(report.verdict),
            f"Macro-F1 {report.macro_f1:.3f}. The interval holds for examples like these; others can do worse.",
            "",
            "| class | examples | held out | precision | recall |",
            "|---|---|---|---|---|",
            *classes,
            "",
            "It answers one of its classes for anything, also for what belongs to none.",
            "",
            "## How it was made",
            report.how,
            f"Strategy: {report.strategy_title}. {report.trained_parameters:,} of {report.total_parameters:,} numbers "
            f"learned in {report.seconds['total']:.0f} seconds. Split: stratified by class, copies and variants kept "
            f"on one side, seed {report.seed}. Settings: {settings}.",
            "",
        )
    )


def _clean(file: Path) -> bytes:
    """A file's content, without the place on the server where the model began."""
    if file.suffix != ".json":
        return file.read_bytes()
    facts = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(facts, dict) or not set(_SERVER_KEYS) & set(facts):
        return file.read_bytes()
    for key in _SERVER_KEYS:
        facts.pop(key, None)
    return json.dumps(facts, indent=2, ensure_ascii=False).encode()


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _cell(text: str) -> str:
    """A visitor's words in a table of Markdown, literally."""
    return re.sub(r"([\\`*_{}\[\]<>#|!$])", r"\\\1", " ".join(text.split()))
