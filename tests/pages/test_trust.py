"""The trust tab: every figure over all methods, and the checks on demand."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.attribution.metrics import randomisation, sensitivity
from core.config import ROOT
from ui import trust
from ui.stoppable import Stoppable

FIGURES = ("Deletion", "Insertion", "Infidelity", "Completeness gap", "Time", "Memory")
WORDS = ("Comprehensiveness", "Sufficiency", "As leaving out one word")


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "explainability.py"), default_timeout=120)
    at.session_state["frame.arrived"] = True
    at.session_state["explain.tabs"] = "Trust"
    at.session_state["erase.steps"], at.session_state["erase.draws"] = 5, 2
    return at


def fine(at: AppTest) -> None:
    assert not at.exception and not at.error, [e.value for e in (*at.exception, *at.error)]


def said(at: AppTest) -> str:
    return " ".join(str(e.value) for e in (*at.caption, *at.markdown, *at.warning)).replace("\\", "")


def test_a_picture_is_judged_and_the_blind_method_is_flagged(page):
    page.session_state["image_methods"] = ["Grad-CAM", "Guided backprop"]
    page.run()
    fine(page)
    assert all(f"**{title}**" in said(page) for title in (*FIGURES, "Do the methods agree?"))
    assert not any(f"**{title}**" in said(page) for title in WORDS)
    page.button(key="trust.randomise").click().run()
    fine(page)
    assert [w.value.split("**")[1] for w in page.warning] == ["Guided backprop"]
    assert all(button.key != "trust.randomise" for button in page.button), "it was asked for and is there"
    page.button(key="trust.shake").click().run()
    fine(page)
    assert "**Max-sensitivity**" in said(page)


def test_the_checks_that_were_made_are_kept(page, monkeypatch):
    page.session_state["image_methods"] = ["Saliency"]
    page.run()
    page.button(key="trust.shake").click().run()

    def never(*arguments, **options):
        raise AssertionError("made twice")

    monkeypatch.setattr(sensitivity, "max_sensitivity", never)
    monkeypatch.setattr(randomisation, "cascade", never)
    page.run()
    fine(page)
    assert "**Max-sensitivity**" in said(page)


def test_a_text_has_its_own_figures(page):
    page.session_state["kind"] = "Text"
    page.session_state["text_methods"] = ["Token ablation", "Layer gradient × activation"]
    page.run()
    fine(page)
    assert all(f"**{title}**" in said(page) for title in (*FIGURES, *WORDS))
    page.button(key="trust.randomise").click().run()
    page.button(key="trust.shake").click().run()
    fine(page)
    assert "**Max-sensitivity**" in said(page)


def test_another_control_stands_beside_the_curves(page):
    page.session_state["image_methods"] = ["Grad-CAM"]
    page.run()
    for control, words in (("edges", "edge maps"), ("scattered", "random cells"), ("phases", "shapeless maps")):
        page.selectbox(key="erase.control").set_value(control).run()
        fine(page)
        assert words in said(page)


class Pressed(Stoppable):
    """A line whose Stop is pressed as soon as something was found."""

    def tell(self, words: str, fraction: float) -> None:
        super().tell(words, fraction)
        if fraction > 0:
            self._stop()
            st.rerun()


def test_what_was_found_before_stop_stays(page, monkeypatch):
    page.session_state["image_methods"] = ["Deconvolution"]
    page.run()
    monkeypatch.setattr(trust, "Stoppable", Pressed)
    page.button(key="trust.randomise").click().run()
    fine(page)
    assert [w.value.split("**")[1] for w in page.warning] == ["Deconvolution"]
    assert any(button.key == "trust.randomise.line.on" for button in page.button)
