"""Take the pictures of the documentation from a real report: `picture.py PLAN/report.html docs/images`.

Needs Playwright and a Chromium (its place can be given with --chromium). Writes plan.png, the map of the plan, and
report.png, the top of the page.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("report", type=Path, help="report.html of a plan folder")
    parser.add_argument("folder", type=Path, help="folder that the pictures go to")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser to use")
    parser.add_argument("--width", type=int, default=1280, help="width of the window in pixels")
    given = parser.parse_args()

    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as engine:
        browser = engine.chromium.launch(
            executable_path=given.chromium, args=["--no-sandbox", "--headless", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": given.width, "height": 900}, color_scheme="light")
        page.goto(given.report.resolve().as_uri())
        page.wait_for_selector("html[data-drawn=yes]", timeout=120_000)
        page.screenshot(path=given.folder / "report.png")
        page.add_style_tag(
            content=".sections, .modebar-container, #map details, #legend { display: none !important }"
        )
        page.locator("#map").screenshot(path=given.folder / "plan.png")
        browser.close()
    for name in ("plan.png", "report.png"):
        print(given.folder / name)


if __name__ == "__main__":
    main()
