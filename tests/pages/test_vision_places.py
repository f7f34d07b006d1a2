"""Vision's other tasks: boxes and masks over a composed scene, the truth beside them, photos told as what they are."""

import pytest
from streamlit.testing.v1 import AppTest

from core.config import ROOT


@pytest.fixture(params=["detect", "segment"])
def page(request, own_home) -> AppTest:
    """The page with a task chosen."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    at.switch_page("pages/vision.py")
    at.session_state["frame.arrived"] = True
    at.session_state["task"] = request.param
    return at


def said(page: AppTest) -> str:
    return " ".join(element.value for kind in ("caption", "info", "markdown") for element in page.get(kind))


def test_it_opens_with_a_scene_and_the_truth(page):
    page.run()
    assert not page.exception and not page.error
    assert len(page.get("image")) >= 2 and "The truth" in said(page) and "What it finds" in said(page)
    assert "Twemoji" in said(page)
    before = said(page)
    next(b for b in page.button if b.label == "Another scene").click().run()
    assert not page.exception and page.session_state["scene.seed"] == 13 and said(page) != before


def test_chosen_things_are_in_the_scene_and_every_tab_opens(page):
    page.run()
    page.multiselect(key="scene.things").set_value(["banana", "avocado"]).run()
    assert not page.exception and "no name for avocado" in said(page)
    for tab in ("Look inside", "The code that ran", "Take away", "What this says"):
        page.session_state[f"{page.session_state['task']}.tabs"] = tab
        page.run()
        assert not page.exception, tab


def test_a_photo_is_told_as_something_new(page):
    page.session_state["inputs.shown"] = "cat"
    page.run()
    assert not page.exception
    assert "emoji; photos are new to it" in said(page) and "The truth" not in said(page)


def test_a_hub_model_that_is_not_here_says_so(page):
    page.run()
    task = page.session_state["task"]
    picker = page.selectbox(key={"detect": "detector", "segment": "segmenter"}[task])
    picker.set_value({"detect": "yolos-tiny", "segment": "segformer-b0"}[task]).run()
    assert not page.exception and "is not on this machine and the Hub cannot be reached" in page.error[0].value


def test_sliders_act(page):
    page.run()
    slider = page.slider(key="threshold" if page.session_state["task"] == "detect" else "opacity")
    slider.set_value(0.05).run()
    assert not page.exception


def test_a_lesson_begins_and_is_shown(page):
    page.run()
    kind = {"detect": "detector", "segment": "segmenter"}[page.session_state["task"]]
    page.slider(key=f"teach.steps.{kind}").set_value(30)
    page.button(key="teach.go").click().run()
    assert not page.exception and not page.error
    assert any("+ avocado" in element.value for element in page.markdown)
    assert page.button(key="teach.go").disabled
    page.button(key="job.stop").click().run()
    assert not page.exception
