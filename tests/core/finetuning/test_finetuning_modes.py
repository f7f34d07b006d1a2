"""Several classes per example, random weights, own models as bases, the control from scratch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.data.labelled import Labelled
from core.finetuning import backbones, job, shelf, spool
from core.finetuning.report import Report, read_report
from core.finetuning.strategies.settings import ProbeSettings, TextProbeSettings
from core.models.image_classifier import ImageClassifier
from core.models.text_classifier import TextClassifier

QUICK = {"num_train_epochs": 2, "learning_rate": 0.003, "batch_size": 8}


def reported(task) -> Report:
    report = read_report(task.folder)
    assert report is not None
    return report


def several(data: Labelled) -> Labelled:
    """A third class that every fourth example has too, and that its names or corner tell."""
    sets = tuple((t, 2) if i % 4 < 2 else (t,) for i, t in enumerate(data.targets))
    fields: dict = {"labels": (*data.labels, "odd"), "target_sets": sets}
    if data.kind == "text":
        fields["examples"] = tuple(
            f"{text} tea tea tea" if 2 in own else text for text, own in zip(data.examples, sets, strict=True)
        )
    return replace(data, **fields)


@pytest.mark.parametrize(("strategy", "kind"), [("probe", "text"), ("partial", "image"), ("contrastive", "text")])
def test_several_classes_per_example(make_task, toy, strategy: str, kind: str) -> None:
    data = several(toy[kind])
    task = make_task(data, strategy, {} if strategy == "probe" else QUICK)
    task.run()
    report = reported(task)
    assert report.problem == "multi_label" and report.confusion == () and len(report.per_class) == 3
    assert report.class_counts[2] == sum(2 in own for own in data.target_sets)
    if kind == "text":
        assert report.accuracy > 0.6
    (card,) = shelf.own_cards([task.folder])
    loaded = TextClassifier.load(card) if kind == "text" else ImageClassifier.load(card)
    assert loaded.multi_label
    for answer in report.answers[:5]:
        if isinstance(loaded, TextClassifier):
            probs = loaded.predict([data.examples[answer.index]])[0]
        else:
            probs = loaded.predict(data.image(answer.index)).logits.sigmoid()
        assert tuple(int(k) for k in (probs >= 0.5).nonzero()[:, 0]) == answer.predicted_set
        assert float(probs[answer.predicted]) == pytest.approx(answer.prob, abs=1e-4)


@pytest.mark.parametrize("strategy", ["full", "lora"])
def test_random_weights_are_others_and_seeded(make_task, toy, tiny_image, strategy: str) -> None:
    def weights(seed: int) -> dict[str, torch.Tensor]:
        task = make_task(toy["image"], strategy, {**QUICK, "num_train_epochs": 1, "seed": seed})
        task.params["weights"] = "random"
        task.run()
        report = reported(task)
        assert report.weights == "random" and "random" in report.how
        assert [control.name for control in report.controls] == ["majority"]
        return load_file(task.folder / "result" / "model" / "model.safetensors")

    name = "efficientnet.encoder.blocks.0.depthwise_conv.depthwise_conv.weight"
    one, again, other = weights(1), weights(1), weights(2)
    base = load_file(tiny_image.folder / "model.safetensors")
    assert all(torch.equal(one[key], again[key]) for key in one)
    assert name in one and not torch.equal(one[name], other[name]) and not torch.equal(one[name], base[name])


@pytest.mark.parametrize("kind", ["text", "image"])
def test_random_backbones_forget_everything_that_learned(toy, tiny_text, tiny_image, own_home, kind: str) -> None:
    card, settings = (tiny_text, TextProbeSettings()) if kind == "text" else (tiny_image, ProbeSettings())
    made = backbones.load(card, toy[kind], settings, "random")
    made.settle(range(len(toy[kind])))
    came = backbones.load(card, toy[kind], settings)
    assert made.fingerprint != came.fingerprint
    for module, twin in zip(made.blocks(), came.blocks(), strict=True):
        for (name, p), q in zip(module.named_parameters(), twin.parameters(), strict=True):
            assert p.ndim < 2 or not torch.equal(p, q), name
    spread = made.features(made.inputs(range(8))).std(0).mean()
    assert torch.isfinite(spread) and spread > 1e-3  # it tells examples apart


def test_the_control_from_scratch(make_task, toy) -> None:
    task = make_task(toy["text"], "partial", QUICK)
    task.params["control"] = True
    records = task.run()
    fractions = [record["fraction"] for record in records]
    assert fractions == sorted(fractions) and "control" in {record["phase"] for record in records}
    report = reported(task)
    assert [control.name for control in report.controls] == ["majority", "untuned", "scratch"]
    for control in report.controls:
        assert control.low <= control.accuracy <= control.high
        assert control.gain_low - 1e-9 <= report.accuracy - control.accuracy <= control.gain_high + 1e-9
    assert report.controls[0].accuracy == report.majority_accuracy


def test_stop_during_the_control_keeps_the_model(make_task, toy) -> None:
    controlled = False
    task = make_task(toy["text"], "partial", QUICK, stopping=lambda: controlled)
    task.params["control"] = True
    for record in job.run(task):
        controlled = controlled or record["phase"] == "control"
    assert shelf.own_cards([task.folder]) and not reported(task).stopped


@pytest.mark.parametrize("kind", ["text", "image"])
def test_an_own_model_goes_on_learning(make_task, toy, kind: str) -> None:
    first = make_task(toy[kind], "partial", {**QUICK, "num_train_epochs": 1})
    first.run()
    (own,) = shelf.own_cards([first.folder])
    data = replace(toy[kind], labels=("left", "right"))
    second = make_task(data, "probe", base=own.slug)
    for name, file in spool.base_files(own).items():
        assert "/" not in name
        (second.folder / "inputs" / name).write_bytes(Path(file).read_bytes())
    second.run()
    report = reported(second)
    assert report.base == own.slug and report.base_title == own.title and report.base_hub_id == own.hub_id
    (card,) = shelf.own_cards([second.folder])
    assert card.labels == ("left", "right")
    for name, tensor in load_file(own.folder / "model.safetensors").items():
        if "classifier" not in name:
            trained = load_file(second.folder / "result" / "model" / "model.safetensors")
            assert torch.equal(tensor, trained[name]), name


def test_catalog_models_bring_no_files(tiny_text) -> None:
    assert spool.base_files(replace(tiny_text, folder=None)) == {}


def test_untuned_answers_by_names_are_those_of_zero_shot(make_task, toy, tiny_text) -> None:
    from core.finetuning.controls import TEMPLATE
    from core.models.text_classifier import zero_shot
    from core.models.text_encoder import TextEncoder

    task = make_task(toy["text"])
    task.run()
    report = reported(task)
    classifier = zero_shot(TextEncoder.load(tiny_text), toy["text"].labels, TEMPLATE)
    guesses = classifier.predict([toy["text"].examples[answer.index] for answer in report.answers]).argmax(1)
    right = np.mean([int(g) == a.target for g, a in zip(guesses, report.answers, strict=True)])
    assert report.controls[1].accuracy == pytest.approx(right, abs=0.1)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # asked by peft
def test_lora_leaves_an_adapter_that_equals_the_merged_model(make_task, toy, tiny_text) -> None:
    from peft import PeftModel

    task = make_task(toy["text"], "lora", QUICK)
    task.run()
    adapter = task.folder / "result" / "adapter"
    assert {file.name for file in adapter.iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}
    assert str(tiny_text.folder) not in (adapter / "adapter_config.json").read_text()
    fresh = backbones.load(tiny_text, toy["text"], TextProbeSettings())
    (card,) = shelf.own_cards([task.folder])
    merged = TextClassifier.load(card)
    inputs = fresh.inputs(range(10))
    before = fresh.logits(inputs)
    adapted = PeftModel.from_pretrained(fresh.model, adapter).eval()
    with torch.inference_mode():
        logits = adapted(**inputs).logits
        assert torch.allclose(logits, merged.forward(**inputs), atol=1e-5)
    assert not torch.allclose(logits, before, atol=1e-3)
