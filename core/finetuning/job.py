"""The fine-tuning job: spooled examples in, a folder with a model and a report out. Light to import, not to run."""

import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core import params
from core.data.labelled import Labelled
from core.device import peak_mb
from core.errors import PlaygroundError
from core.finetuning import STRATEGIES_BY_NAME, estimate, ranks, shelf, spool
from core.finetuning.checks import check, stops
from core.finetuning.metrics import figures
from core.finetuning.report import Report, save_report
from core.finetuning.run import PRETRAINED, RANDOM, Outcome, Progress, Run, Training
from core.finetuning.split import Split, split
from core.finetuning.strategies.base import TEXT, Strategy
from core.models import MODELS_BY_SLUG, ModelCard
from core.models.catalog import CLASSIFYING

if TYPE_CHECKING:
    from core.finetuning.backbone import Backbone
    from core.finetuning.controls import Comparison


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

    import core.finetuning.controls
    import core.finetuning.strategies.partial  # noqa: F401


def run(task: Task) -> Iterator[Progress]:
    """`train`, each record with ``started``, in seconds since 1970, for the time left."""
    started = time.time()
    for record in train(task):
        yield {"started": started, **record}


def train(task: Task) -> Iterator[Progress]:
    """Fine-tune as ``task.params`` say.

    Their names: ``base`` (slug), ``strategy`` (name), ``settings`` (dict), ``title``, ``weights`` (``pretrained`` or
    ``random``) and ``control`` (train the same network from random weights too, for comparison).

    Writes ``result/model`` (a stock `transformers` folder with ``card.json``) and ``result/report.json``, also when
    Stop comes early, unless nothing was learned yet.

    Raises:
        PlaygroundError: the examples or settings make no sense; the sentence says why.
    """
    started = time.perf_counter()
    yield {"phase": "reading", "fraction": 0.0}
    asked = read(task)
    from core.finetuning.controls import Untuned  # seconds: torch and transformers

    running = asked.run(task)
    untuned = Untuned(running.backbone)
    compares = bool(task.params.get("control")) and asked.weights == PRETRAINED
    outcome = yield from _within(asked.strategy.train()(running), 0.0, 0.5 if compares else 1.0)
    if outcome is None:
        return
    yield {"phase": "saving", "fraction": 0.5 if compares else 1.0, "history": outcome.history}
    report = make_report(asked, running, outcome, time.perf_counter() - started)
    comparison = _comparison(running, outcome)
    by_names = running.data.kind == TEXT
    found = comparison.untuned(untuned.logits(running), by_names=by_names) if asked.weights == PRETRAINED else []
    report = replace(report, controls=(comparison.majority(), *found))
    if ranks.is_first():
        write(task.folder, running.backbone, report, outcome.adapter)
        note_speed(asked, running, outcome)
    if compares and not ranks.agreed(task.stopping()):
        scratch = yield from _scratch(asked, task, outcome)
        if scratch is not None:
            report = replace(report, controls=(*report.controls, comparison.scratch(scratch.probs)))
            if ranks.is_first():
                save_report(task.folder, report)
    yield {
        "phase": "done",
        "fraction": 1.0,
        "history": outcome.history,
        "accuracy": report.accuracy,
        "low": report.low,
        "high": report.high,
    }


@dataclass(frozen=True)
class Asked:
    """What a job's parameters and files ask for."""

    strategy: Strategy
    card: ModelCard
    data: Labelled
    settings: Any
    split: Split
    weights: str
    title: str

    def run(self, task: Task, weights: str = "", folder: str = "") -> Run:
        """A run of it, its checkpoints in ``folder`` below the job's."""
        from core.finetuning import backbones

        backbone = backbones.load(self.card, self.data, self.settings, weights or self.weights)
        backbone.settle(self.split.train)
        return Run(self.data, self.split, self.settings, backbone, task.folder / "checkpoint" / folder, task.stopping)


