"""Written tokens: escaped, shaded by doubt, readable where a token is a space or half a character."""

import re
from dataclasses import dataclass

import pytest

from core.plots import theme, token_strip


@dataclass(frozen=True)
class Step:
    text: str
    prob: float
    entropy: float = 1.0
    alternatives: tuple[tuple[str, float], ...] = (("Paris", 0.8), (" the", 0.1))


TOKENS = (Step("The", 1.0), Step(" <img src=x onerror=alert(1)>", 0.5), Step("", 0.1), Step("\n", 0.25))


def test_text_and_alternatives_are_escaped():
    html = token_strip.token_strip([Step('"><script>', 0.5, alternatives=(('"><script>', 0.5),))])
    assert "<script>" not in html and html.count("<span") == 1
    assert "<img" not in token_strip.token_strip(TOKENS)


def test_the_less_likely_the_fuller():
    shades = [float(a) for a in re.findall(r"rgba\(217,119,43,([\d.]+)\)", token_strip.token_strip(TOKENS))]
    assert shades[0] == 0 and shades == sorted(shades[:1]) + shades[1:] and shades[1] < shades[3] < shades[2]


def test_the_text_reads_as_it_was_written():
    html = token_strip.token_strip(TOKENS)
    inner = re.sub(r"<[^>]+>", "", html)
    assert inner == "The &lt;img src=x onerror=alert(1)&gt;\n" and "pre-wrap" in html


def test_a_cursor_stands_only_while_writing():
    assert "border-right" in token_strip.token_strip(TOKENS, writing=True)
    assert "border-right" not in token_strip.token_strip(TOKENS)


def test_bars_and_table_tell_the_same():
    bars = token_strip.certainty(TOKENS).data[0]
    assert list(bars.y) == [100, 50, 10, 25] and bars.marker.color == theme.FOR
    table = token_strip.table(TOKENS)
    assert table["probability"] == ["100.0 %", "50.0 %", "10.0 %", "25.0 %"]
    assert table["token"][2:] == ["(part of a character)", "↵"]


def test_surprise_is_mean_bits():
    assert token_strip.surprise([Step("a", 0.5), Step("b", 0.125)]) == pytest.approx(2.0)
    assert token_strip.surprise([]) == 0.0


@pytest.mark.parametrize(
    ("text", "shown"), [(" the", "the"), (" ", "␣"), ("\n\n", "↵↵"), ("\ufffd", "(part of a character)")]
)
def test_invisible_tokens_are_made_visible(text, shown):
    assert token_strip.visible(text) == shown
