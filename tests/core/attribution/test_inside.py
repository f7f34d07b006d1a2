"""What layers answer and contribute, long texts in chunks, sentences, and which method serves which model."""

from dataclasses import dataclass, field
from threading import RLock

import pytest
import torch
from torch import nn

from core.attribution import METHODS, METHODS_BY_NAME, methods_for
from core.attribution.guard import hook_count
from core.attribution.layers import Layer, Peaks, conductance, feature_maps, layers, most_exciting, peaks
from core.attribution.long_text import chunks, explain_long
from core.attribution.matrix import matrix
from core.attribution.stages import places
from core.attribution.words import sentence_groups, sentences
from core.errors import PlaygroundError
from docs import skeletons
from tests.core.attribution import fakes
from tests.core.attribution.test_agreement import plain


def test_layers_are_listed_in_the_order_in_which_they_run():
    classifier = plain()
    found = layers(classifier, fakes.pixels())
    assert [(one.name, one.channels, one.height) for one in found][:3] == [
        ("body.0", 6, 16),
        ("body.1", 6, 16),
        ("body.2", 6, 8),
    ]
    assert hook_count(classifier.model) == 0


def test_feature_maps_are_what_the_layer_gives():
    classifier, pixels = plain(), fakes.pixels(count=10)
    assert torch.allclose(feature_maps(classifier, pixels, "body.1"), classifier.model.body[:2](pixels), atol=1e-6)
    with pytest.raises(PlaygroundError, match="no layer called"):
        feature_maps(classifier, pixels, "body.77")
    with pytest.raises(PlaygroundError, match="no feature maps"):
        feature_maps(classifier, pixels, "head")


def test_conductance_adds_up_to_the_change():
    classifier, pixels = plain(nn.ReLU), fakes.pixels()
    values = conductance(classifier, pixels, "body.2", 1, n_steps=100, baseline="black")
    logits = classifier.forward(torch.cat([pixels, torch.full_like(pixels, -1.0)])).detach()[:, 1]
    assert float(values.sum()) == pytest.approx(float(logits[0] - logits[1]), rel=0.02)
    assert hook_count(classifier.model) == 0


def test_the_most_exciting_patch_is_where_the_pattern_is():
    classifier = plain()
    with torch.no_grad():
        classifier.model.body[0].weight.fill_(1.0)
    pictures = torch.full((3, 3, 32, 32), -1.0)
    pictures[1, :, 4:8, 20:24] = 1.0
    pictures[2, :, 5, 5] = 0.5
    first, second = most_exciting(classifier, pictures, "body.1", 0, top=2)
    assert first.picture == 1 and first.value > second.value
    left, upper, right, lower = first.box
    assert left <= 20 and right >= 23 and upper <= 5 and lower >= 7
    with pytest.raises(PlaygroundError, match="no channel 6"):
        most_exciting(classifier, pictures, "body.1", 6)


