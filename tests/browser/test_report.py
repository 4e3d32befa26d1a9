"""The report in a real browser: it draws, filters, sorts and stays at home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from report_cases import HOSTILE, small_plan
from voltloop.documents.report import render

CHROMIUM = Path("/usr/bin/chromium")

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed; pip install playwright"
)
pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(),
    reason=f"No browser: {CHROMIUM} is missing. Install Chromium to run the browser tests.",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as engine:
        started = engine.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--headless", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a report whose point has a name that would run as script, and whose held list can be filtered."""
    from dataclasses import replace

    data = small_plan(HOSTILE)
    more = pl.DataFrame(
        {
            "row": range(100, 120),
            "kind": ["unreachable"] * 20,
            "battery_id": [f"X{at}" for at in range(20)],
            "point_id": ["P4"] * 20,
            "reason": ["No road leads there."] * 20,
            "missing_facts": [None] * 20,
            "ask": [None] * 20,
        }
    )
    held = pl.concat([data.held, more], how="vertical_relaxed")
    path = tmp_path_factory.mktemp("plan") / "report.html"
    path.write_text(render(replace(data, held=held)), encoding="utf-8")
    return path.as_uri()


class _Tab:
    """A page with a record of everything that should not happen."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on(
            "console", lambda message: self._note(message.type in {"error", "warning"}, message.text)
        )
        self.page.on("pageerror", lambda error: self._note(True, str(error)))
        self.page.on("dialog", lambda dialog: self._note(True, f"dialog {dialog.message}"))
        self.page.on(
            "request",
            lambda request: self._note(not request.url.startswith(("file:", "data:", "blob:")), request.url),
        )

    def _note(self, is_fault: bool, text: str) -> None:
        if is_fault:
            self.faults.append(text)

    def open(self, address: str, *, drawn: bool = False) -> Any:
        self.page.goto(address, wait_until="domcontentloaded")
        if drawn:
            self.page.wait_for_selector("html[data-drawn=yes]", timeout=60_000)
        return self.page


@pytest.fixture
def tab(browser: Any) -> Iterator[_Tab]:
    made = _Tab(browser, viewport={"width": 1280, "height": 900})
    yield made
    made.context.close()


def test_the_page_draws_without_faults_and_asks_nothing_from_outside(tab: _Tab, report: str) -> None:
    page = tab.open(report, drawn=True)
    assert page.locator("#figure-map .scatterlayer .trace").count() >= 7
    assert page.locator("#figure-flows .sankey-node").count() > 5
    assert tab.faults == []


def test_the_filter_leaves_the_rows_that_match_and_the_address_keeps_it(tab: _Tab, report: str) -> None:
    page = tab.open(report)
    box = page.get_by_role("searchbox", name="Filter Batteries held")
    box.fill("rating plate")
    rows = page.locator("[data-table=held] tbody tr")
    assert [row.is_visible() for row in rows.all()].count(True) == 1
    assert page.locator("[data-table=held] output").inner_text() == "1 of 22 rows"
    if "find-held" in page.url:
        tab.open(page.url)
        assert page.locator("[data-table=held] output").inner_text() == "1 of 22 rows"


def test_a_decision_leads_to_its_rows(tab: _Tab, report: str) -> None:
    page = tab.open(report)
    page.get_by_role("link", name="Show rows of Missing: chemistry").click()
    assert page.locator("[data-table=held] output").inner_text() == "1 of 22 rows"
    assert page.url.endswith("#held")


def test_columns_sort_as_numbers_both_ways_by_keyboard(tab: _Tab, report: str) -> None:
    page = tab.open(report)
    head = page.locator("[data-table=tours] thead").get_by_role("button", name="Distance (km)")
    first = page.locator("[data-table=tours] tbody tr th a").first
    head.focus()
    page.keyboard.press("Enter")
    assert first.inner_text() == "T1"
    page.keyboard.press("Enter")
    assert first.inner_text() == "T2"
    assert page.locator("[data-table=tours] th[aria-sort=descending]").count() == 1


def test_a_tour_of_the_table_is_picked_out_on_the_map(tab: _Tab, report: str) -> None:
    page = tab.open(report, drawn=True)
    opacity = (
        "document.getElementById('figure-map').data.filter(t => t.meta.role === 'tour').map(t => t.opacity)"
    )
    page.locator("#tours table").get_by_role("button", name="Show tour T2 on the map").click()
    assert page.evaluate(opacity) == [0.14, 1]
    page.get_by_role("button", name="Show all tours").click()
    assert page.evaluate(opacity) == [1, 1]


def test_tours_can_be_coloured_by_vehicle_and_groups_hidden(tab: _Tab, report: str) -> None:
    page = tab.open(report, drawn=True)
    page.get_by_label("Colour tours by").select_option("vehicle")
    button = page.locator("#legend").get_by_role("button", name="Rigid ADR")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    shown = (
        "document.getElementById('figure-map').data.filter(t => t.meta.role === 'tour').map(t => t.visible)"
    )
    assert page.evaluate(shown) == [True, False]


def test_a_link_to_a_tour_opens_its_stops(tab: _Tab, report: str) -> None:
    page = tab.open(f"{report}#tour-1")
    assert page.locator("#tour-1 table").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_narrow_screen_in_light_and_dark(browser: Any, report: str, scheme: str) -> None:
    tab = _Tab(browser, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page = tab.open(report, drawn=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(12, 22, 19)") == (scheme == "dark")
    assert len(page.screenshot()) > 10_000
    assert tab.faults == []
    tab.context.close()


def test_without_script_everything_can_still_be_read(browser: Any, report: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report)
    text = page.locator("main").text_content()
    for part in ("Missing: chemistry", "T1", "Steel box", "One truck per site", HOSTILE):
        assert part in text
    context.close()


def test_the_page_prints(tab: _Tab, report: str) -> None:
    page = tab.open(report, drawn=True)
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    assert tab.faults == []
