"""One method over a visitor's own pictures, as a job that is watched until its table can be taken home."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.data import samples
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
PICTURES = ("cat", "espresso", "rocket", "flower")


def zip_of_four() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for slug in PICTURES:
            archive.writestr(f"mine/{slug}.jpg", (samples.ASSETS / f"{slug}.jpg").read_bytes())
    return buffer.getvalue()


def test_a_set_of_own_pictures_is_explained_and_its_table_taken_home(visit: Visit) -> None:
    visit.open("explainability", image_methods="Grad-CAM", **{"erase.steps": "5", "erase.draws": "2"})
    visit.page.get_by_role("tab", name="More inputs", exact=True).click()
    visit.settle()
    visit.page.get_by_text("Your own file", exact=True).click()
    visit.settle()
    visit.page.get_by_test_id("stMain").locator("input[type=file]").first.set_input_files(
        [{"name": "mine.zip", "mimeType": "application/zip", "buffer": zip_of_four()}]
    )
    visit.page.get_by_role("button", name="Explain 4 pictures").click()
    table = visit.page.get_by_role("button", name="Table, CSV")
    expect(table).to_be_visible(timeout=90_000)
    with visit.page.expect_download() as download:
        table.click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert [row["name"] for row in rows] == [f"mine/{slug}.jpg" for slug in PICTURES]
    assert rows[0]["answer"] == "Egyptian cat" and rows[1]["answer"] == "espresso" and rows[0]["most for"]
    for answer in ("Egyptian cat", "espresso"):
        expect(visit.page.get_by_role("img", name=f"why {answer}")).to_be_visible()
    visit.clean()
