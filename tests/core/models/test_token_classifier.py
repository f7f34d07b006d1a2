"""Marking parts of a text: characters, windows, words of several tokens, the Hub's layout, and what ours learned."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.data.marked import Mark, tagged, tags_of
from core.errors import PlaygroundError
from core.models import MODELS_BY_SLUG, adapters, hub, shipped
from core.models.catalog import TOKEN_CLASSIFICATION
from core.models.token_classifier import OVERLAP, Span, TokenClassifier, _merged, _spans, _windows
from core.models.token_head import with_token_head

DETAILS = MODELS_BY_SLUG["details"]
TEXT = "Dear Mrs. Okafor, please pay $1,249.50 before 3 May. Kind regards, Ana Torres"
# Written for this test; none of its sentences is one of the recipe's templates.
WRITTEN = {
    "Yesterday evening Ingrid Solberg rang from Bergen about the boat.": {"Yesterday evening", "Ingrid Solberg"},
    "We still owe the plumber 320 euros, which he wants by Thursday.": {"320 euros", "Thursday"},
    "Kenji Mori bought 5 kg of rice on 12 March 2019.": {"Kenji Mori", "5 kg", "12 March 2019"},
    "The tax went up by 7 percent in 2015.": {"7 percent", "2015"},
    "Room 12 has four chairs and nobody may open the windows.": set(),
    "Next week Olga and Samir will paint the kitchen.": {"Next week", "Olga", "Samir"},
}


@pytest.fixture(scope="module")
def details() -> TokenClassifier:
    return TokenClassifier.load(DETAILS)


def right(classifier: TokenClassifier) -> float:
    """F1 over the sentences above."""
    hits = found = there = 0
    for text, wanted in WRITTEN.items():
        own = {text[span.start : span.end] for span in classifier.find(text)}
        hits, found, there = hits + len(own & wanted), found + len(own), there + len(wanted)
    return 2 * hits / (found + there)


def test_tags_follow_the_marks():
    kinds = ("name", "date")
    assert tags_of(kinds) == ("O", "B-name", "I-name", "B-date", "I-date")
    marks = (Mark(0, 4, "name"), Mark(5, 8, "name"), Mark(12, 18, "date"))
    offsets = [(0, 2), (2, 4), (5, 8), (9, 11), (12, 13), (14, 18)]
    assert tagged(offsets, marks, kinds) == [1, 2, 1, 0, 3, 4]


def test_windows_cover_a_long_text_and_overlap():
    for length in (1, 126, 127, 220, 221, 1000):
        windows = _windows(length, 126)
        assert windows[0][0] == 0 and windows[-1][1] == length
        assert all(end - start <= 126 for start, end in windows)
        assert all(before[1] - after[0] == OVERLAP for before, after in pairwise(windows))


def test_a_token_in_two_windows_is_judged_where_it_has_words_around_it():
    windows = [(0, 10), (4, 14)]
    parts = [torch.zeros(10, 2), torch.ones(10, 2)]
    assert _merged(parts, windows, 14)[:, 0].tolist() == [0.0] * 7 + [1.0] * 7


def test_words_make_spans_and_a_beginning_parts_neighbours():
    probs = np.array([[0.1, 0.9], [0.4, 0.6], [0.2, 0.8], [0.9, 0.1], [0.3, 0.7]])
    begins = np.array([True, False, True, False, False])
    places = [(0, 2), (2, 4), (5, 8), (9, 10), (11, 13)]
    found = _spans(probs, begins, places, [0, 0, 1, 2, 3], ("O", "name"))
    assert found == (Span(0, 4, "name", 0.75), Span(5, 8, "name", 0.8), Span(11, 13, "name", 0.7))


def test_nothing_to_read_is_told(details):
    with pytest.raises(PlaygroundError, match="empty"):
        details.find("  \n")
    assert details.read_all([]) == []


def test_marks_are_places_in_the_original_text(details):
    text = "\u00dc" * 3 + " \U0001f600  Hello   JOSÉ   Müller,\nsee you on\t3 May."
    found = {text[span.start : span.end]: span.label for span in details.find(text)}
    assert found.get("3 May") == "date" and found.get("JOSÉ   Müller") == "name"


def test_a_long_text_is_read_to_its_end(details):
    text = "The weather was fine and the list was long. " * 40 + "Please pay 250 euros to Piotr Nowak."
    reading = details.read(text)
    assert reading.windows > 1 and len(reading.probs) == len(reading.tokens) == len(reading.places)
    assert {text[s.start : s.end] for s in reading.spans} == {"250 euros", "Piotr Nowak"}
    np.testing.assert_allclose(reading.probs.sum(1), 1, atol=1e-5)


def test_several_texts_at_once_are_read_as_each_alone(details):
    texts = [*WRITTEN, TEXT]
    for text, reading in zip(texts, details.read_all(texts), strict=True):
        alone = details.read(text)
        assert [(s.start, s.end, s.label) for s in reading.spans] == [(s.start, s.end, s.label) for s in alone.spans]
        np.testing.assert_allclose(reading.probs, alone.probs, atol=1e-4)


def test_a_copy_from_the_hub_is_read_the_same(tmp_path):
    """A checkpoint of the size of a toy, in the layout of the catalog's row on the Hub, saved and read back."""
    from transformers import AutoTokenizer, BertConfig, BertForTokenClassification

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(hub.locate(MODELS_BY_SLUG["all-minilm-l6-v2"]), local_files_only=True)
    labels = ("O", "B-MISC", "I-MISC", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    config.id2label = dict(enumerate(labels))
    made = BertForTokenClassification(config).eval()
    made.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    row = MODELS_BY_SLUG["bert-base-ner"]
    assert row.task == TOKEN_CLASSIFICATION and row.on_hub
    read = TokenClassifier.load(replace(row, folder=tmp_path))
    assert read.labels == labels and read.kinds == ("MISC", "PER", "ORG", "LOC")
    inputs = tokenizer(TEXT, return_tensors="pt")
    torch.testing.assert_close(
        read.forward(inputs["input_ids"], inputs["attention_mask"]),
        made(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits,
    )
    assert read.read(TEXT).probs.shape[1] == 5


def test_ours_is_small_and_its_facts_are_whole():
    files = list((shipped.FOLDER / "details").iterdir())
    assert sum(file.stat().st_size for file in files) <= 1.5e6
    facts = shipped.facts("details")
    assert facts.labels == tags_of(("name", "date", "amount")) and facts.seconds > 0
    overall = [figure for figure in facts.figures if "marks" in figure.measure]
    assert len(overall) == 2 and "mails" in overall[1].what
    for figure in facts.figures:
        assert "F1" in figure.measure and 0 <= figure.low <= figure.value <= figure.high <= 1
        assert figure.count >= 150
    assert all(figure.chance < figure.low for figure in overall)


GOLDEN = [
    [-0.472812, 7.866207, 1.436547, -0.194012, -3.558313, -0.176812, -2.654663],
    [0.136219, 1.652327, 6.02995, -4.513445, -2.112798, -2.513976, -1.213545],
    [5.996334, -3.73055, -3.730569, -4.919991, -4.257786, -2.956901, -2.578123],
    [-1.369768, 0.855185, -1.652406, 1.461742, -3.527773, 8.461693, 1.659564],
]


def test_a_fixed_text_gets_the_same_answer_everywhere(details):
    input_ids = torch.tensor([details.tokenizer("Ana Torres paid 12 kg on 3 May.")["input_ids"]])
    logits = details.forward(input_ids, torch.ones_like(input_ids))[0, 1:5]
    torch.testing.assert_close(logits, torch.tensor(GOLDEN), atol=1e-4, rtol=0)


def test_what_it_learned_makes_the_difference(details, tmp_path, monkeypatch):
    assert right(details) >= 0.8
    source = shipped.FOLDER / "details"
    (tmp_path / "details").mkdir()
    for file in source.glob("*.json"):
        (tmp_path / "details" / file.name).write_bytes(file.read_bytes())
    torch.manual_seed(0)
    weights = load_file(source / "adapter_model.safetensors")
    save_file(
        {name: torch.randn_like(tensor) * tensor.std() for name, tensor in weights.items()},
        tmp_path / "details" / "adapter_model.safetensors",
    )
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    shipped.facts.cache_clear()
    encoder = hub.locate(MODELS_BY_SLUG["all-minilm-l6-v2"])
    adapters.merge("details", encoder, tmp_path / "merged", head=with_token_head)
    shipped.facts.cache_clear()
    assert right(TokenClassifier.load(replace(DETAILS, folder=tmp_path / "merged"))) <= 0.4