def read(task: Task) -> Asked:
    """What the job asks for, checked."""
    strategy = _strategy(task.params["strategy"])
    inputs = task.folder / "inputs"
    card = spool.read_base(inputs, task.folder / "checkpoint" / "base") or _base(task.params["base"])
    data = spool.read(inputs)
    if data.kind not in strategy.settings:
        raise PlaygroundError(f"{strategy.title} is not for this kind of example; choose another strategy.")
    settings: Any = params.make(strategy.settings[data.kind], task.params.get("settings", {}))
    if wrong := stops(check(data)):
        raise PlaygroundError(wrong[0].sentence)
    parts = split(data, seed=settings.seed, valid_split=settings.valid_split)
    weights, title = task.params.get("weights", PRETRAINED), task.params.get("title", "") or f"My {card.title}"
    return Asked(strategy, card, data, settings, parts, weights, title)


def make_report(asked: Asked, run: Run, outcome: Outcome, seconds: float) -> Report:
    """The report of a finished run, the controls still to come."""
    random = " All weights began at random." if asked.weights != PRETRAINED else ""
    return Report(
        kind=run.data.kind,
        title=asked.title,
        labels=run.data.labels,
        base=asked.card.slug,
        base_title=asked.card.title,
        base_hub_id=asked.card.hub_id,
        base_licence=asked.card.licence,
        weights=asked.weights,
        strategy=asked.strategy.name,
        strategy_title=asked.strategy.title,
        settings=asdict(run.settings),
        seed=run.settings.seed,
        how=f"{run.split.says} {outcome.says}{random}" + (" It was stopped early." if outcome.stopped else ""),
        history=tuple(outcome.history),
        best_epoch=outcome.best_epoch,
        trained_parameters=outcome.trained_parameters,
        total_parameters=sum(p.numel() for p in run.backbone.model.parameters()),
        seconds={**outcome.seconds, "total": seconds},
        stopped=outcome.stopped,
        **figures(run.data, run.split, outcome.probs, run.settings.seed),
    )


def note_speed(asked: Asked, run: Run, outcome: Outcome) -> None:
    """Remember what the run took, for the estimates of later ones."""
    name = asked.strategy.name
    took: dict[str, float] = {f"{name} MB": peak_mb()}
    if looked := outcome.seconds.get("looking"):
        took["answer"] = looked
    epochs = sum(record["epoch"] > 0 for record in outcome.history)
    if epochs and "blocks" in outcome.seconds:
        took[name] = outcome.seconds["blocks"] / epochs / len(run.split.train)
    estimate.note(asked.card, took)


def _scratch(asked: Asked, task: Task, outcome: Outcome) -> Generator[Progress, None, Outcome | None]:
    """The same from random weights; the page goes on showing the history of the model that was asked for."""
    running = asked.run(task, RANDOM, "scratch")
    records = _within(asked.strategy.train()(running), 0.5, 0.5)
    while True:
        try:
            record = next(records)
        except StopIteration as end:
            return end.value
        yield {"phase": "control", "fraction": record["fraction"], "history": outcome.history}


def _within(records: Training, before: float, share: float) -> Training:
    """The same records on a part of the progress bar."""
    while True:
        try:
            record = next(records)
        except StopIteration as end:
            return end.value
        yield {**record, "fraction": before + share * record["fraction"]}


def _comparison(run: Run, outcome: Outcome) -> "Comparison":
    from core.finetuning.controls import Comparison

    return Comparison(run.data, run.split, outcome.probs, run.settings.seed)


def write(folder: Path, backbone: "Backbone", report: Report, adapter: Path | None = None) -> None:
    """``result/model``, ``result/report.json`` and the adapter; a crash on the way leaves no half model in place."""
    result = folder / "result"
    building = result / "model.building"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    backbone.save(building)
    shelf.save_card(building, backbone.card, report, slug=shelf.slug_of(folder))
    shutil.rmtree(result / "model", ignore_errors=True)
    building.rename(result / "model")
    if adapter is not None:
        shutil.rmtree(result / adapter.name, ignore_errors=True)
        shutil.copytree(adapter, result / adapter.name)
    save_report(folder, report)


def _strategy(name: str) -> Strategy:
    if name not in STRATEGIES_BY_NAME:
        raise PlaygroundError(f"There is no strategy {name[:40]!r}; choose one of {', '.join(STRATEGIES_BY_NAME)}.")
    return STRATEGIES_BY_NAME[name]


def _base(slug: str) -> ModelCard:
    if slug not in MODELS_BY_SLUG or MODELS_BY_SLUG[slug].task not in CLASSIFYING:
        raise PlaygroundError(f"There is no model {slug[:40]!r} to start from; choose one from the list.")
    return MODELS_BY_SLUG[slug]
