"""Generation, digits: every control changes what is shown, Stop keeps what there is, and nothing opens empty."""

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.config import ROOT


@pytest.fixture
def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "generation.py"), default_timeout=120)
    at.session_state["frame.arrived"] = True
    at.session_state["mode"] = "Digits"
    return at


def opened(at: AppTest, kind: str = "VAE", **state: Any) -> AppTest:
    """The page with ``kind`` chosen and its controls at ``state``."""
    at.session_state["digits.network"] = kind
    for name, value in state.items():
        at.session_state[name.replace("__", ".")] = value
    at.run()
    assert not at.exception and not at.error
    return at


def html(at: AppTest) -> str:
    return " ".join(block.proto.body for block in at.get("html"))


def pictures(at: AppTest) -> list[str]:
    return re.findall(r'src="(data:image/png[^"]+)"', html(at))


def words(at: AppTest) -> str:
    return " ".join([*(block.value for block in at.markdown), *(block.value for block in at.caption)])


SMALL = {"digits.diffusion.count": 4, "digits.diffusion.num_inference_steps": 3}


def test_it_opens_with_digits_what_is_read_in_them_and_the_nearest_known_ones(page):
    at = opened(page)
    assert html(at).count("reads") == 2 * 16 and html(at).count("away") == 16  # said once in words, once as alt
    assert len(pictures(at)) >= 32


@pytest.mark.parametrize("kind", ["VAE", "GAN"])
def test_every_control_of_a_network_of_one_pass_draws_other_digits(page, kind):
    at = opened(page, kind)
    key = f"digits.{kind.lower()}"
    before = pictures(at)[:16]
    for name, value in (("seed", 5), ("spread", 0.4)):
        at.slider(key=f"{key}.{name}").set_value(value).run()
        now = pictures(at)[:16]
        assert now != before
        before = now
    at.slider(key=f"{key}.count").set_value(8).run()
    assert html(at).count("away") == 8


def test_every_control_of_the_diffusion_draws_other_digits(page):
    at = opened(page, "Diffusion", **SMALL)
    before = pictures(at)[:4]
    for name, value in (("seed", 5), ("guidance_scale", 4.0), ("num_inference_steps", 4)):
        at.slider(key=f"digits.diffusion.{name}").set_value(value).run()
        now = pictures(at)[:4]
        assert now != before
        before = now
    at.selectbox(key="digits.diffusion.digit").set_value("7").run()
    assert pictures(at)[:4] != before
    at.slider(key="digits.diffusion.count").set_value(8).run()
    assert html(at).count("away") == 8


def test_the_way_from_noise_can_be_followed_step_by_step(page):
    at = opened(page, "Diffusion", **SMALL)
    before = pictures(at)
    at.slider(key="digits.step.3").set_value(0).run()
    noise = pictures(at)
    assert noise != before
    at.slider(key="digits.which.4").set_value(2).run()
    assert pictures(at) != noise and "framed: step 0" in words(at)


def test_a_stopped_diffusion_keeps_what_it_has_and_goes_on_when_asked(page, monkeypatch):
    from core.models.digit_diffusion import DigitDiffusion
    from core.models.drawn_digits import ByDiffusion

    asked = ByDiffusion(count=4, num_inference_steps=3, seed=77)
    drawn = []
    whole = DigitDiffusion.sample
    monkeypatch.setattr(DigitDiffusion, "sample", lambda *a, **k: drawn.append(1) or whole(*a, **k))
    page.session_state["digits.line.stopped"] = asked
    at = opened(page, "Diffusion", **SMALL, **{"digits.diffusion.seed": 77})
    assert not drawn and "Stopped" in words(at)
    at.button(key="digits.line.on").click().run()
    assert drawn and html(at).count("away") == 4


@pytest.mark.parametrize(
    ("kind", "tab", "keys"),
    [
        ("VAE", "Walk", ("digits.walk.real.From a", "digits.walk.real.To a", "digits.walk.place")),
        ("GAN", "Walk", ("digits.walk.From", "digits.walk.To", "digits.walk.place")),
        ("VAE", "Rebuild", ("digits.rebuild",)),
        ("VAE", "Map", ("digits.x", "digits.y")),
    ],
)
def test_every_control_of_a_way_changes_its_pictures(page, kind, tab, keys):
    at = opened(page, kind, **{f"digits.tabs.{kind}": tab})
    for key in keys:
        before = pictures(at)[-24:]
        slider: Any = at.slider(key=key)
        slider.set_value(slider.value + max(slider.step, 1)).run()
        assert not at.exception and pictures(at)[-24:] != before


def test_the_three_stand_side_by_side_with_their_figures(page):
    at = opened(page, "All three", **{"digits.all-three.num_inference_steps": 3})
    assert [one.value for one in at.subheader] == ["VAE", "GAN", "Diffusion"]
    assert words(at).count("95 % interval") >= 7 and html(at).count("reads") == 2 * 24


@pytest.mark.parametrize("kind", ["VAE", "GAN", "Diffusion"])
def test_words_code_and_picture_can_be_had(page, kind):
    at = opened(page, kind, **(SMALL if kind == "Diffusion" else {}), **{f"digits.tabs.{kind}": "What this says"})
    assert "are read without doubt" in words(at)
    at.session_state[f"digits.tabs.{kind}"] = "The code that ran"
    at.run()
    assert "def sample" in at.code[0].value
    at.session_state[f"digits.tabs.{kind}"] = "Take away"
    at.run()
    assert len(at.get("download_button")) == 1


def test_a_link_with_a_digit_that_is_none_draws_all_the_same(page):
    at = opened(page, "Diffusion", **SMALL, **{"digits.diffusion.digit": "eleven"})
    assert html(at).count("away") == 4
