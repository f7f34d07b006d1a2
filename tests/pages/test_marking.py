"""Language, marking: marks in words and colours, tables, what a visitor gets wrong, and the way back to sorting."""

import pytest
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.plots.marked_text import marked_text


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    at.switch_page("pages/nlp.py")
    at.session_state["frame.arrived"] = True
    at.run()
    at.button_group(key="text_task").set_value("mark").run()
    return at


def body(at: AppTest) -> str:
    return next(html.proto.body for html in at.get("html") if "<p" in html.proto.body)


def test_it_opens_with_a_text_that_has_something_to_find(page):
    assert not page.exception and not page.error
    assert "name" in page.header[0].value and "date" in page.header[0].value and "amount" in page.header[0].value
    assert "<mark" in body(page) and ">name</span>" in body(page)
    table = page.dataframe[0].value
    assert set(table["Kind"]) == {"name", "date", "amount"} and table["Probability"].between(0, 1).all()
    text = page.text_area(key="inputs.text.own").value
    assert [text[a:b] for a, b in zip(table["From character"], table["To"], strict=True)] == list(table["Part"])
    assert len(page.get("download_button")) == 1


def test_a_link_to_it_opens_with_that_text_too():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    at.switch_page("pages/nlp.py")
    at.session_state["frame.arrived"] = True
    at.query_params["text_task"] = "Mark names, dates, amounts"
    at.run()
    assert not at.exception and "Okafor" in at.text_area(key="inputs.text.own").value and "<mark" in body(at)


def test_its_card_tells_the_figures(page):
    (told,) = [m.value for m in page.markdown if "real mails" in m.value and "marks" in m.value]
    assert "F1" in told and "precision" in told and "95 % interval" in told


def test_nothing_of_sorting_is_offered_and_it_comes_back(page):
    assert not page.get("plotly_chart") and not [
        link for link in page.get("page_link") if "Explain" in link.proto.label
    ]
    page.button_group(key="text_task").set_value("sort").run()
    assert not page.exception and page.get("plotly_chart")
    assert [link for link in page.get("page_link") if "Explain" in link.proto.label]


def test_a_text_of_the_visitors_own_stays(page):
    page.button_group(key="text_task").set_value("sort").run()
    page.text_area(key="inputs.text.own").set_value("Call Piotr tomorrow.").run()
    page.button_group(key="text_task").set_value("mark").run()
    assert page.text_area(key="inputs.text.own").value == "Call Piotr tomorrow."


def test_nothing_found_is_said(page):
    page.text_area(key="inputs.text.own").set_value("the soup is hot").run()
    assert not page.exception and page.header[0].value == "Nothing found"


@pytest.mark.parametrize("text", ["", "   ", "\u200b"])
def test_nothing_to_read_is_told(page, text):
    page.text_area(key="inputs.text.own").set_value(text).run()
    assert not page.exception and "Enter some text" in page.error[0].value


def test_hostile_words_are_shown_as_they_are(page):
    page.text_area(key="inputs.text.own").set_value("<img src=x onerror=alert(1)> Anna <b>Torres</b>").run()
    assert not page.exception and "<img" not in body(page) and "<b>" not in body(page)


def test_a_long_text_says_in_how_many_pieces_it_was_read(page):
    page.text_area(key="inputs.text.own").set_value("The list is long. " * 60).run()
    assert any("pieces that overlap" in caption.value for caption in page.caption)


def test_marks_keep_every_character_and_name_their_kind():
    made = marked_text("Pay Ana <now>", [(4, 7, "name")], ("date", "name"))
    assert "&lt;now&gt;" in made and made.index("Ana") < made.index(">name<")
    assert "#E69F00" in made  # the second kind's colour, whether or not the first comes
