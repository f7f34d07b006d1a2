"""Generation, emoji from words: a first picture at once, every control, an empty wish, what can be looked into."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.config import ROOT

QUICK = {"mode": "Emoji", "count": 1, "painting.num_inference_steps": 2}


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "generation.py"), default_timeout=120)
    at.session_state["frame.arrived"] = True
    return at


def opened(at: AppTest, **state: Any) -> AppTest:
    for name, value in {**QUICK, **state}.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def captions(at: AppTest) -> str:
    return " ".join(caption.value for caption in at.caption)


def film(at: AppTest) -> tuple:
    """The newest picture that was drawn and the steps to it."""
    held = at.session_state["kept.mine"]._held
    return next(value for key, value in reversed(held.items()) if key[0] == "painted")


def test_it_opens_with_a_drawn_picture_and_what_it_learned_from_beside_it(page):
    at = opened(page)
    assert not at.error and at.text_input(key="caption").value == "red apple"
    assert "red apple, " in captions(at) and len(film(at)) == 2
    assert at.slider(key="painting.step").value == 1


def test_words_seed_guidance_steps_and_number_change_what_is_drawn(page):
    at = opened(page)
    first = film(at)[-1].guess[0].tobytes()
    at.pills(key="caption.pick").set_value("green cat").run()
    assert at.text_input(key="caption").value == "green cat" and film(at)[-1].guess[0].tobytes() != first
    at.text_input(key="caption").set_value("red apple").run()
    for key, value in {"painting.seed": 3, "painting.guidance_scale": 7.0, "painting.num_inference_steps": 4}.items():
        before = film(at)[-1].guess[0].tobytes()
        at.slider(key=key).set_value(value).run()
        assert not at.exception and film(at)[-1].guess[0].tobytes() != before, key
    at.segmented_control(key="count").set_value(4).run()
    assert len(film(at)[-1].guess) == 4 and captions(at).count(" alike") == 4


def test_nothing_to_draw_is_told_in_a_sentence(page):
    at = opened(page, caption="  ")
    assert "red apple" in at.error[0].value and not at.slider(key="painting.seed").disabled


def test_guidance_and_single_words_can_be_looked_into(page):
    at = opened(page, **{"painting.tabs": "Look inside"})
    assert not at.error
    for words in ("guidance 0", "guidance 6", "without “red”", "without “apple”", "20 %", "house"):
        assert words in captions(at)
    way = film(at)[-1].guess
    at.text_input(key="caption.to").set_value("pizza").run()
    assert not at.exception and film(at)[-1].guess[-1].tobytes() != way[-1].tobytes()
    assert film(at)[-1].guess[0].tobytes() == way[0].tobytes()
