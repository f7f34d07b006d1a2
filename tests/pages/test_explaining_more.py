"""The explainability page's further parts: how maps are drawn, own baselines, what can be taken away."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from ui import look


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "explainability.py"), default_timeout=120)
    at.session_state["frame.arrived"] = True
    return at


def fine(at: AppTest) -> None:
    assert not at.exception and not at.error, [e.value for e in (*at.exception, *at.error)]


def opened(at: AppTest, kind: str, tab: str, *names: str) -> AppTest:
    at.session_state["kind"] = {"image": "Picture", "text": "Text"}[kind]
    at.session_state[f"{kind}_methods"] = list(names)
    at.session_state["erase.steps"], at.session_state["erase.draws"] = 5, 2
    at.session_state["explain.tabs"] = tab
    return at


def labels(at: AppTest) -> list[str]:
    return [button.proto.label for button in at.get("download_button")]


def said(at: AppTest) -> str:
    return " ".join(str(e.value) for e in (*at.caption, *at.markdown)).replace("\\", "")


def test_everything_can_be_taken_home(page):
    opened(page, "image", "Take away", "Grad-CAM", "Guided backprop").run()
    fine(page)
    everything = ["Report, HTML", "Evidence, CSV", "Ranked evidence, CSV"]
    one_map = ["PNG", "SVG", "Numbers, CSV"]
    assert labels(page) == [*everything, *one_map, "Script, .py", "Notebook, .ipynb", "With all it needs, zip"]
    page.pills(key="take.map").set_value("Guided backprop").run()
    fine(page)
    assert labels(page) == [*everything, *one_map] and "not offered as code" in said(page)


def test_a_text_can_be_taken_home(page):
    opened(page, "text", "Take away", "Token ablation").run()
    fine(page)
    assert labels(page)[3:6] == ["HTML", "SVG", "Numbers, CSV"] and "Script, .py" in labels(page)


@pytest.fixture
def drawn(monkeypatch) -> list[dict[str, Any]]:
    """How each map was drawn."""
    calls: list[dict[str, Any]] = []
    overlay = look.heatmap.overlay

    def noting(picture, values, **how):
        calls.append(how)
        return overlay(picture, values, **how)

    monkeypatch.setattr(look.heatmap, "overlay", noting)
    return calls


def test_each_knob_changes_how_maps_are_drawn(page, drawn):
    opened(page, "image", "What this says", "Occlusion", "Grad-CAM").run()
    assert {how["opacity"] for how in drawn} == {0.85} and {how["signed"] for how in drawn} == {True, False}
    assert {how["scale"] for how in drawn} == {None}
    drawn.clear()
    page.slider(key="opacity").set_value(0.5).run()
    assert {how["opacity"] for how in drawn} == {0.5}
    page.toggle(key="absolute").set_value(True).run()
    assert not drawn[-1]["signed"] and not drawn[-2]["signed"]
    page.toggle(key="one_scale").set_value(True).run()
    fine(page)
    assert drawn[-1]["scale"] == drawn[-2]["scale"] > 0


def test_an_own_picture_can_be_the_baseline(page):
    opened(page, "image", "Take away", "Integrated gradients")
    page.session_state["integrated-gradients.n_steps"], page.session_state["integrated-gradients.more"] = 5, False
    page.run()
    before = gap(page)
    page.selectbox(key="own_baseline").set_value("espresso").run()
    fine(page)
    assert gap(page) != before and "own baseline is not offered" in said(page)
    page.selectbox(key="own_baseline").set_value("upload").run()
    assert gap(page) == before
    buffer = io.BytesIO()
    Image.fromarray(np.full((40, 60, 3), 90, dtype=np.uint8)).save(buffer, "PNG")
    page.file_uploader(key="own_baseline.file").upload("grey.png", buffer.getvalue())
    page.run()
    fine(page)
    assert gap(page) != before


def gap(at: AppTest) -> str:
    return next(c.value for c in at.caption if "gap" in c.value).split("gap")[1]


def test_methods_without_a_baseline_offer_none(page):
    opened(page, "image", "What this says", "Grad-CAM").run()
    assert all(box.key != "own_baseline" for box in page.selectbox)
