"""Tokens joined to words."""

import pytest
import torch

from core.attribution.words import words
from tests.core.attribution import fakes


def test_pieces_are_joined_and_their_credit_summed():
    joined = words(fakes.encoding(), torch.tensor([[9.0, 1.0, 2.0, 3.0, 4.0, -5.0, 9.0]]))
    assert [(w.text, w.value, w.tokens) for w in joined] == [
        ("the", 1.0, 1),
        ("unbelievable", 9.0, 3),
        ("film", -5.0, 1),
    ]


@pytest.mark.parametrize(
    ("tokens", "text"), [(("Ġhel", "lo"), "hello"), (("▁hel", "lo"), "hello"), (("##", "a"), "##a"), (("▁",), "▁")]
)
def test_tokenizer_marks_are_left_out(tokens, text):
    ids = torch.ones(1, len(tokens), dtype=torch.long)
    encoding = fakes.FakeEncoding(ids, ids, tokens=tokens, word_ids=(0,) * len(tokens))
    assert words(encoding, torch.ones(1, len(tokens)))[0].text == text
