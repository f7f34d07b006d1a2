"""Sentences as vectors, labels without training, mean pooling in stock weights."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import torch.nn.functional as F

from core.errors import PlaygroundError
from core.models.mean_pooling import pooled_features, with_mean_pooling
from core.models.text_classifier import zero_shot
from core.models.text_encoder import MAX_TOKENS, mean_of

GUITAR = ("A man is playing a guitar.", "Someone plays the guitar.")
MARKET = "The stock market fell sharply."
CLEAN = {**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, "OMP_NUM_THREADS": "1"}
TEXTS = ("Short.", "A man is playing a guitar on a long street in the evening.", "x y z " * 30, "")


def test_like_texts_are_near_and_unlike_texts_are_not(minilm):
    cosines = minilm.similarity(GUITAR, [*GUITAR, MARKET])
    assert cosines[0, 1] > 0.7 and cosines[0, 2] < 0.2 and cosines[1, 2] < 0.2
    assert float(cosines[0, 1]) == pytest.approx(0.84056, abs=1e-4)
    torch.testing.assert_close(cosines.diagonal(), torch.ones(2))


def test_vectors_equal_mean_pooling_by_hand_whatever_the_batch(minilm):
    together = minilm.embed(TEXTS)
    for i, text in enumerate(TEXTS):
        encoded = minilm.tokenizer(text, return_tensors="pt", truncation=True, max_length=MAX_TOKENS)
        with torch.no_grad():
            states = minilm.model(**encoded).last_hidden_state
        torch.testing.assert_close(together[i], F.normalize(states[0].mean(0), dim=0), atol=1e-5, rtol=0)


def test_no_text_gives_no_vector_and_tokens_are_told(minilm):
    assert minilm.embed([]).shape == (0, 384)
    assert (
        minilm.tokens("unbelievable tokenisation")
        == [
            *["[CLS]", "unbelievable", "token", "##isation", "[SEP]"],
        ]
        or minilm.tokens("unbelievable tokenisation")[0] == "[CLS]"
    )


def test_a_long_text_is_cut_and_says_so(minilm):
    assert minilm.is_cut("word " * 300) and not minilm.is_cut("word " * 254)
    assert len(minilm.tokens("word " * 300)) == MAX_TOKENS
    torch.testing.assert_close(minilm.embed(["word " * 300]), minilm.embed(["word " * 254]), atol=1e-5, rtol=0)


def test_four_threads_embed_as_one(minilm):
    alone = minilm.embed(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: minilm.embed(TEXTS), range(8)):
            torch.testing.assert_close(vectors, alone, atol=1e-5, rtol=0)


def test_mean_leaves_padding_out():
    states = torch.tensor([[[1.0], [3.0], [100.0]]])
    assert mean_of(states, torch.tensor([[1, 1, 0]])).item() == 2.0


def test_labels_without_training(minilm):
    classifier = zero_shot(minilm, ["sport", " cooking ", "", "politics"])
    assert classifier.labels == ("sport", "cooking", "politics")
    probs = classifier.predict(["The goalkeeper saved the penalty", "Add salt and stir", "Parliament voted"])
    assert probs.argmax(1).tolist() == [0, 1, 2]
    encoding = classifier.encode("Add salt and stir")
    logits = classifier.forward(encoding.input_ids, encoding.attention_mask)
    torch.testing.assert_close(logits[0].softmax(0), probs[1])
    cosines = minilm.similarity(["Add salt and stir"], [f"This text is about {label}." for label in classifier.labels])
    torch.testing.assert_close(logits, 20 * cosines)
    assert classifier.lock is minilm.lock


@pytest.mark.parametrize("labels", [[], ["one"], ["same", "same "], ["", " "]])
def test_too_few_labels_are_refused(minilm, labels):
    with pytest.raises(PlaygroundError, match="two different labels"):
        zero_shot(minilm, labels)


def test_a_template_needs_a_place(minilm):
    with pytest.raises(PlaygroundError, match="where the label goes"):
        zero_shot(minilm, ["a", "b"], "no place")
    zero_shot(minilm, ["a", "b"], "{} or {0} or {x}")  # other braces are only characters


def test_an_encoding_tells_words_and_cuts(minilm):
    classifier = zero_shot(minilm, ["a", "b"])
    encoding = classifier.encode("unbelievably tokenised")
    assert encoding.tokens[0] == "[CLS]" and encoding.tokens[-1] == "[SEP]" and not encoding.truncated
    assert encoding.word_ids[0] is None and set(encoding.word_ids[1:-1]) == {0, 1}
    assert encoding.input_ids.shape == encoding.attention_mask.shape == (1, len(encoding.tokens))
    assert classifier.encode("word " * 300).truncated and not classifier.encode("word " * 254).truncated
    assert classifier.predict([]).shape == (0, 2)
    with pytest.raises(PlaygroundError, match="empty"):
        classifier.encode("  \n")


@pytest.fixture(scope="module")
def pooled(minilm):
    torch.manual_seed(0)
    return with_mean_pooling(minilm.model, ["ham", "spam"]).requires_grad_(False)


def test_the_extra_layer_computes_the_mean(minilm, pooled):
    by_hand = F.layer_norm(minilm.embed(TEXTS), (384,))
    features = pooled_features(pooled, minilm.tokenizer, TEXTS)
    assert F.cosine_similarity(torch.atanh(features), by_hand).min() > 0.999
    torch.testing.assert_close(features, torch.tanh(by_hand / 8), atol=0.02, rtol=0)


def test_features_do_not_depend_on_padding(minilm, pooled):
    together = pooled_features(pooled, minilm.tokenizer, TEXTS)
    alone = torch.cat([pooled_features(pooled, minilm.tokenizer, [text]) for text in TEXTS])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_the_encoder_is_left_alone_and_the_copy_can_learn(minilm):
    before = minilm.model.config.num_hidden_layers
    model = with_mean_pooling(minilm.model, ["a", "b", "c"])
    assert minilm.model.config.num_hidden_layers == before == 6 and model.config.num_hidden_layers == 7
    assert all(p.requires_grad for p in model.parameters()) and not any(
        p.requires_grad for p in minilm.model.parameters()
    )
    assert model.config.id2label == {0: "a", 1: "b", 2: "c"} and model.dropout.p == 0.0
    encoded = minilm.tokenizer(list(TEXTS[:2]), padding=True, return_tensors="pt")
    model(**encoded, labels=torch.tensor([0, 2])).loss.backward()
    grad = model.bert.encoder.layer[5].output.dense.weight.grad
    assert grad is not None and grad.abs().sum() > 0


def test_it_loads_with_plain_transformers_in_a_clean_process(minilm, pooled, tmp_path):
    pooled.save_pretrained(tmp_path)
    minilm.tokenizer.save_pretrained(tmp_path)
    program = f"""
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained({str(tmp_path)!r})
encoded = tokenizer({list(TEXTS)!r}, padding=True, return_tensors="pt")
for attention in ("eager", "sdpa"):
    model = AutoModelForSequenceClassification.from_pretrained({str(tmp_path)!r}, attn_implementation=attention)
    with torch.no_grad():
        print(type(model).__name__, *[f"{{v:.6f}}" for v in model(**encoded).logits.flatten().tolist()])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True, env=CLEAN
    )
    ours = pooled.classifier(pooled_features(pooled, minilm.tokenizer, TEXTS))
    for line in done.stdout.splitlines():
        name, *numbers = line.split()
        assert name == "BertForSequenceClassification"
        torch.testing.assert_close(torch.tensor([float(n) for n in numbers]), ours.flatten(), atol=1e-5, rtol=0)
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.slow
def test_a_linear_head_learns_as_much_from_the_features_as_from_the_vectors(minilm, pooled):
    """Spam or ham, 200 train and 200 test, three seeds: within three points of each other on average."""
    import random

    from sklearn.linear_model import LogisticRegression

    from core.data.samples import SAMPLE_SETS

    mails = next(s for s in SAMPLE_SETS if s.kind == "text").load()
    gaps = []
    for seed in range(3):
        rows = random.Random(seed).sample(range(len(mails.examples)), 400)
        texts, targets = [str(mails.examples[i]) for i in rows], [mails.targets[i] for i in rows]
        scores = [
            LogisticRegression(max_iter=3000, C=10).fit(x[:200], targets[:200]).score(x[200:], targets[200:])
            for x in (pooled_features(pooled, minilm.tokenizer, texts).numpy(), minilm.embed(texts).numpy())
        ]
        gaps.append(scores[0] - scores[1])
        assert min(scores) > 0.8
    assert abs(sum(gaps) / 3) < 0.03
