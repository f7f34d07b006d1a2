"""Vision: a finished answer at once, other samples, own pictures good and bad, a shared link."""

import io
import json

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.config import ROOT


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.switch_page("pages/vision.py")
    at.session_state["frame.arrived"] = True
    return at


def bars(at: AppTest) -> dict:
    return json.loads(at.get("plotly_chart")[0].proto.spec)["data"][0]


def test_it_opens_with_a_finished_answer(page):
    page.run()
    assert not page.exception and not page.error
    assert page.header[0].value.startswith("Egyptian cat")
    assert len(bars(page)["customdata"]) == 5 and len(page.get("image")) == 2
    assert any("224" in caption.value for caption in page.caption)


def test_more_answers_and_another_sample(page):
    page.query_params["picture"] = "espresso"
    page.run()
    assert page.header[0].value.startswith("espresso")
    page.slider(key="top").set_value(10).run()
    assert len(bars(page)["customdata"]) == 10 and not page.exception


def test_a_sample_that_is_not_there_falls_back(page):
    page.query_params["picture"] = "../../etc/passwd"
    page.run()
    assert not page.exception and page.header[0].value.startswith("Egyptian cat")


def test_a_picture_of_ones_own_replaces_the_sample(page, monkeypatch):
    buffer = io.BytesIO()
    Image.new("LA", (60, 40), (200, 90)).save(buffer, "PNG")
    page.session_state["inputs.picture.own"] = buffer.getvalue()
    page.session_state["inputs.picture"] = "yours"
    page.run()
    assert not page.exception and not page.error and len(bars(page)["customdata"]) == 5


def test_a_model_that_is_not_here_says_which_one_is(page):
    page.run()
    picker = page.selectbox(key="model")
    picker.set_value("vit-base").run()
    assert not page.exception
    assert "try EfficientNet-lite0, which is here" in page.error[0].value.replace("\\", "")


def test_every_tab_opens(page):
    page.run()
    for tab in ("Look inside", "The code that ran", "Take away"):
        page.session_state["vision.tabs"] = tab
        page.run()
        assert not page.exception, tab


def test_a_network_that_knows_emoji_alone_is_offered_an_emoji_first(page):
    page.session_state["model"] = "emoji-vit"
    page.session_state["scene.one"] = "red apple"
    page.session_state["scene.by"] = "noto"
    page.run()
    assert not page.exception and page.header[0].value.startswith("red apple")
    assert any("red apple, by Noto" in caption.value for caption in page.caption)
    before = bars(page)["x"]
    next(button for button in page.button if button.label == "Another emoji").click().run()
    assert not page.exception and bars(page)["x"] != before
    page.selectbox(key="scene.one").set_value("penguin").run()
    assert page.header[0].value.startswith("penguin")
