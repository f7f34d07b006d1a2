"""Visitors' words can do no harm, and colour is not the only sign."""

from core.plots.coloured_words import coloured_words


def test_words_are_escaped():
    made = coloured_words([("<img src=x onerror=alert(1)>", 1.0), ('"><script>', -1.0), ("a&b", 0.0)])
    assert "<img" not in made and "<script" not in made and "a&amp;b" in made


def test_strong_words_are_underlined_by_sign_and_weak_ones_are_not():
    made = coloured_words([("good", 2.0), ("bad", -2.0), ("the", 0.1)]).split("<span")[1:]
    assert "2px solid" in made[0] and "2px dashed" in made[1] and "border-bottom" not in made[2]
    assert "rgba(217,119,43" in made[0] and "rgba(59,111,182" in made[1]
    assert "+2.00 logits" in made[0] and "-2.00 logits" in made[1]


def test_an_empty_text_and_zeros_are_drawn():
    assert coloured_words([]).startswith("<p")
    assert "rgba(217,119,43,0)" in coloured_words([("x", 0.0)])


def test_a_shared_scale_weakens():
    assert "0.33)" in coloured_words([("x", 1.0)], scale=2.0)[:200] or "0.32)" in coloured_words(
        [("x", 1.0)], scale=2.0
    )
