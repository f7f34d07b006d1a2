"""What holds for every page: it opens by a deep link on a cold server, is clean, accessible, and fits a phone."""

from collections.abc import Callable
from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.conftest import Server, Visit, serve
from ui.navigation import PAGES

pytestmark = pytest.mark.browser
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# Markup of Streamlit's own that no page can change: rule → selectors that axe names for it.
STREAMLITS_OWN: dict[str, tuple[str, ...]] = {
    "list": ("'ul'",),  # the menu: sections are put between a list and its items
    "listitem": ("li",),
}
NewVisit = Callable[..., Visit]


Place = tuple[str, dict[str, str]]
# Where a page is several: the others, by their query.
TASKS: tuple[Place, ...] = (
    ("vision", {"task": "Detect"}),
    ("vision", {"task": "Segment"}),
    ("nlp", {"text_task": "Mark names, dates, amounts"}),
    ("generation", {"mode": "Emoji"}),
    ("generation", {"mode": "Digits"}),
)
PLACES: tuple[Place, ...] = (*(("" if row.slug == "home" else row.slug, {}) for row in PAGES), *TASKS)


def called(place: Place) -> str:
    return " ".join((place[0] or "home", *place[1].values()))


every_place = pytest.mark.parametrize("place", PLACES, ids=called)


@every_place
def test_it_opens_with_a_finished_result_and_nothing_of_programmers(visit: Visit, place: Place) -> None:
    visit.open(place[0], **place[1])
    visit.page.get_by_role("heading", level=1).first.wait_for()
    assert visit.page.locator("img, canvas, .js-plotly-plot, [data-testid=stMetric]").count() > 0
    visit.clean()


@every_place
@pytest.mark.parametrize("dark", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["light", "dark"])
def test_axe_finds_nothing_of_ours(new_visit: NewVisit, place: Place, dark: bool) -> None:
    visit = new_visit(dark=dark).open(place[0], **place[1])
    visit.page.wait_for_timeout(1500)
    visit.page.evaluate(AXE)
    found = visit.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    ours = [
        (rule["id"], node["target"], node["failureSummary"])
        for rule in found["violations"]
        for node in rule["nodes"]
        if not any(own in str(node["target"]) for own in STREAMLITS_OWN.get(rule["id"], ()))
    ]
    assert not ours


@every_place
def test_it_fits_a_phone(new_visit: NewVisit, place: Place) -> None:
    visit = new_visit(width=390, height=844).open(place[0], **place[1])
    visit.page.wait_for_timeout(800)
    over = visit.page.evaluate(
        """() => { const main = document.querySelector('[data-testid=stMain]')
                   return main.scrollWidth - main.clientWidth }"""
    )
    assert over <= 0, f"{over} px wider than the screen"
    visit.clean()


@every_place
def test_every_control_is_reached_by_the_keyboard(visit: Visit, place: Place) -> None:
    visit.open(place[0], **place[1])
    missed = visit.page.evaluate(
        """() => { const OTHERS = '[role=radiogroup], [role=tablist], .modebar, [data-testid=stDataFrame], '
                                  + '[data-testid=stSelectbox], '
                                  + '[data-testid=stMultiSelect]'  // the group, or the field beside it, has it
                   return [...document.querySelectorAll('[data-testid=stMain] :is(button, input, textarea, select), '
                 + '[data-testid=stSidebar] :is(button, input, textarea, select)')]
             .filter((e) => e.offsetParent && !e.disabled && e.tabIndex < 0
                            && !e.closest(OTHERS)
                            && e.getAttribute('aria-hidden') !== 'true' && e.type !== 'file')
             .map((e) => e.outerHTML.slice(0, 160)) }"""
    )
    assert not missed


def test_a_deep_link_on_a_cold_server_keeps_its_query(tmp_path: Path, new_visit: NewVisit) -> None:
    with serve(tmp_path / "home") as cold:
        visit = new_visit(at=cold).open("vision", picture="espresso")
        visit.page.get_by_role("heading", name="Vision", exact=True).wait_for(timeout=60_000)
        visit.settle()
        assert "picture=espresso" in visit.page.url and "/vision" in visit.page.url
        assert visit.page.get_by_test_id("stSidebarNavLink").count() == len(PAGES)
        visit.clean()


def test_an_error_of_ours_shows_no_traceback(tmp_path: Path, new_visit: NewVisit) -> None:
    with serve(tmp_path / "home", "tests/browser/broken_app.py") as broken:
        visit = new_visit(at=broken).open()
        shown = visit.page.inner_text("body")
        assert "secret-in-a-message" not in shown and "Traceback" not in shown and "broken_app" not in shown
        assert "error" in shown.lower()


def test_paths_of_the_server_are_not_served(server: Server, visit: Visit) -> None:
    for path in ("media/..%2f..%2fapp.py", "app/static/..%2fapp.py", "component/..%2f..%2fapp.py"):
        answer = visit.page.request.get(f"{server.url}/{path}")
        assert "st.navigation" not in answer.text()
