"""One HTML file: whole by itself, harmless, readable in light and dark; maps as files."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from core.attribution.metrics.deletion import Plan, trust_curves
from core.attribution.metrics.text_deletion import trust_text_curves
from core.attribution.result import explain_picture, explain_text
from core.studies.attribution_files import map_csv, map_png, map_svg
from core.studies.attribution_report import Section, html_report
from tests.core.studies.conftest import Bags, Planes, noise

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def report() -> bytes:
    return html_report(f"Report {HOSTILE}", HOSTILE, [picture_section(), text_section()], "Made on a Friday.")


def picture_section() -> Section:
    classifier, picture = Planes(0, labels=(HOSTILE, "red")), noise(1)
    pixels = classifier.pixels(picture)
    found = [
        explain_picture(classifier, pixels, name, 0, {}) for name in ("Integrated gradients", "Saliency", "Occlusion")
    ]
    curves = {one.method.name: trust_curves(classifier, pixels, one.values, 0, Plan(7, 5)) for one in found[:2]}
    return Section(
        HOSTILE,
        HOSTILE,
        ((HOSTILE, 0.7), ("red", 0.3)),
        tuple(found),
        classifier.seen(picture),
        curves,
        {"Saliency": {"x": HOSTILE}},
    )


def text_section() -> Section:
    classifier = Bags(0, labels=(HOSTILE, "praise"))
    encoding = classifier.encode(f"the {HOSTILE.replace(' ', '')} was lovely & warm")
    names = ("Token ablation", "Layer integrated gradients")
    found = [explain_text(classifier, encoding, name, 0, {}) for name in names]
    curves = {one.method.name: trust_text_curves(classifier, encoding, list(one.values), 0) for one in found}
    return Section("A text", HOSTILE, ((HOSTILE, 0.6), ("praise", 0.4)), tuple(found), None, curves)


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_it_is_whole_and_harmless(report):
    tags = Tags()
    tags.feed(report.decode())
    names = [tag for tag, _ in tags.seen]
    assert "script" not in names and "iframe" not in names and names.count("h1") == 1 and names.count("h2") == 2
    assert not [key for _, attributes in tags.seen for key in attributes if key.startswith("on")]
    sources = [a[key] for _, a in tags.seen for key in ("src", "href") if key in a]
    assert sources and all(str(source).startswith("data:") for source in sources)
    assert names.count("img") == 4 and names.count("svg") == 2 * (2 + 2) and names.count("table") == 5
    assert all(a.get("alt") for tag, a in tags.seen if tag == "img")
    assert all(a.get("aria-label") for tag, a in tags.seen if tag == "svg")
    assert b"prefers-color-scheme: dark" in report and b"Made on a Friday." in report


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_it_opens_in_a_browser_without_asking_anybody(report, tmp_path: Path, dark: bool):
    from playwright.sync_api import sync_playwright

    from tests import chromium

    path = chromium.find()
    assert path, "Chromium is missing; `make test` says how to get it."
    (tmp_path / "report.html").write_bytes(report)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(chromium.ARGS))
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
        grounds = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert not console and {url for url in asked if not url.startswith("data:")} == {address}
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        assert page.inner_text("h1") == f"Report {HOSTILE}" and grounds == (
            "rgb(15, 18, 24)" if dark else "rgb(255, 255, 255)"
        )
        browser.close()


def test_a_map_as_png_svg_and_numbers():
    section = picture_section()
    assert section.picture is not None
    one = section.explained[0]
    assert Image.open(io.BytesIO(map_png(section.picture, one))).size == section.picture.size
    root = ElementTree.fromstring(map_svg(one, HOSTILE, section.picture))
    assert HOSTILE in "".join(root.itertext()) and not [e for e in root.iter() if e.tag.endswith("script")]
    numbers = np.loadtxt(io.BytesIO(map_csv(one)), delimiter=",")
    np.testing.assert_allclose(numbers, one.values, rtol=1e-4, atol=1e-7)


def test_words_as_svg_and_numbers():
    one = text_section().explained[0]
    svg = map_svg(one, "a\x00b\x0b")
    texts = [e for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]
    assert len(texts) == len(one.words) + 1 and "script" in "".join(texts[1].itertext())
    lines = map_csv(one).decode("utf-8-sig").splitlines()
    assert lines[0] == "word,credit,tokens" and len(lines) == len(one.words) + 1
    assert not re.search(r"^[=+@]", "\n".join(lines), re.M)
