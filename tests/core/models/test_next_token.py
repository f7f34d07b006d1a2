"""A language model asked for its next token: the same words as its own stream, and credit that adds up."""

import pytest
import torch

from core.attribution import METHODS_BY_NAME, explain, methods_for
from core.attribution.words import words
from core.errors import PlaygroundError
from core.models import MODELS_BY_SLUG
from core.models.next_token import MAX_TOKENS, NextToken
from core.models.text_generator import TextGenerator

PLANETS = "The planets of the solar system are Mercury, Venus,"


@pytest.fixture(scope="module")
def asked() -> NextToken:
    return NextToken(TextGenerator.load(MODELS_BY_SLUG["smollm2-135m"]))


def test_tokens_of_one_word_belong_together(asked):
    encoding = asked.encode("The unbelievability of it, again")
    said = [word.text for word in words(encoding, torch.zeros(1, len(encoding.tokens)))]
    assert said == ["The", "unbelievability", "of", "it", ",", "again"]
    assert encoding.word_ids[0] is None and not encoding.truncated


def test_it_writes_on_and_says_how_sure_it_was(asked):
    encoding = asked.encode(PLANETS)
    first, second = asked.write(encoding, 2)
    probs = asked.probs(encoding)
    assert probs.sum() == pytest.approx(1, abs=1e-3)
    assert first.text == " Earth" and first.prob == pytest.approx(float(probs[first.target])) and first.prob > 0.5
    further = asked.extended(encoding, first.target)
    assert further.input_ids[0, :-1].tolist() == encoding.input_ids[0].tolist()
    assert int(asked.probs(further).argmax()) == second.target
    assert asked.labels[first.target] == "Earth" and asked.text_of(first.target) == " Earth"


def test_only_the_end_of_a_long_text_is_read(asked):
    encoding = asked.encode("word " * 200)
    assert encoding.truncated and encoding.input_ids.shape[1] == MAX_TOKENS + 1
    with pytest.raises(PlaygroundError, match="nothing to continue"):
        asked.encode("  ")


def test_a_words_credit_is_what_hiding_it_takes_away(asked):
    encoding = asked.encode("The lighthouse keeper had not spoken to anyone for")
    target = int(asked.probs(encoding).argmax())
    found = words(encoding, explain(asked, METHODS_BY_NAME["Token ablation"], encoding, target).values)
    by_word = {word.text: word.value for word in found}
    assert max(by_word, key=by_word.__getitem__) == "not"
    ids, mask = encoding.input_ids.clone(), encoding.attention_mask.clone()
    at = encoding.tokens.index("Ġnot")
    ids[0, at], mask[0, at] = asked.pad_token_id, 0
    with torch.inference_mode():
        whole = asked.forward(encoding.input_ids, encoding.attention_mask)[0, target]
        without = asked.forward(ids, mask)[0, target]
    assert by_word["not"] == pytest.approx(float(whole - without), abs=0.5)  # 16-bit numbers, other batches


def test_methods_that_do_not_serve_it_say_why(asked):
    encoding = asked.encode(PLANETS)
    served = [method for method in methods_for("text") if method.reason_against(asked) is None]
    assert {"Token ablation", "Layer gradient × activation", "Word Shapley sampling"} <= {m.name for m in served}
    for name in asked.refuses:
        with pytest.raises(PlaygroundError):
            explain(asked, METHODS_BY_NAME[name], encoding, 0)


def test_another_network_of_its_kind_takes_its_place(asked):
    assert (
        asked.over(asked.model).probs(asked.encode("One two")).argmax() == asked.probs(asked.encode("One two")).argmax()
    )
