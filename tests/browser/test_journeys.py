"""The seven journeys of a visitor, in a real browser with real weights."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from core.data import samples
from tests.browser.conftest import Visit, serve
from ui.navigation import PAGES

pytestmark = pytest.mark.browser


def jpeg(slug: str) -> bytes:
    buffer = io.BytesIO()
    samples.load_image(samples.SAMPLES_BY_SLUG[slug]).save(buffer, "JPEG")
    return buffer.getvalue()


def upload(visit: Visit, name: str, content: bytes) -> None:
    """Open "Your own picture" where it is closed and hand over a file."""
    chooser = visit.page.locator("input[type=file]")
    if not chooser.count():
        visit.page.get_by_role("button", name="Your own picture").click()
    chooser.first.set_input_files([{"name": name, "mimeType": "application/octet-stream", "buffer": content}])
    visit.page.wait_for_timeout(500)
    visit.settle()


def test_home_shows_a_result_of_every_page_and_leads_there(visit: Visit) -> None:
    visit.open()
    for row in PAGES[1:]:
        card = visit.page.get_by_test_id("stMain").get_by_role("link", name=row.title, exact=True).first
        expect(card).to_be_visible()
    expect(visit.page.get_by_text("computed here in")).to_have_count(len(PAGES) - 1, timeout=120_000)
    visit.page.get_by_test_id("stMain").get_by_role("link", name="Vision", exact=True).first.click()
    expect(visit.page.get_by_role("heading", name="Vision", exact=True)).to_be_visible()
    visit.settle().clean()


def test_vision_answers_a_sample_and_an_own_picture_and_keeps_it_beside_a_bad_one(visit: Visit) -> None:
    visit.open("vision")
    expect(visit.page.get_by_role("heading", name=re.compile("Egyptian cat, "))).to_be_visible(timeout=60_000)
    visit.page.get_by_role("radio", name="Espresso").click()
    expect(visit.page.get_by_role("heading", name=re.compile("espresso, "))).to_be_visible()
    assert "picture=espresso" in visit.page.url
    upload(visit, "mine.jpg", jpeg("photographer"))
    expect(visit.page.get_by_text("Your picture", exact=False).first).to_be_visible()
    mine = visit.page.get_by_role("heading", level=2).first.inner_text()
    for name, content, words in (
        ("broken.png", b"\x89PNG\r\n\x1a\n" + bytes(20), "damaged"),
        ("page.jpg", b"<html><script>alert(1)</script></html>", "picture"),
        ("empty.png", b"", "empty"),
    ):
        upload(visit, name, content)
        expect(visit.page.get_by_test_id("stAlertContentError")).to_contain_text(words)
        assert visit.page.get_by_role("heading", level=2).first.inner_text() == mine
    visit.clean()


def test_language_sorts_by_labels_of_the_visitors_own(visit: Visit) -> None:
    visit.open("nlp")
    expect(visit.page.get_by_role("heading", name=re.compile("complaint, "))).to_be_visible(timeout=60_000)
    visit.keyed("inputs.text.own").locator("textarea").fill("The keeper saved a penalty in the last minute.")
    visit.keyed("labels").locator("input").fill("sport, cooking, law")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("heading", name=re.compile("sport, "))).to_be_visible()
    visit.keyed("labels").locator("input").fill("sport")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_test_id("stAlertContentError")).to_contain_text("labels")
    visit.clean()


def test_the_sample_travels_and_the_share_link_brings_it_back(visit: Visit, new_visit: Callable[..., Visit]) -> None:
    visit.open("vision")
    visit.page.get_by_role("radio", name="Rocket").click()
    expect(visit.page.get_by_role("heading", name=re.compile("missile|projectile|rocket"))).to_be_visible()
    visit.go("Explainability")
    expect(visit.page.get_by_role("radio", name="Rocket")).to_have_attribute("aria-checked", "true")
    visit.page.get_by_role("button", name="Share").click()
    link = visit.page.get_by_test_id("stCode").filter(has_text="picture=").inner_text().strip()
    assert "picture=rocket" in link and "me=" not in link and "job=" not in link
    other = new_visit()
    other.page.goto(link)
    other.settle()
    expect(other.page.get_by_role("radio", name="Rocket")).to_have_attribute("aria-checked", "true")
    other.clean()


def test_training_learns_while_watched_and_stops_when_told(visit: Visit) -> None:
    visit.open("training")
    step = visit.page.get_by_test_id("stMetric").filter(has_text="Step").get_by_test_id("stMetricValue")
    expect(step).to_be_visible(timeout=60_000)
    visit.page.get_by_role("button", name="Start").click()
    before = int(step.inner_text().replace(",", ""))
    expect(step).not_to_have_text(f"{before:,}")
    visit.page.get_by_role("button", name="Pause").click()
    expect(visit.page.get_by_role("button", name="Start")).to_be_visible()
    paused = ""
    while step.inner_text() != paused:  # what was on its way still arrives
        paused = step.inner_text()
        visit.page.wait_for_timeout(1500)
    assert int(paused.replace(",", "")) > before
    visit.page.get_by_role("button", name="Reset", exact=True).click()
    expect(step).not_to_have_text(paused)
    visit.clean()


def zip_of_two_classes() -> bytes:
    """Forty pictures in two class folders: red discs, blue squares, on noise."""
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for at in range(40):
            picture = rng.integers(150, 255, (64, 64, 3), dtype=np.uint8)
            y, x = rng.integers(4, 30, 2)
            if at % 2:
                rows, columns = np.ogrid[:64, :64]
                picture[(rows - y - 14) ** 2 + (columns - x - 14) ** 2 < 190] = (210, 40, 30)
            else:
                picture[y : y + 26, x : x + 26] = (30, 50, 200)
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "PNG")
            archive.writestr(f"{'disc' if at % 2 else 'square'}/{at}.png", file.getvalue())
    return buffer.getvalue()


def test_fine_tuning_survives_a_reload_and_its_model_serves_the_other_pages(visit: Visit, tmp_path: Path) -> None:
    visit.open("transfer_learning")
    visit.page.get_by_role("button", name="Fine-tune").click()
    visit.page.wait_for_url(re.compile("job="))
    visit.page.reload()
    expect(visit.page.get_by_role("button", name="Take home")).to_be_visible(timeout=120_000)
    visit.settle()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Take home").first.click()
    with zipfile.ZipFile(download.value.path()) as home:
        names = home.namelist()
    assert any(name.endswith("model.safetensors") for name in names)
    assert not any(name.endswith((".bin", ".pt", ".pkl", ".pth")) for name in names)
    visit.go("Vision")
    visit.page.get_by_test_id("stSidebar").get_by_label("Model").click()
    visit.page.get_by_role("option").filter(has_text="yours").first.click()
    expect(visit.page.get_by_role("heading", name=re.compile("animal|food"))).to_be_visible(timeout=60_000)
    visit.clean()


def test_a_zip_of_the_visitors_own_pictures_is_learned(visit: Visit) -> None:
    visit.open("transfer_learning")
    visit.page.get_by_text("Your own file", exact=True).click()
    visit.settle()
    visit.page.locator("input[type=file]").first.set_input_files(
        [{"name": "shapes.zip", "mimeType": "application/zip", "buffer": zip_of_two_classes()}]
    )
    expect(visit.page.get_by_text("disc", exact=False).first).to_be_visible(timeout=60_000)
    visit.page.get_by_role("button", name="Fine-tune").click()
    expect(visit.page.get_by_role("button", name="Take home")).to_be_visible(timeout=120_000)
    visit.clean()


def test_explainability_answers_for_a_picture_and_for_a_text(visit: Visit) -> None:
    visit.open("explainability")
    expect(visit.page.get_by_role("heading", name=re.compile("Why .Egyptian cat"))).to_be_visible(timeout=90_000)
    visit.settle()
    expect(visit.page.locator(".js-plotly-plot").nth(2)).to_be_attached(timeout=30_000)
    visit.page.get_by_test_id("stSidebar").get_by_text("Text", exact=True).click()
    expect(visit.page.get_by_role("heading", name=re.compile("Why .complaint"))).to_be_visible(timeout=90_000)
    visit.settle().clean()


def test_generation_writes_and_stops(visit: Visit) -> None:
    visit.open("generation")
    box = visit.page.get_by_test_id("stChatInput").get_by_role("textbox")
    box.fill("Write a long story about a ship.")
    box.press("Enter")
    stop = visit.page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible(timeout=60_000)
    stop.click()
    expect(stop).to_have_count(0, timeout=30_000)
    tokens = visit.page.get_by_test_id("stMetric").filter(has_text="Tokens").first
    expect(tokens).to_be_visible()
    visit.clean()


def test_a_job_outlives_the_app(new_visit: Callable[..., Visit], tmp_path: Path) -> None:
    with serve(tmp_path / "home") as own:
        visit = new_visit(at=own).open("transfer_learning", set="Spam or ham")
        visit.page.get_by_role("button", name="Fine-tune").click()
        visit.page.wait_for_url(re.compile("job="))
        private = visit.page.url
        own.restart()
        visit.page.goto(private)
        expect(visit.page.get_by_role("button", name="Take home")).to_be_visible(timeout=150_000)
        stranger = new_visit(at=own)
        stranger.page.goto(re.sub(r"me=[^&]+", "me=" + "x" * 22, private))
        stranger.settle()
        assert stranger.page.get_by_role("button", name="Take home").count() == 0
        visit.console.clear()  # while the server was away, the page could not reach it
        visit.clean()


def test_the_camera_takes_a_picture(visit: Visit) -> None:
    visit.open("vision")
    visit.page.get_by_role("button", name="Your own picture").click()
    visit.page.get_by_text("Camera", exact=True).click()
    visit.page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    visit.page.get_by_role("button", name="Take Photo").click()
    expect(visit.page.get_by_text("Your picture", exact=False).first).to_be_visible(timeout=60_000)
    visit.clean()
