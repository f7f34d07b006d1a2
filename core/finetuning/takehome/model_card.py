"""The README of a model: what it was made from, how it was measured, what it does not know."""

import re
from collections.abc import Iterable

from core.finetuning.report import Report
from core.models import MODELS_BY_SLUG

MOST_EPOCHS = 20  # rows of the table of epochs; of more, an even choice is shown
_NOTES = ("val_loss", "val_accuracy", "train_loss", "train_accuracy")


def model_card(report: Report, *, adapter: bool = False) -> str:
    """The card as Markdown, with the header that the Hub reads."""
    licence, hub_id = licence_of(report), hub_id_of(report)
    return "\n".join(
        (
            "---",
            f"license: {licence.lower()}",
            f"base_model: {hub_id}",
            f"pipeline_tag: {'text-classification' if report.kind == 'text' else 'image-classification'}",
            "library_name: transformers",
            "---",
            "",
            f"# {cell(report.title)}",
            "",
            f"{cell(report.base_title)} (`{hub_id}`), fine-tuned to tell {len(report.labels)} classes apart. "
            f"Licence of the base model: {licence}.",
            "",
            *_use(report, adapter),
            "## How good it is",
            cell(report.verdict),
            f"Macro-F1 {_with_interval(report)}. The intervals hold for examples like these; others can do worse.",
            "",
            *_controls(report),
            "## The examples",
            _data(report),
            "",
            "| class | examples | held out | precision | recall |",
            "|---|---|---|---|---|",
            *_classes(report),
            "",
            _limits(report),
            "",
            "## How it was made",
            report.how,
            f"Strategy: {report.strategy_title}. {report.trained_parameters:,} of {report.total_parameters:,} numbers "
            f"learned in {report.seconds['total']:.0f} seconds. Split: stratified by class, copies and variants kept "
            f"on one side, seed {report.seed}. Settings: {_settings(report)}.",
            "",
            *_curves(report),
        )
    )


def hub_id_of(report: Report) -> str:
    """The Hub's name of the model that a run started from."""
    base = MODELS_BY_SLUG.get(report.base)  # reports of earlier versions know the slug only
    return report.base_hub_id or (base.hub_id if base else report.base)


def licence_of(report: Report) -> str:
    """The licence of the model that a run started from."""
    base = MODELS_BY_SLUG.get(report.base)
    return report.base_licence or (base.licence if base else "other")


def cell(text: str) -> str:
    """A visitor's words in a table of Markdown, literally."""
    return re.sub(r"([\\`*_{}\[\]<>#|!$])", r"\\\1", " ".join(text.split()))


def _use(report: Report, adapter: bool) -> Iterable[str]:
    example = '"some text"' if report.kind == "text" else "picture.jpg"
    yield from ("## Use", "```", "pip install -r requirements.txt", f"python predict.py {example}", "```", "")
    if adapter:
        yield from ("`adapter/` holds the same training as a LoRA adapter; the weights here have it merged in.", "")


def _with_interval(report: Report) -> str:
    known = report.f1_low is not None and report.f1_high is not None
    interval = f" (95 % interval {report.f1_low:.3f} to {report.f1_high:.3f})" if known else ""
    return f"{report.macro_f1:.3f}{interval}"


def _controls(report: Report) -> Iterable[str]:
    if not report.controls:
        return
    yield from ("What simpler models reach on the same examples, and what this one gains (95 % intervals):", "")
    yield from ("| instead | right | interval | macro-F1 | gain |", "|---|---|---|---|---|")
    for one in report.controls:
        gain = f"{100 * one.gain_low:+.1f} to {100 * one.gain_high:+.1f} points"
        interval = f"{one.low:.1%} to {one.high:.1%}"
        yield f"| {cell(one.title)} | {one.accuracy:.1%} | {interval} | {one.macro_f1:.3f} | {gain} |"
    yield ""


def _data(report: Report) -> str:
    counts = report.counts
    kind = "texts" if report.kind == "text" else "pictures"
    held = f"{counts['test']} to be judged by" if counts["test"] else "none held out"
    return (
        f"{sum(counts.values())} {kind} in {len(report.labels)} classes: {counts['train']} to learn from, "
        f"{counts['val']} to choose when to stop, {held}."
    )


def _classes(report: Report) -> Iterable[str]:
    for row, count in zip(report.per_class, report.class_counts, strict=True):
        yield f"| {cell(row.label)} | {count} | {row.support} | {_share(row.precision)} | {_share(row.recall)} |"


def _limits(report: Report) -> str:
    if report.multi_label:
        return "Each class is judged by itself: an example may get several or none, whatever it shows."
    return (
        "It answers one of its classes for anything, also for what belongs to none, unless `unknown_below` in "
        "`card.json` is set."
    )


def _settings(report: Report) -> str:
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, int | float) else f"{name} {value}"
        for name, value in report.settings.items()
    )


def _curves(report: Report) -> Iterable[str]:
    """The epochs as a table, the kept one marked."""
    history = report.history
    if not history:
        return
    step = -(-len(history) // MOST_EPOCHS)
    shown = [r for i, r in enumerate(history) if not i % step or i == len(history) - 1 or _kept(report, r)]
    yield from (
        "## How it learned",
        "| epoch | validation loss | validation | training loss | training |",
        "|---" * 5 + "|",
    )
    for record in shown:
        loss, right, train_loss, train_right = (record.get(note) for note in _NOTES)
        mark = " (kept)" if _kept(report, record) else ""
        figures = (_number(loss), _percent(right), _number(train_loss), _percent(train_right))
        yield f"| {record['epoch']}{mark} | {' | '.join(figures)} |"
    yield ""


def _kept(report: Report, record: dict) -> bool:
    return record["epoch"] == report.best_epoch


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
