"""A class for every token in the same engine: the loss, its shares, what counts as right, and a run that learns."""

import pytest
import torch
import torch.nn.functional as F

from core.data.marked import Mark, MarkedTexts
from core.finetuning.split import Split
from core.finetuning.strategies import lora
from core.finetuning.strategies.beginning import begin_empty
from core.finetuning.strategies.settings import TextLoraSettings
from core.finetuning.tagging import UNTAGGED, TaggingObjective, TaggingRun, TokenBackbone
from core.models import MODELS_BY_SLUG

TARGETS = torch.tensor([[UNTAGGED, 0, 1, 2, UNTAGGED], [UNTAGGED, 1, UNTAGGED, UNTAGGED, UNTAGGED]])


def marked(count: int) -> MarkedTexts:
    """``count`` sentences, each with one colour marked."""
    colours = ("red", "green", "blue", "brown", "purple", "orange")
    texts, marks = [], []
    for i in range(count):
        before = ("The small ", "A ", "She painted the old ", "They like ")[i % 4]
        colour = colours[i % len(colours)]
        texts.append(f"{before}{colour} {('house', 'boat', 'dog')[i % 3]} is here.")
        marks.append((Mark(len(before), len(before) + len(colour), "colour"),))
    return MarkedTexts(tuple(texts), tuple(marks), ("colour",), tuple(map(str, range(count))))


def test_the_loss_is_the_mean_over_labelled_tokens_and_shares_add_up_to_it():
    objective = TaggingObjective(TARGETS, 3)
    logits = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0))  # the batch is shorter than the longest
    expected = F.cross_entropy(logits[[0, 0, 0, 1], [1, 2, 3, 1]], torch.tensor([0, 1, 2, 1]))
    torch.testing.assert_close(objective.loss(logits, [0, 1]), expected)
    shares = objective.share(logits[:1], [0], [0, 1]) + objective.share(logits[1:], [1], [0, 1])
    torch.testing.assert_close(shares, expected)


def test_an_example_is_right_when_all_its_tokens_are():
    objective = TaggingObjective(TARGETS, 3)
    logits = F.one_hot(TARGETS.clamp(min=0), 3).float()
    assert objective.right(logits, [0, 1]) == 2 and objective.scores("val", logits, [0, 1])["val_accuracy"] == 1
    logits[0, 3] = torch.tensor([1.0, 0.0, 0.0])
    assert objective.right(logits, [0, 1]) == 1
    logits[1, 3] = torch.tensor([0.0, 0.0, 9.0])  # padding does not count
    assert objective.right(logits, [0, 1]) == 1


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    data = marked(40)
    settings = TextLoraSettings(num_train_epochs=3, max_seq_length=32, batch_size=8, learning_rate=5e-3, lora_r=4)
    backbone = TokenBackbone(MODELS_BY_SLUG["all-minilm-l6-v2"], data, 32)
    checkpoint = tmp_path_factory.mktemp("tagging")
    run = TaggingRun(
        data, Split(tuple(range(30)), tuple(range(30, 40)), ()), settings, backbone, checkpoint, lambda: False
    )
    records = lora.train(run, begin_empty)
    while True:
        try:
            next(records)
        except StopIteration as end:
            return run, end.value


def test_the_engine_learns_to_mark(trained):
    run, outcome = trained
    assert outcome.history[0]["val_loss"] == pytest.approx(torch.log(torch.tensor(3.0)).item(), abs=1e-4)
    assert outcome.history[-1]["val_loss"] < 0.5 * outcome.history[0]["val_loss"]
    assert outcome.probs.shape == (10, run.backbone.width_of_answers, 3)
    assert (outcome.adapter / "adapter_model.safetensors").is_file()


def test_targets_are_those_of_the_marked_words(trained):
    run, _ = trained
    backbone = run.backbone
    for row in range(4):
        tokens = backbone.tokenizer.convert_ids_to_tokens(backbone.inputs([row])["input_ids"][0].tolist())
        own = backbone.targets()[row][: len(tokens)].tolist()
        assert own[0] == own[-1] == UNTAGGED
        (mark,) = run.data.marks[row]
        assert [t for t, k in zip(tokens, own, strict=True) if k > 0] == [run.data.examples[row][mark.start : mark.end]]


def test_answers_do_not_depend_on_what_shares_the_batch(trained):
    backbone = trained[0].backbone
    together = backbone.logits(backbone.inputs([0, 1, 2]))
    alone = backbone.logits(backbone.inputs([1]))
    real = len(backbone._ids[1])
    torch.testing.assert_close(together[1, :real], alone[0, :real], atol=1e-4, rtol=0)