def test_conductance_tells_how_far_it_is_and_can_be_ended():
    classifier, told = plain(nn.ReLU), []
    values = conductance(classifier, fakes.pixels(), "body.2", 1, report=told.append)
    assert told[0] == 0 and told == sorted(told) and 0.5 < told[-1] <= 1
    assert torch.equal(values, conductance(classifier, fakes.pixels(), "body.2", 1))

    def stop(fraction: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        conductance(classifier, fakes.pixels(), "body.2", 1, report=stop)
    assert hook_count(classifier.model) == 0


def test_peaks_grow_and_equal_ones_go_by_their_mean():
    classifier, pictures = plain(), fakes.pixels(count=20)
    found = list(peaks(classifier, [lambda at=at: pictures[at : at + 1] for at in range(20)], "body.1"))
    assert [len(some.values) for some in found] == [8, 16, 20]
    maps = feature_maps(classifier, pictures, "body.1")
    assert torch.equal(found[-1].values, maps.amax((2, 3)))
    assert [p.value for p in found[-1].patches(2, 3)] == maps[:, 2].amax((1, 2)).sort(descending=True).values[
        :3
    ].tolist()
    even = Peaks(torch.full((3, 1), 6.0), torch.tensor([[1.0], [3.0], [2.0]]), torch.zeros(3, 1).long(), (2, 2), (8, 8))
    assert [patch.picture for patch in even.patches(0)] == [1, 2, 0]


def test_stages_are_grids_and_their_last_activation_stands_for_them():
    named = [
        ("stem.conv", "Conv2d", 8, 16, 16),
        ("stem.act", "ReLU6", 8, 16, 16),
        ("one.conv", "Conv2d", 4, 16, 16),
        ("one.pad", "ZeroPad2d", 4, 19, 19),
        ("two.conv", "Conv2d", 12, 8, 8),
        ("two.drop", "Dropout", 12, 8, 8),
        ("last.channels_behind", "GELU", 8, 8, 96),
    ]
    found = places([Layer(*one) for one in named], 32, 32)
    assert [(one.layer.name, one.stage, one.step) for one in found] == [
        ("stem.conv", 1, 1),
        ("stem.act", 1, 2),
        ("one.conv", 1, 3),
        ("two.conv", 2, 1),
    ]
    assert [one.title for one in found if one.shown] == [
        "Stage 1 of 2: 16 × 16 places, 8 channels",
        "Stage 2 of 2: 8 × 8 places, 12 channels",
    ]
    assert found[0].title == "Stage 1 of 2, layer 1 (Conv2d): 16 × 16 places, 8 channels"


@dataclass(frozen=True)
class Read(fakes.FakeEncoding):
    truncated: bool = False


@dataclass
class FakeReader(fakes.FakeTexts):
    """Reads eight words at most, a token each."""

    lock: RLock = field(default_factory=RLock)

    def encode(self, text: str) -> Read:
        if not text.strip():
            raise PlaygroundError("The text is empty; enter some words.")
        found = text.split()
        kept = found[:8]
        ids = torch.tensor([[5, *(2 + len(word) for word in kept), 6]])
        word_ids = (None, *range(len(kept)), None)
        return Read(ids, torch.ones_like(ids), ("[CLS]", *kept, "[SEP]"), word_ids, len(found) > 8)


def test_a_long_text_is_cut_after_sentences_and_loses_nothing():
    reader = FakeReader(fakes.Bag())
    text = "One two three four five. Six seven eight nine ten. " + "word " * 20 + "end."
    found = chunks(reader, text)
    assert "".join(chunk.text for chunk in found).strip() == text.strip()
    assert all(not chunk.encoding.truncated for chunk in found)
    assert [text[c.start : c.start + len(c.text)] == c.text for c in found] == [True] * len(found)
    assert found[0].text.strip().endswith("five.") and found[1].text.strip().startswith("Six")
    explained = list(explain_long(reader, METHODS_BY_NAME["Token ablation"], text, 1))
    assert [(e.number, e.of) for e in explained] == [(n, len(found)) for n in range(1, len(found) + 1)]
    assert all(0 <= e.prob <= 1 and e.attribution.values.abs().sum() > 0 for e in explained)


def test_a_short_text_is_one_chunk_and_too_long_a_one_is_told():
    reader = FakeReader(fakes.Bag())
    assert [c.text for c in chunks(reader, "Just this.")] == ["Just this."]
    with pytest.raises(PlaygroundError, match="longer than 20 chunks"):
        chunks(reader, "word " * 400)
    with pytest.raises(PlaygroundError, match="empty"):
        chunks(reader, "   ")


def test_sentences_end_with_their_marks():
    tokens = ("[CLS]", "so", "good", "!", "?", "i", "am", "glad", ".", "bye", "[SEP]")
    ids = torch.ones(1, len(tokens), dtype=torch.long)
    encoding = fakes.FakeEncoding(ids, ids, tokens, (None, *range(9), None))
    assert sentence_groups(encoding) == [[1, 2, 3, 4], [5, 6, 7, 8], [9]]
    found = sentences(encoding, torch.arange(11.0)[None])
    assert [(one.text, one.value) for one in found] == [("so good ! ?", 10.0), ("i am glad .", 26.0), ("bye", 9.0)]


def test_the_matrix_has_a_sentence_wherever_a_method_does_not_serve():
    rows = matrix(skeletons.of_pictures(), "image")
    assert [row.method for row in rows] == list(methods_for("image"))
    served = {title: sum(row.reasons[title] is None for row in rows) for title in rows[0].reasons}
    assert served["EfficientNet-lite0"] >= 14
    texts = matrix(skeletons.of_texts(), "text")
    assert all(sum(row.reasons[title] is None for row in texts) >= 7 for title in texts[0].reasons)
    reasons = [reason for row in rows + texts for reason in row.reasons.values() if reason]
    assert reasons and all(reason.endswith(".") and len(reason) < 160 for reason in reasons)
    assert len(METHODS) == len(rows) + len(texts)
