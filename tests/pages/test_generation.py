"""Generation: a finished first result, a conversation, continuing, Stop, and what a visitor gets wrong."""

import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.models import writing as models_writing
from ui import writing

SHORT = {"sampling.max_new_tokens": 8, "sampling.temperature": 0.0}


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "generation.py"), default_timeout=120)
    at.session_state["frame.arrived"] = True
    return at


def opened(at: AppTest, **state: Any) -> AppTest:
    """The page with its controls at ``state``, after its first text has ended."""
    for name, value in {**SHORT, **state}.items():
        at.session_state[name] = value
    return ended(at.run())


def ended(at: AppTest) -> AppTest:
    """The same page once nothing is being written; what polls in a browser is run by hand here."""
    deadline = time.monotonic() + 90
    while any(button.key == "stop" for button in at.button) and time.monotonic() < deadline:
        time.sleep(0.1)
        at.run()
    assert not at.exception and any(button.key == "again" for button in at.button)
    return at


def html(at: AppTest) -> str:
    return " ".join(block.proto.body for block in at.get("html"))


def test_it_opens_with_a_finished_answer(page):
    at = opened(page)
    assert not at.error and "<span" in html(at)
    names = [metric.label for metric in at.metric]
    assert names == ["Tokens", "Tokens per second", "First token after", "Mean surprise"]
    assert 0 < int(at.metric[0].value) <= 8
    assert len(at.chat_message) == 2


def test_a_sample_starts_a_new_text_and_a_question_goes_on_from_it(page):
    at = opened(page)
    at.pills(key="prompt.Answer").set_value("fact").run()
    assert "Paris" in html(ended(at)).replace("</span>", "")
    at.chat_input[0].set_value("And of Italy?").run()
    ended(at)
    assert [message.name for message in at.chat_message] == ["user", "assistant", "user", "assistant"]
    assert "Paris" in at.chat_message[1].markdown[0].value


def test_a_text_is_continued(page):
    at = opened(page, mode="Continue")
    assert at.text_area(key="opening").value == writing.prompts("Continue")["sea"].text
    at.text_area(key="opening").set_value("One, two, three, four,").run()
    at.button(key="write").click().run()
    ended(at)
    assert not at.error and "five" in html(at)
    assert at.text_area(key="opening").value == "One, two, three, four,"


def test_stop_stops_and_keeps_what_is_there(page):
    for name, value in {**SHORT, "sampling.max_new_tokens": 400, "mode": "Continue"}.items():
        page.session_state[name] = value
    page.run()
    page.button(key="stop").click().run()
    look = page.session_state["writing.Continue"].writing.look
    ended(page)
    assert look().state == "stopped" and len(look().tokens) < 400


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\u202e"])
def test_nothing_to_continue_is_told_and_the_text_before_stays(page, text):
    at = opened(page, mode="Continue")
    before = html(at)
    at.text_area(key="opening").set_value(text).run()
    at.button(key="write").click().run()
    assert len(at.error) == 1 and "Enter some text" in at.error[0].value.replace("\\", "")
    assert html(at) == before


def test_a_busy_machine_says_so(page, monkeypatch):
    class Full:
        def acquire(self, blocking):
            return False

    monkeypatch.setattr(models_writing, "_places", Full())
    page.session_state["sampling.seed"] = 77
    page.run()
    assert not page.exception and "try again in a few seconds" in page.error[0].value.replace("\\", "")


def test_words_of_a_visitor_are_never_markup(page):
    at = opened(page)
    at.chat_input[0].set_value("![x](http://evil.example/t.png) <img src=x> :red[y]").run()
    ended(at)
    shown = at.chat_message[2].markdown[0].value
    assert "![x](" not in shown and "<img" not in shown.replace("\\<", "")
