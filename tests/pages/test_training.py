"""The training page: opens alive, obeys its buttons, follows its controls and its link."""

import json
import time

import pytest
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.labs import LABS_BY_SLUG
from ui import labs

LAB = LABS_BY_SLUG["playground"]


@pytest.fixture(scope="module", autouse=True)
def ended():
    yield
    labs.worker().shutdown()
    labs.worker.clear()


@pytest.fixture
def page():
    at = AppTest.from_file(str(ROOT / "pages" / "training.py"), default_timeout=60)
    at.session_state["frame.arrived"] = True
    yield at
    if "playground.lab.run" in at.session_state:
        labs.worker().close(at.session_state["playground.lab.run"])


def look(at):
    return labs.worker().look(at.session_state["playground.lab.run"], wait=20)


def press(at, name):
    return at.button(key=f"playground.lab.{name}").click().run()


def figures(at):
    return [
        json.loads(json.loads(c.proto.json)["figure"]) for c in at.get("bidi_component") if "figure" in c.proto.json
    ]


def fine(at):
    assert not at.exception and not at.error, [e.value for e in (*at.exception, *at.error)]


def test_opens_alive_and_paused(page):
    page.run()
    fine(page)
    now = look(page)
    assert now.state == "paused" and now.frames[-1].step == labs.FIRST * 5
    assert {m.label for m in page.metric} == {"Epoch", "Step", "Right, training", "Right, held out"}
    assert any("never learnt from" in m.value for m in page.markdown)
    assert "def network(" in page.code[0].value


def test_start_pause_step_reset(page):
    page.run()
    press(page, "start")
    fine(page)
    assert look(page).state == "running"
    time.sleep(0.5)
    press(page, "pause")
    paused = look(page)
    assert paused.state == "paused" and paused.frames[-1].step > labs.FIRST * 5
    press(page, "step")
    assert look(page).frames[-1].step == paused.frames[-1].step + 5
    press(page, "reset")
    fine(page)
    assert look(page).frames[-1].step == 0


def test_a_live_control_goes_on_and_another_begins_again(page):
    page.run()
    press(page, "step")
    page.select_slider(key="playground.learning_rate").set_value(0.001).run()
    fine(page)
    assert look(page).frames[-1].step == labs.FIRST * 5 + 5
    page.selectbox(key="playground.dataset").set_value("xor").run()
    fine(page)
    assert look(page).frames[-1].step == labs.FIRST * 5
    assert "def xor(" in page.code[0].value


def test_a_preset_sets_the_controls_says_what_it_shows_and_runs(page):
    page.run()
    page.button_group(key="playground.lab.preset").set_value("All zeros").run()
    fine(page)
    assert page.selectbox(key="playground.dataset").value == "xor"
    assert any("same gradient" in c.value for c in page.caption)
    assert look(page).state == "running"
    page.selectbox(key="playground.dataset").set_value("moons").run()
    assert not any("same gradient" in c.value for c in page.caption)


def test_a_link_brings_its_settings(page):
    page.query_params["playground.dataset"] = "circles"
    page.query_params["playground.hidden"] = "3"
    page.run()
    fine(page)
    assert look(page).frames[-1].arrays["weight_1"].shape == (3, 2)


@pytest.mark.parametrize("text", ["eight", "8, 8, 8, 8, 8, 8, 8", "0", "1e9", "🙂"])
def test_words_in_place_of_numbers_are_told_and_the_run_stays(page, text):
    page.run()
    before = look(page).frames[-1].step
    page.text_input(key="playground.hidden").set_value(text).run()
    assert not page.exception
    assert [e.value for e in page.error] and "whole numbers from 1 to 12" in page.error[0].value.replace("\\", "")
    assert look(page).frames[-1].step == before


def test_a_run_that_was_closed_begins_again(page):
    page.run()
    labs.worker().close(page.session_state["playground.lab.run"])
    page.run()
    fine(page)
    assert look(page).frames


def test_a_dead_lab_process_comes_back_with_a_notice(page):
    page.run()
    labs.worker()._process.kill()
    labs.worker()._process.wait()
    page.run()
    fine(page)
    assert any("start again" in i.value for i in page.info)
    assert look(page).frames[-1].step == 0


def test_visitors_do_not_see_each_other(page):
    page.run()
    other = AppTest.from_file(str(ROOT / "pages" / "training.py"), default_timeout=60)
    other.session_state["frame.arrived"] = True
    other.run()
    press(other, "step")
    assert look(page).frames[-1].step == labs.FIRST * 5
    assert page.session_state["playground.lab.run"] != other.session_state["playground.lab.run"]
    labs.worker().close(other.session_state["playground.lab.run"])


def test_one_preset_after_another(page):
    page.run()
    for title in ("All zeros", "Steps too long", "Better inputs"):
        page.button_group(key="playground.lab.preset").set_value(title).run()
        fine(page)
        assert page.button_group(key="playground.lab.preset").value == title
