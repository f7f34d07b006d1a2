"""The explanation as one file, opened from a disk."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.core.studies import sections

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report() -> bytes:
    return sections.report()


@pytest.mark.parametrize("dark", [False, True])
def test_it_opens_without_asking_anybody(browser: Browser, report: bytes, tmp_path: Path, dark: bool) -> None:
    (tmp_path / "report.html").write_bytes(report)
    page = browser.new_page(color_scheme="dark" if dark else "light", viewport={"width": 390, "height": 800})
    console: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.on("dialog", lambda dialog: console.append("a dialog"))
    page.on("request", lambda request: asked.append(request.url))
    address = (tmp_path / "report.html").as_uri()
    page.goto(address)
    page.wait_for_load_state("load")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert not console and {url for url in asked if not url.startswith("data:")} == {address}
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert page.inner_text("h1") == f"Report {sections.HOSTILE}"
    assert ground == ("rgb(15, 18, 24)" if dark else "rgb(255, 255, 255)")
    page.close()
