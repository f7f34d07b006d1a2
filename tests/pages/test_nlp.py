"""Language: labels of the visitor's choice, tokens, neighbours, and what a visitor gets wrong."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core.config import ROOT


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.switch_page("pages/nlp.py")
    at.session_state["frame.arrived"] = True
    return at


def spec(at: AppTest, number: int = 0) -> dict:
    return json.loads(at.get("plotly_chart")[number].proto.spec)["data"][0]


def test_it_opens_with_a_finished_answer_tokens_and_neighbours(page):
    page.run()
    assert not page.exception and not page.error
    assert len(spec(page)["customdata"]) == 5
    assert "[CLS]" in page.get("html")[0].proto.body and any("tokens" in s.value for s in page.header)
    cosines = spec(page, 1)["text"]
    assert cosines == sorted(cosines, key=float, reverse=True)


def test_labels_of_the_visitors_choice(page):
    page.run()
    page.text_area(key="inputs.text.own").set_value("Add the salt and stir the soup.").run()
    page.text_input(key="labels").set_value("sport, cooking, politics").run()
    assert not page.error and page.header[0].value.startswith("cooking")


@pytest.mark.parametrize("labels", ["", "one", "same, same", ", ,"])
def test_too_few_labels_are_told(page, labels):
    page.run()
    page.text_input(key="labels").set_value(labels).run()
    assert not page.exception and len(page.error) == 1 and "different labels" in page.error[0].value


@pytest.mark.parametrize("text", ["", "   ", "\u202e\u200b"])
def test_nothing_to_read_is_told(page, text):
    page.run()
    page.text_area(key="inputs.text.own").set_value(text).run()
    assert not page.exception and "Enter some text" in page.error[0].value


def test_hostile_words_are_shown_as_they_are(page):
    page.run()
    page.text_area(key="inputs.text.own").set_value("<img src=x onerror=alert(1)> ![a](http://evil.example)").run()
    page.text_input(key="labels").set_value("<b>bold</b>, :red[x]").run()
    assert not page.exception
    assert "<img" not in page.get("html")[0].proto.body
    assert not any("<b>bold" in s.value.replace("\\<", "") for s in page.header)


def test_a_long_text_says_that_it_was_cut(page):
    page.run()
    page.text_area(key="inputs.text.own").set_value("word " * 400).run()
    assert any("256" in caption.value for caption in page.caption) and not page.exception


def test_a_model_of_our_own_answers_and_shows_its_card(page):
    page.run()
    page.selectbox(key="text_model").set_value("topics").run()
    page.text_area(key="inputs.text.own").set_value("A thick soup of beans and bacon.").run()
    assert not page.exception and not page.error and page.header[0].value.startswith("food")
    (told,) = [m.value for m in page.markdown if "right on" in m.value]
    assert "660 other descriptions" in told and "guessing 9 %" in told
    page.selectbox(key="text_model").set_value("all-minilm-l6-v2").run()
    assert not [m for m in page.markdown if "right on" in m.value]
