"""What we trained and ship: small, told truly, the same on every machine, and better than chance because of it."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.models import MODELS, MODELS_BY_SLUG, adapters, hub, shipped
from core.models.catalog import TEXT_CLASSIFICATION
from core.models.text_classifier import TextClassifier

OURS = [card for card in MODELS if card.shipped]
TEXTS = [card for card in OURS if card.task == TEXT_CLASSIFICATION]
every_one = pytest.mark.parametrize("card", OURS, ids=lambda card: card.slug)
every_text = pytest.mark.parametrize("card", TEXTS, ids=lambda card: card.slug)
MAILS = {
    "ham": (
        "Re: meeting on Thursday. Can we move it to three o'clock? I have to pick up the kids before. Thanks, Anna",
        "Re: patch for the installer. I applied it to the tree, but make fails on Debian. Which gcc did you use?",
        "Your build of kernel 2.4 failed. The log is attached; it looks as if a header is missing.",
        "lunch? I am in town on Friday, shall we try the new place by the river?",
    ),
    "spam": (
        "Make money fast. Earn $5000 a week from home, no experience needed, 100% guaranteed. Click here now!",
        "Lowest mortgage rates. Refinance today and save thousands, bad credit is no problem. Free quote.",
        "URGENT assistance. I am the son of the late minister and need your help to transfer 25 million dollars.",
        "Lose 20 pounds in two weeks! Our all natural herbal pills are risk free. Order now, limited offer.",
    ),
}
DESCRIPTIONS = {
    "animal": ("a small bird with a red breast that sings in winter", "a striped horse of the African plains"),
    "body": ("the joint between the upper and the lower leg", "the bone that protects the brain"),
    "feeling": ("great joy about something good that happened", "deep sorrow after a loss"),
    "food": ("a sweet cake filled with apples", "a thick soup of beans and bacon"),
    "money": ("a sum that an employer pays each month", "a tax on goods that are sold"),
    "person": ("someone who repairs shoes", "a woman who rules a country"),
    "place": ("the capital of a country in southern Europe", "an area where nobody lives"),
    "plant": ("a tall tree with needles and cones", "a low herb with yellow flowers that grows in meadows"),
    "thing": ("a tool for driving nails", "a box with a lid for keeping clothes"),
    "time": ("the second month of the year", "the hours between sunset and sunrise"),
}
WRITTEN = {"spam-or-ham": MAILS, "topics": DESCRIPTIONS}
TEXT = "The cheap red wine from the market is free for you, click here."
GOLDEN = {
    "spam-or-ham": [-3.191333, 3.191333],
    "topics": [
        -1.547691, -1.743762, -0.869586, 5.525253, 1.442884, -0.613521, -1.374255, 0.677874, -0.104822, -0.771829,
        -1.19957,
    ],
}  # fmt: skip


def right(classifier: TextClassifier) -> float:
    """The share of the texts above that ``classifier`` sorts as a reader would."""
    rows = [(text, label) for label, texts in WRITTEN[classifier.card.slug].items() for text in texts]
    answers = classifier.predict([text for text, _ in rows]).argmax(1)
    return sum(classifier.labels[a] == label for a, (_, label) in zip(answers, rows, strict=True)) / len(rows)


@every_one
def test_it_is_small_and_its_facts_are_whole(card):
    files = [file for file in (shipped.FOLDER / card.shipped).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 12e6
    assert {file.suffix for file in files} <= {".safetensors", ".json", ".npz"}
    facts = shipped.facts(card.shipped)
    assert facts.figures and facts.seconds > 0 and "recipes." in facts.recipe
    for figure in facts.figures:
        assert figure.chance < figure.low < figure.value <= figure.high
        assert figure.count >= (150 if "by hand" in figure.what else 500)


def test_all_together_are_small():
    assert sum(file.stat().st_size for file in shipped.FOLDER.rglob("*") if file.is_file()) <= 60e6


@every_text
def test_a_fixed_text_gets_the_same_answer_everywhere(card):
    classifier = TextClassifier.load(card)
    encoding = classifier.encode(TEXT)
    logits = classifier.forward(encoding.input_ids, encoding.attention_mask)[0]
    torch.testing.assert_close(logits, torch.tensor(GOLDEN[card.slug]), atol=1e-4, rtol=0)


@every_text
def test_what_it_learned_makes_the_difference(card, tmp_path, monkeypatch):
    assert right(TextClassifier.load(card)) >= 0.85
    source = shipped.FOLDER / card.shipped
    for file in source.glob("*.json"):
        (tmp_path / card.shipped).mkdir(exist_ok=True)
        (tmp_path / card.shipped / file.name).write_bytes(file.read_bytes())
    torch.manual_seed(0)
    weights = load_file(source / "adapter_model.safetensors")
    save_file(
        {name: torch.randn_like(tensor) * tensor.std() for name, tensor in weights.items()},
        tmp_path / card.shipped / "adapter_model.safetensors",
    )
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    encoder = hub.locate(MODELS_BY_SLUG["all-minilm-l6-v2"])
    adapters.merge(card.shipped, encoder, tmp_path / "merged")
    ruined = replace(card, folder=tmp_path / "merged")
    assert right(TextClassifier.load(ruined)) <= 0.7


def test_facts_are_plain_json():
    for card in OURS:
        assert json.loads((shipped.FOLDER / card.shipped / shipped.FACTS).read_text())["figures"]
