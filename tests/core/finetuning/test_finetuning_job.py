"""Whole runs on tiny networks: what a job leaves, what Stop keeps, how it resumes, what every setting does."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
import torch
from safetensors.torch import load_file

from core import checkpoint
from core.data.labelled import Labelled
from core.errors import PlaygroundError
from core.finetuning import STRATEGIES, STRATEGIES_BY_NAME, feature_cache, job, shelf
from core.finetuning.report import Report, read_report
from core.finetuning.run import PHASES
from core.finetuning.strategies import resume
from core.models.image_classifier import ImageClassifier
from core.models.text_classifier import TextClassifier
from core.params import params_of

QUICK = {"num_train_epochs": 2, "learning_rate": 0.01, "batch_size": 8}


def reported(task) -> Report:
    report = read_report(task.folder)
    assert report is not None
    return report


def weights(task) -> dict[str, torch.Tensor]:
    return load_file(task.folder / "result" / "model" / "model.safetensors")


def stopping_at(calls: int) -> Callable[[], bool]:
    asked = count(1)
    return lambda: next(asked) >= calls


OFFERED = [(strategy.name, kind) for strategy in STRATEGIES for kind in strategy.settings]


@pytest.mark.parametrize(("strategy", "kind"), OFFERED)
def test_a_run_learns_reports_and_leaves_a_model(make_task, toy, kind: str, strategy: str) -> None:
    data = toy[kind]
    task = make_task(data, strategy, {} if strategy == "probe" else {"num_train_epochs": 3, "learning_rate": 1e-3})
    records = task.run()
    assert {r["phase"] for r in records} - {"done"} <= set(PHASES)
    fractions = [r["fraction"] for r in records]
    assert fractions[0] == 0 and fractions[-1] == 1 and all(0 <= f <= 1 for f in fractions)
    json.dumps(records)
    report = reported(task)
    assert report.accuracy >= 0.75 and report.low <= report.accuracy <= report.high
    assert report.is_test and report.held_out == report.counts["test"] > 7
    assert report.counts["train"] + report.counts["val"] + report.counts["test"] == len(data)
    assert report.f1_low is not None and report.f1_high is not None
    assert report.f1_low <= report.macro_f1 <= report.f1_high
    assert [control.name for control in report.controls] == ["majority", "untuned"]
    told = [record["wrong"] for record in records if "wrong" in record]
    val_wrong = round((1 - report.history[-1]["val_accuracy"]) * report.counts["val"])
    assert told and (len(told[-1]) == min(val_wrong, 12) or strategy == "probe")
    later = [record for record in records if record["phase"] == "blocks" and record.get("epoch", 0) > 1]
    assert all("wrong" in record for record in later)  # they stay in sight until the next look
    (card,) = shelf.own_cards([task.folder])
    assert card.labels == data.labels and card.slug == f"own-{task.folder.name[:8]}"
    loaded = TextClassifier.load(card) if kind == "text" else ImageClassifier.load(card)
    for answer in report.answers:
        if kind == "text":
            prob = loaded.predict([data.examples[answer.index]])[0, answer.predicted]
        else:
            prob = loaded.predict(data.image(answer.index)).probs[0]
        assert float(prob) == pytest.approx(answer.prob, abs=1e-4)


def test_the_probe_leaves_the_network_as_it_was_and_partial_does_not(make_task, toy, tiny_text) -> None:
    base = load_file(tiny_text.folder / "model.safetensors")
    name = "encoder.layer.1.output.dense.weight"
    for strategy, same in (("probe", True), ("partial", False)):
        task = make_task(toy["text"], strategy, {"num_train_epochs": 2} if strategy == "partial" else {})
        task.run()
        assert torch.equal(weights(task)[f"bert.{name}"], base[name]) is same
        assert torch.equal(
            weights(task)["bert.encoder.layer.0.output.dense.weight"], base["encoder.layer.0.output.dense.weight"]
        )


def test_labels_without_meaning_are_reported_honestly(make_task, random_texts) -> None:
    task = make_task(random_texts)
    task.run()
    report = reported(task)
    assert report.low <= 0.5 <= report.high
    assert "does not exclude" in report.verdict or report.majority_accuracy < report.low


def test_a_second_run_does_not_look_again(make_task, toy, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_task(toy["text"])
    assert any(r["phase"] == "features" for r in first.run())
    second = make_task(toy["text"])
    assert not any(r["phase"] == "features" for r in second.run())
    assert reported(first).answers == reported(second).answers
    third = make_task(toy["text"], settings={"max_seq_length": 16})
    assert any(r["phase"] == "features" for r in third.run())  # another cut, other features
    (some,) = list(feature_cache.folder().glob("*/*"))[:1]
    some.write_bytes(b"damaged")
    assert make_task(toy["text"]).run()[-1]["phase"] == "done"


def test_the_cache_is_bounded(make_task, toy) -> None:
    make_task(toy["text"]).run()
    assert list(feature_cache.folder().glob("*/*"))
    feature_cache.prune(most_mb=0)
    assert not list(feature_cache.folder().glob("*/*"))


def test_stop_before_anything_is_learned_leaves_nothing(make_task, toy) -> None:
    task = make_task(toy["text"], stopping=lambda: True)
    task.run()
    assert read_report(task.folder) is None and shelf.own_cards([task.folder]) == ()


def test_stop_keeps_the_best_so_far(make_task, toy) -> None:
    settings = {**QUICK, "num_train_epochs": 20, "early_stopping_patience": 20}
    asked = 0

    def stopping() -> bool:  # in the middle of the third epoch
        nonlocal asked
        asked += 1
        return asked > 320

    task = make_task(toy["text"], "partial", settings, stopping=stopping)
    records = task.run()
    report = reported(task)
    assert report.stopped and "stopped early" in report.how
    assert 1 <= len(report.history) < 20
    best = min(report.history, key=lambda r: r["val_loss"])
    assert report.best_epoch == best["epoch"] and records[-1]["phase"] == "done"
    (card,) = shelf.own_cards([task.folder])
    probs = TextClassifier.load(card).predict([toy["text"].examples[answer.index] for answer in report.answers])
    for row, answer in zip(probs, report.answers, strict=True):
        assert float(row[answer.predicted]) == pytest.approx(answer.prob, abs=1e-4)


def test_stop_in_the_first_epoch_keeps_the_probe(make_task, toy) -> None:
    probed = False
    task = make_task(toy["text"], "partial", QUICK, stopping=lambda: probed)
    for record in job.run(task):
        probed = probed or record["phase"] == "blocks"
    report = reported(task)
    assert report.stopped and report.best_epoch == 0 and len(report.history) == 1
    assert "the probe was kept" in report.how


@pytest.mark.parametrize("kind", ["text", "image"])
def test_a_killed_run_resumes_to_the_same_end(make_task, toy, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {**QUICK, "num_train_epochs": 3, "early_stopping_patience": 9}
    straight = make_task(toy[kind], "partial", settings)
    straight.run()
    killed = make_task(toy[kind], "partial", settings)
    for record in job.run(killed):
        if record["phase"] == "blocks" and record["epoch"] == 3:
            break  # the process is gone: epochs 1 and 2 are in the checkpoint
    assert read_report(killed.folder) is None
    resumed = make_task(toy[kind], "partial", settings, resume=killed.folder)
    epochs = [r["epoch"] for r in resumed.run() if r["phase"] == "blocks"]
    assert set(epochs) == {3}
    assert [r["val_loss"] for r in reported(resumed).history] == [r["val_loss"] for r in reported(straight).history]
    for name, tensor in weights(straight).items():
        assert torch.equal(tensor, weights(resumed)[name]), name


def test_a_damaged_checkpoint_falls_back_to_the_one_before(make_task, toy) -> None:
    settings = {**QUICK, "num_train_epochs": 3, "early_stopping_patience": 9}
    killed = make_task(toy["text"], "partial", settings)
    for record in job.run(killed):
        if record["phase"] == "blocks" and record["epoch"] == 3:
            break
    file = killed.folder / "checkpoint" / resume.FILE
    assert checkpoint.previous(file).exists()
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    resumed = make_task(toy["text"], "partial", settings, resume=killed.folder)
    assert {r["epoch"] for r in resumed.run() if r["phase"] == "blocks"} == {2, 3}


CHANGES = {
    "num_train_epochs": 1,
    "learning_rate": 0.001,
    "batch_size": 4,
    "unfrozen_blocks": 2,
    "weight_decay": 0.5,
    "warmup_ratio": 0.5,
    "lr_scheduler_type": "cosine",
    "early_stopping_patience": 1,
    "early_stopping_threshold": 0.5,
    "class_weights": True,
    "valid_split": 0.4,
    "seed": 7,
    "max_seq_length": 16,
    "augmentation": "strong",
    "lora_r": 2,
    "lora_alpha": 4,
    "lora_dropout": 0.5,
    "temperature": 0.5,
}
PLAIN = {"num_train_epochs": 3, "learning_rate": 0.01, "batch_size": 8, "early_stopping_patience": 2}


def unequal(data: Labelled, *, by_heart: bool) -> Labelled:
    """A third of one class; ``by_heart``: classes without meaning, so that validation soon gets worse."""
    fields: dict = {}
    if by_heart:
        fields["targets"] = tuple(i // 2 % 2 for i in range(len(data)))
    else:
        rows = [i for i in range(len(data)) if data.targets[i] or i % 4]
        fields |= {name: tuple(getattr(data, name)[i] for i in rows) for name in ("examples", "targets", "names")}
    if data.kind == "text":  # the shortest limit cuts them
        fields["examples"] = tuple(" ".join([text] * 4) for text in fields.get("examples", data.examples))
    return replace(data, **fields)


@pytest.mark.parametrize(("strategy", "kind"), [one for one in OFFERED if one[0] != "probe"])
def test_every_setting_changes_the_run(make_task, toy, strategy: str, kind: str) -> None:
    names = {param.name for param in params_of(STRATEGIES_BY_NAME[strategy].settings[kind])}
    assert names <= set(CHANGES)
    if strategy != "partial":  # the loop is the same: only what this one adds
        names -= {param.name for param in params_of(STRATEGIES_BY_NAME["partial"].settings[kind])} - {"learning_rate"}
    for by_heart in {"early_stopping_patience" in names, False}:
        data = unequal(toy[kind], by_heart=by_heart)
        settings = PLAIN if by_heart else {**PLAIN, "learning_rate": 0.003}
        plain = make_task(data, strategy, settings)
        plain.run()
        own = names & {"early_stopping_patience"} if by_heart else names - {"early_stopping_patience"}
        for name in sorted(own):
            changed = make_task(data, strategy, {**settings, name: CHANGES[name]})
            changed.run()
            assert reported(changed).history != reported(plain).history, name


def test_frozen_things_stay_frozen(make_task, toy, tiny_image) -> None:
    base = load_file(tiny_image.folder / "model.safetensors")
    task = make_task(toy["image"], "partial", QUICK)
    task.run()
    trained = weights(task)
    moved = {name for name, tensor in base.items() if name in trained and not torch.equal(tensor, trained[name])}
    assert any("blocks.2" in name for name in moved) and any("top_conv" in name for name in moved)
    allowed = ("blocks.2", "top_", "classifier")
    assert all(any(part in name for part in allowed) for name in moved), moved
    assert not any("running_" in name or "_bn" in name or "norm" in name for name in moved), moved


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"strategy": "magic"}, "no strategy 'magic'"),
        ({"base": "nothing"}, "no model 'nothing'"),
        ({"base": "smollm2-135m"}, "no model 'smollm2-135m' to start from"),
        ({"base": "tiny-image"}, "does not read texts"),
        ({"settings": {"learning_rate": 7}}, "Learning rate"),
        ({"weights": "golden"}, "no weights 'golden'"),
    ],
)
def test_wrong_parameters_are_told(make_task, toy, params: dict, words: str) -> None:
    task = make_task(toy["text"])
    task.params.update(params)
    with pytest.raises(PlaygroundError, match=words):
        task.run()


def test_senseless_data_is_refused(make_task, toy) -> None:
    one = replace(toy["text"], targets=(0,) * len(toy["text"]))
    with pytest.raises(PlaygroundError, match="one class"):
        make_task(one).run()
