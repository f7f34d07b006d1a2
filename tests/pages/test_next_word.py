"""Explainability of a language model's own words."""

import pytest
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.models.next_token import NextToken


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "explainability.py"), default_timeout=180)
    at.session_state["frame.arrived"] = True
    at.session_state["kind"] = "Next word"
    at.session_state["next_methods"] = ["Layer gradient × activation"]
    at.session_state["next.text"] = "The capital of France is"
    return at


def fine(at: AppTest) -> None:
    assert not at.exception and not at.error, [e.value for e in (*at.exception, *at.error)]


def test_a_written_token_is_explained_and_another_can_be_chosen(page):
    page.run()
    fine(page)
    assert page.header[0].value.startswith("Why “Paris”")
    assert "Before and after" not in [tab.label for tab in page.tabs]
    chosen = next(pills for pills in page.button_group if pills.key.startswith("next.token"))
    assert chosen.options[0].startswith("Paris") and len(chosen.options) > 3
    chosen.set_value(1).run()
    fine(page)
    assert not page.header[0].value.startswith("Why “Paris”")


def test_another_answer_and_another_beginning(page):
    page.run()
    other = page.selectbox(key="answer").options[2]
    page.selectbox(key="answer").select(other).run()
    fine(page)
    assert f"“{other.split(' (')[0]}”" in page.header[0].value.replace("\\", "")
    page.button_group(key="next.prompt").set_value("planets").run()
    fine(page)
    assert "Venus" in page.text_area(key="next.text").value


def test_an_empty_beginning_is_told(page):
    page.session_state["next.text"] = " "
    page.run()
    assert len(page.error) == 1 and "nothing readable" in page.error[0].value


def test_methods_that_cannot_serve_say_why(page):
    page.run()
    assert "Word LIME" not in page.multiselect(key="next_methods").options
    told = " ".join(c.value for c in page.caption).replace("\\", "")
    assert all(reason in told for reason in NextToken.refuses.values())
