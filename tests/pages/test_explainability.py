"""The explainability page: opens with a finished result, follows its controls and its link, and takes home."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core.attribution import METHODS_BY_NAME, Method, methods_for
from core.config import ROOT


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "explainability.py"), default_timeout=120)
    at.session_state["frame.arrived"] = True
    return at


def fine(at: AppTest) -> None:
    assert not at.exception and not at.error, [e.value for e in (*at.exception, *at.error)]


def only(at: AppTest, kind: str, *names: str) -> None:
    """Choose methods before the first run, so that a test waits only for what it looks at."""
    at.session_state[f"{kind}_methods"] = list(names)
    at.session_state["erase.steps"], at.session_state["erase.draws"] = 5, 2


def axis_titles(at: AppTest) -> list[str]:
    specs = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    return [spec["layout"]["xaxis"]["title"]["text"] for spec in specs]


def test_it_opens_with_a_finished_result(page):
    only(page, "image", "Grad-CAM", "Saliency")
    page.run()
    fine(page)
    assert any("Why “Egyptian cat”" in heading.value for heading in page.header)
    assert len(page.get("image")) == 3
    assert axis_titles(page) == ["probability, %"] + 2 * ["Erased, %", "Shown, %"]
    says = " ".join(block.value for block in page.markdown)
    assert "Grad\\-CAM puts most weight" in says and "moved maps" in says


def test_every_picture_method_is_offered_and_three_are_chosen(page):
    only(page, "image", "Grad-CAM")
    page.run()
    offered = set(page.multiselect(key="image_methods").options)
    refused = {m.name for m in methods_for("image")} - offered
    assert len(offered) >= 14
    assert all(any(c.value.startswith(f"**{name}**: ") for c in page.caption) for name in refused)


def test_another_answer_and_other_settings(page):
    only(page, "image", "Integrated gradients")
    page.session_state["integrated-gradients.n_steps"], page.session_state["integrated-gradients.more"] = 5, False
    page.run()
    gap = next(c.value for c in page.caption if "gap" in c.value)
    page.selectbox(key="answer").set_value("tabby").run()
    fine(page)
    assert any("Why “tabby”" in heading.value for heading in page.header)
    assert next(c.value for c in page.caption if "gap" in c.value) != gap


def test_nothing_chosen_is_said(page):
    only(page, "image")
    page.run()
    fine(page)
    assert page.info[0].value == "Choose at least one method in the sidebar."


def test_a_text_is_explained_in_coloured_words(page):
    page.session_state["kind"] = "Text"
    only(page, "text", "Token ablation")
    page.run()
    fine(page)
    assert any("Why “complaint”" in heading.value for heading in page.header)
    html = next(block.proto.body for block in page.get("html") if "border-bottom" in block.proto.body)
    assert ">refund</span>" in html
    assert any("random orders" in c.value for c in page.caption)


def test_a_visitors_markup_stays_text(page):
    page.session_state["kind"] = "Text"
    only(page, "text", "Token ablation")
    page.run()
    page.text_area[0].set_value("I want <script>alert(1)</script> my money [back](javascript:alert(1)) now").run()
    fine(page)
    assert not any("<script" in block.proto.body for block in page.get("html"))


def test_too_few_labels_are_told_in_one_sentence(page):
    page.session_state["kind"] = "Text"
    page.session_state["labels"] = "alone"
    page.run()
    assert len(page.error) == 1 and "labels" in page.error[0].value and not page.exception


def test_a_method_that_cannot_serve_says_why(page, monkeypatch):
    def no(_) -> str:
        return "Grad-CAM needs a layer of feature maps, which this model has not: choose another method."

    cam = METHODS_BY_NAME["Grad-CAM"]
    refusing = Method(**{**{f: getattr(cam, f) for f in cam.__dataclass_fields__}, "fits": no})
    monkeypatch.setitem(METHODS_BY_NAME, "Grad-CAM", refusing)
    only(page, "image", "Grad-CAM")
    page.session_state["answer"] = "lynx"  # what another test has explained is kept
    page.run()
    assert "feature maps" in page.error[0].value and not page.exception


def test_the_code_that_ran_is_the_methods_own_module(page):
    only(page, "image", "Grad-CAM")
    page.session_state["explain.tabs"] = "The code that ran"
    page.run()
    fine(page)
    assert page.code[0].value == (ROOT / "core" / "attribution" / "grad_cam.py").read_text().strip()


def test_attention_of_our_own_transformer_is_shown_on_an_emoji(page):
    page.session_state["model"] = "emoji-vit"
    page.session_state["image_methods"] = ["Attention rollout"]
    page.run()
    assert not page.exception and not page.error
    assert any(button.label == "Another emoji" for button in page.button)
    assert page.multiselect(key="image_methods").value == ["Attention rollout"]
    assert len(page.get("image")) >= 2
