"""One HTML file: whole by itself, harmless, readable in light and dark; maps as files."""

import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from core.studies.attribution_files import map_csv, map_png, map_svg
from tests.core.studies import sections
from tests.core.studies.sections import HOSTILE, picture_section, text_section


@pytest.fixture(scope="module")
def report() -> bytes:
    return sections.report()


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
