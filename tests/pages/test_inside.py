"""The tabs that look further: inside the network, at baselines, and at long texts chunk by chunk."""

import pytest
from streamlit.testing.v1 import AppTest

from core.attribution import layers
from core.config import ROOT
from core.studies import exhibits
from ui import baselines, inside, kept

SLUG = "efficientnet-lite0"


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "explainability.py"), default_timeout=120)
    at.session_state["frame.arrived"] = True
    at.session_state["image_methods"] = ["Grad-CAM"]
    for key in ("erase", "hide"):
        at.session_state[f"{key}.steps"], at.session_state[f"{key}.draws"] = 5, 2
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


def test_one_method_from_each_of_its_baselines(page):
    page.session_state["image_methods"] = ["Integrated gradients"]
    page.session_state["integrated-gradients.n_steps"], page.session_state["integrated-gradients.more"] = 5, False
    page.session_state["explain.tabs"] = "Baselines"
    page.run()
    fine(page)
    titles = ("Black", "Grey (the mean)", "White", "The same, blurred", "Noise")
    assert all(f"**{title}**" in said(page) for title in titles) and "Your picture" not in said(page)
    assert baselines.CAVEAT in said(page) and said(page).count("The baseline: ") == 5
    quick = gaps(page)
    assert len(set(quick)) == 5, "each baseline has its own map"
    page.selectbox(key="own_baseline").set_value("espresso").run()
    fine(page)
    assert gaps(page)[:5] == quick and len(gaps(page)) == 6 and "**Your picture**" in said(page)
    page.slider(key="integrated-gradients.n_steps").set_value(12).run()
    assert gaps(page)[:5] == quick, "a quick look"
    page.toggle(key="baselines.full").set_value(True).run()
    fine(page)
    assert gaps(page)[:5] != quick
    page.selectbox(key="baselines.image").set_value("Occlusion").run()
    fine(page)
    assert len([value for value in said(page).split() if value == "gap"]) < 6, "occlusion promises no sum"


def gaps(at: AppTest) -> list[str]:
    """Those below the maps of the tab."""
    return [c.value for c in at.caption if c.value.startswith("gap ")]


def test_words_from_each_baseline(page):
    page.session_state["kind"], page.session_state["explain.tabs"] = "Text", "Baselines"
    page.session_state["text_methods"] = ["Token ablation"]
    page.run()
    fine(page)
    assert all(f"**{title}**" in said(page) for title in ("Padding", "Mask token"))
    page.selectbox(key="baselines.text").set_value("Layer integrated gradients").run()
    fine(page)
    assert len(gaps(page)) == 2


LONG = "The kettle never came and nobody answers. " * 30 + "The breakfast was lovely and the staff were kind. " * 30


def test_a_long_text_is_explained_chunk_by_chunk(page):
    page.session_state["kind"], page.session_state["explain.tabs"] = "Text", "Chunks"
    page.session_state["text_methods"] = ["Layer gradient × activation"]
    page.run()
    assert "Chunks" not in tabs(page), "this one is read whole"
    page.text_area[0].set_value(LONG).run()
    fine(page)
    assert "Chunks" in tabs(page)
    page.session_state["explain.tabs"] = "Chunks"
    page.run()
    fine(page)
    first = page.header[0].value
    assert "it is explained in 3 chunks" in said(page) and "now it is number 1" in said(page)
    page.button(key="chunks.explain").click().run()
    fine(page)
    assert all(f"Chunk {number}" in said(page) for number in (1, 2, 3)) and "Chunk 1, the one above" in said(page)
    page.pills(key="chunk").set_value(3).run()
    fine(page)
    assert page.header[0].value != first and "breakfast" in page.header[0].value + said(page)
    assert "now it is number 3" in said(page)


def test_a_text_of_too_many_chunks_is_told(page):
    page.session_state["kind"], page.session_state["text_methods"] = "Text", ["Layer gradient × activation"]
    page.run()
    page.text_area[0].set_value("a " * 9000).run()
    fine(page)
    assert "longer than 20 chunks" in said(page) and "Chunks" not in tabs(page)
