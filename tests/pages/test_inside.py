"""The tabs that look further: inside the network, at baselines, and at long texts chunk by chunk."""

import pytest
from streamlit.testing.v1 import AppTest

from core.attribution import layers
from core.config import ROOT
from core.studies import exhibits
from ui import inside, kept

SLUG = "efficientnet-lite0"


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "explainability.py"), default_timeout=120)
    at.session_state["frame.arrived"] = True
    at.session_state["image_methods"] = ["Grad-CAM"]
    at.session_state["erase.steps"], at.session_state["erase.draws"] = 5, 2
    return at


def fine(at: AppTest) -> None:
    assert not at.exception and not at.error, [e.value for e in (*at.exception, *at.error)]


def said(at: AppTest) -> str:
    return " ".join(str(e.value) for e in (*at.caption, *at.markdown)).replace("\\", "")


def tabs(at: AppTest) -> list[str]:
    return [tab.label for tab in at.tabs]


@pytest.fixture
def few(monkeypatch) -> None:
    """Ten pictures to look through instead of four hundred."""
    ten = exhibits.exhibits()[:10]
    monkeypatch.setattr(inside, "exhibits", lambda: ten)
    kept.of_everybody.clear()  # pyright: ignore[reportFunctionMemberAccess]
    inside._looked_through.clear()  # pyright: ignore[reportFunctionMemberAccess]


def channel(at: AppTest, layer: str = "efficientnet.encoder.top_activation"):
    return at.number_input(key=f"inside.channel.{SLUG}.{layer}")


def test_layers_channels_contributions_and_what_excites_them(page, few):
    page.session_state["explain.tabs"] = "Inside"
    page.run()
    fine(page)
    layer = page.selectbox(key=f"inside.layer.{SLUG}.False")
    assert layer.value == "efficientnet.encoder.top_activation"
    assert layer.options[-1] == "Stage 5 of 5: 7 × 7 places, 1280 channels" and len(layer.options) == 5
    first = channel(page).value
    assert f"Channel {first}: at most" in said(page)
    page.button(key="inside.conductance").click().run()
    fine(page)
    assert "1,280 channels add up to" in said(page) and inside.CONDUCTANCE_CAVEAT in said(page)
    page.button(key="inside.exciting").click().run()
    fine(page)
    before = said(page)
    assert "The strongest answers in 10 pictures" in before
    channel(page).set_value(3).run()
    fine(page)
    assert "Channel 3: at most" in said(page) and said(page) != before
    page.selectbox(key=f"inside.layer.{SLUG}.False").set_value(
        "efficientnet.encoder.blocks.5.expansion.expand_act"
    ).run()
    fine(page)
    assert "strongest of 240" in said(page), "another layer"
    assert any(button.key == "inside.conductance" for button in page.button), "nothing was asked of this layer yet"
    page.toggle(key=f"inside.every.{SLUG}").set_value(True).run()
    fine(page)
    assert len(page.selectbox(key=f"inside.layer.{SLUG}.True").options) > 90


def test_what_was_found_inside_is_kept(page, few, monkeypatch):
    page.session_state["explain.tabs"] = "Inside"
    page.run()
    page.button(key="inside.exciting").click().run()
    page.button(key="inside.conductance").click().run()

    def never(*arguments, **options):
        raise AssertionError("made twice")

    for name in ("layers", "feature_maps", "conductance", "peaks"):
        monkeypatch.setattr(layers, name, never)
    channel(page).set_value(7).run()
    fine(page)
    assert "1,280 channels add up to" in said(page) and "The strongest answers in 10 pictures" in said(page)


def test_a_stopped_look_shows_what_it_had_found(page, few, monkeypatch):
    page.session_state["explain.tabs"] = "Inside"
    page.run()
    peaks = layers.peaks
    wanted = (SLUG, "", "efficientnet.encoder.top_activation")

    def stopped(*arguments):
        yield next(peaks(*arguments))
        page.session_state["inside.exciting.line.stopped"] = wanted
        raise RuntimeError("as a visitor's Stop ends the run")

    monkeypatch.setattr(layers, "peaks", stopped)
    page.button(key="inside.exciting").click().run()
    page.session_state["inside.exciting.line.stopped"] = wanted
    page.run()
    fine(page)
    assert "The strongest answers in 8 pictures" in said(page) and "Stopped." in said(page)
    page.button(key="inside.exciting.line.on")


def test_texts_have_no_feature_maps(page):
    page.session_state["kind"], page.session_state["explain.tabs"] = "Text", "Inside"
    page.session_state["text_methods"] = ["Token ablation"]
    page.run()
    fine(page)
    assert "Inside" not in tabs(page) and "Chunks" not in tabs(page)
