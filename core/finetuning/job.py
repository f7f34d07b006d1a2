"""The fine-tuning job: spooled examples in, a folder with a model and a report out. Light to import, not to run."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core import params
from core.errors import PlaygroundError
from core.finetuning import STRATEGIES_BY_NAME, shelf, spool
from core.finetuning.checks import check, stops
from core.finetuning.metrics import figures
from core.finetuning.report import Report, save_report
from core.finetuning.run import Outcome, Progress, Run
from core.finetuning.split import split
from core.finetuning.strategies.base import Strategy
from core.models import MODELS_BY_SLUG, ModelCard

if TYPE_CHECKING:
    from core.finetuning.backbones import Backbone


class Task(Protocol):
    """What `core.jobs` hands to a job's function."""

    @property
    def folder(self) -> Path: ...
    @property
    def params(self) -> dict[str, Any]: ...
    @property
    def stopping(self) -> Any: ...


def prepare() -> None:
    """Import what `run` will need; a spare worker calls this while nobody waits."""
    import transformers.models.bert.modeling_bert
    import transformers.models.efficientnet.modeling_efficientnet  # noqa: F401

    import core.finetuning.strategies.partial  # noqa: F401


def run(task: Task) -> Iterator[Progress]:
    """`train`, each record with ``started``, in seconds since 1970, for the time left."""
    started = time.time()
    for record in train(task):
        yield {"started": started, **record}


def train(task: Task) -> Iterator[Progress]:
    """Fine-tune as ``task.params`` say: ``base`` (slug), ``strategy`` (name), ``settings`` (dict), ``title``.

    Writes ``result/model`` (a stock `transformers` folder with ``card.json``) and ``result/report.json``, also when
    Stop comes early, unless nothing was learned yet.

    Raises:
        PlaygroundError: the examples or settings make no sense; the sentence says why.
    """
    started = time.perf_counter()
    yield {"phase": "reading", "fraction": 0.0}
    strategy, card = _strategy(task.params["strategy"]), _base(task.params["base"])
    data = spool.read(task.folder / "inputs")
    settings = params.make(strategy.settings[data.kind], task.params.get("settings", {}))
    if wrong := stops(check(data)):
        raise PlaygroundError(wrong[0].sentence)
    from core.finetuning import backbones  # seconds: torch and transformers

    parts = split(data, seed=settings.seed, valid_split=settings.valid_split)
    running = Run(
        data, parts, settings, backbones.load(card, data, settings), task.folder / "checkpoint", task.stopping
    )
    outcome = yield from strategy.train()(running)
    if outcome is None:
        return
    yield {"phase": "saving", "fraction": 1.0, "history": outcome.history}
    total = {"total": time.perf_counter() - started}
    report = make_report(running, strategy, card, outcome, task.params.get("title", ""), total)
    write(task.folder, running.backbone, report)
    yield {
        "phase": "done",
        "fraction": 1.0,
        "history": outcome.history,
        "accuracy": report.accuracy,
        "low": report.low,
        "high": report.high,
    }


def make_report(
    run: Run, strategy: Strategy, card: ModelCard, outcome: Outcome, title: str, seconds: dict[str, float]
) -> Report:
    """The report of a finished run."""
    return Report(
        kind=run.data.kind,
        title=title or f"My {card.title}",
        labels=run.data.labels,
        base=card.slug,
        base_title=card.title,
        strategy=strategy.name,
        strategy_title=strategy.title,
        settings=asdict(run.settings),
        seed=run.settings.seed,
        how=f"{run.split.says} {outcome.says}" + (" It was stopped early." if outcome.stopped else ""),
        history=tuple(outcome.history),
        best_epoch=outcome.best_epoch,
        trained_parameters=outcome.trained_parameters,
        total_parameters=sum(p.numel() for p in run.backbone.model.parameters()),
        seconds={**outcome.seconds, **seconds},
        stopped=outcome.stopped,
        **figures(run.data, run.split, outcome.probs),
    )


def write(folder: Path, backbone: "Backbone", report: Report) -> None:
    """``result/model`` and ``result/report.json``; a crash on the way leaves no half model in place."""
    result = folder / "result"
    building = result / "model.building"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    backbone.save(building)
    shelf.save_card(building, backbone.card, report, slug=shelf.slug_of(folder))
    shutil.rmtree(result / "model", ignore_errors=True)
    building.rename(result / "model")
    save_report(folder, report)


def _strategy(name: str) -> Strategy:
    if name not in STRATEGIES_BY_NAME:
        raise PlaygroundError(f"There is no strategy {name[:40]!r}; choose one of {', '.join(STRATEGIES_BY_NAME)}.")
    return STRATEGIES_BY_NAME[name]


def _base(slug: str) -> ModelCard:
    if slug not in MODELS_BY_SLUG:
        raise PlaygroundError(f"There is no model {slug[:40]!r} to start from; choose one from the list.")
    return MODELS_BY_SLUG[slug]
