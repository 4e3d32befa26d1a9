"""The page as text: whole without script, escaped, loading nothing from outside."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise

import polars as pl
import pytest

from report_cases import HOSTILE, empty_plan, small_plan
from voltloop.documents.report import render
from voltloop.errors import InputError


class _Page(HTMLParser):
    """Elements, attributes and visible text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.ids: list[str] = []
        self._silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id" and value]
        self._silent += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts).replace("\u202f", "").replace("\u00a0", " "))


def test_the_page_reads_whole_without_script() -> None:
    text = _Page(render(small_plan())).text
    for part in (
        "24 Nov 2026",
        "What needs a decision",
        "Missing: chemistry",
        "10 records in the list = 4 accepted + 2 accepted with findings",
        "Łódź garage",
        "Hub Brno",
        "Does not pay yet.",
        "14 Dec 2026",
        "Ten times the model's energy.",
        "Steel box",
        "One truck per site",
        "US dollar",
        "estimate",
        "OpenStreetMap",
        "Natural Earth",
    ):
        assert part in text


def test_decisions_stand_before_everything_else() -> None:
    ids = _Page(render(small_plan())).ids
    sections = [
        "decisions",
        "summary",
        "map",
        "tours",
        "loads",
        "held",
        "treatment",
        "money",
        "carbon",
        "packaging",
    ]
    places = [ids.index(name) for name in [*sections, "list", "basis"]]
    assert places == sorted(places)


def test_empty_sections_say_what_would_fill_them() -> None:
    page = render(empty_plan())
    text = _Page(page).text
    for part in (
        "Nothing is forbidden",
        "No tour is planned",
        "Nothing is held",
        "No packaging is used",
        "No load",
    ):
        assert part in text
    assert len(page) < 200_000, "without a figure there is no need for Plotly"


def test_hostile_names_are_shown_and_never_run() -> None:
    data = small_plan(HOSTILE)
    frames = {
        "tours": data.tours.with_columns(vehicle_type=pl.lit(HOSTILE), driver_id=pl.lit(HOSTILE)),
        "held": data.held.with_columns(
            reason=pl.lit(HOSTILE), ask=pl.lit(HOSTILE), missing_facts=pl.lit(HOSTILE)
        ),
        "sites": data.sites.with_columns(name=pl.lit(HOSTILE)),
        "baselines": data.baselines.with_columns(name=pl.lit(HOSTILE)),
    }
    page = render(
        replace(
            data,
            title=HOSTILE,
            returns_name=HOSTILE,
            network_name=HOSTILE,
            cost_parts={HOSTILE: 1.0},
            **frames,
        )
    )
    parsed = _Page(page)
    scripts = [attributes for tag, attributes in parsed.tags if tag == "script"]
    assert {attributes.get("type") for attributes in scripts} == {"application/json", "text/plain", "module"}
    assert not [tag for tag, _ in parsed.tags if tag == "img"]
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    assert HOSTILE in "".join(parsed.texts)


def test_data_in_script_elements_cannot_end_them() -> None:
    page = render(small_plan("</script><b>"))
    blocks = re.findall(r'<script type="application/json" id="([\w-]+)">(.*?)</script>', page, re.DOTALL)
    assert [name for name, _ in blocks] == ["data-map", "data-flows", "data-colours"]
    for _, block in blocks:
        assert json.loads(block)
        assert not set("<>&") & set(block)


def test_nothing_is_loaded_from_outside() -> None:
    page = render(small_plan())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", page)
    links = [
        value
        for _, attributes in _Page(page).tags
        for name, value in attributes.items()
        if name in {"href", "src"}
    ]
    assert links
    assert all(str(link).startswith(("#", "./", "data:,")) for link in links)


def test_links_within_the_page_have_their_target_and_ids_are_unique() -> None:
    parsed = _Page(render(small_plan()))
    assert len(parsed.ids) == len(set(parsed.ids))
    wanted = {
        str(attributes["href"])[1:]
        for tag, attributes in parsed.tags
        if tag == "a" and attributes["href"] != "#"
    }
    assert {link for link in wanted if not link.startswith("/")} <= set(parsed.ids)


def test_headings_and_landmarks_are_real() -> None:
    parsed = _Page(render(small_plan()))
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    tags = [tag for tag, _ in parsed.tags]
    for landmark in ("header", "nav", "main", "footer"):
        assert tags.count(landmark) == 1
    assert tags.count("table") == tags.count("caption")
    assert ("html", {"lang": "en"}) in parsed.tags


def test_the_same_plan_gives_the_same_page() -> None:
    assert render(small_plan()) == render(small_plan())


def test_a_sum_that_does_not_hold_is_said_loudly() -> None:
    text = _Page(render(replace(small_plan(), list_records=11))).text
    assert "This sum does not hold" in text


def test_a_missing_column_is_a_clear_error() -> None:
    with pytest.raises(InputError, match="tour_id"):
        render(replace(small_plan(), tours=pl.DataFrame({"km": [1.0]})))


def test_a_large_plan_stays_light() -> None:
    """2,000 batteries stay below 8 MB, with Plotly's script inside."""
    rows = list(range(2000))
    batteries = pl.DataFrame(
        {
            "row": rows,
            "battery_id": [f"RB-{row:06d}" for row in rows],
            "model": ["Model 3 LR NCA 82 kWh"] * 2000,
        }
    )
    reason = "Recycled at a site 412 km away: 74 % state of health is below the 80 % reuse band; net 35 EUR."
    treatments = pl.DataFrame({"row": rows, "treatment": ["recycle"] * 2000, "reason": [reason] * 2000})
    page = render(replace(small_plan(), batteries=batteries, treatments=treatments))
    assert 1_000_000 < len(page.encode()) < 8_000_000


def test_days_that_are_text_and_tours_without_optional_columns_are_shown() -> None:
    data = small_plan()
    text_days = data.tours.with_columns(day=pl.col("day").cast(pl.String))
    assert "2026-11-24" in render(replace(data, tours=text_days))
    assert "T1" in render(replace(data, tours=data.tours.select("tour_id")))


def _palettes() -> dict[str, dict[str, str]]:
    style = (resources.files("voltloop.documents.report") / "template" / "report.css").read_text(
        encoding="utf-8"
    )
    blocks = {
        "light": re.search(r"^:root \{(.*?)\n\}", style, re.DOTALL | re.MULTILINE),
        "system dark": re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\n\}', style, re.DOTALL),
        "dark": re.search(r':root\[data-theme="dark"\] \{(.*?)\n\}', style, re.DOTALL),
    }
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block[1]))
        for name, block in blocks.items()
        if block
    }


def _contrast(left: str, right: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(left), light(right)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_both_ways_to_dark_have_the_same_colours() -> None:
    assert _palettes()["dark"] == _palettes()["system dark"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        *(
            (text, ground, 4.5)
            for text in ("ink", "soft", "accent")
            for ground in ("paper", "ground", "note-soft")
        ),
        ("accent", "accent-soft", 4.5),
        *((tone, f"{tone}-soft", 4.5) for tone in ("stop", "ask", "held", "look", "note")),
        *(("ink", f"{tone}-soft", 4.5) for tone in ("stop", "ask", "held", "look", "wait", "note")),
        *(
            (text, f"{tone}-soft", 4.5)
            for text in ("soft", "accent")
            for tone in ("stop", "ask", "held", "look", "wait")
        ),
        ("good", "paper", 4.5),
        ("stop", "paper", 4.5),
        *((f"c{at}", ground, 3.0) for at in range(10) for ground in ("land", "sea")),
        *((mark, ground, 3.0) for mark in ("wait", "site", "ink") for ground in ("land", "sea")),
    ],
)
def test_colours_have_the_contrast_of_wcag_aa(theme: str, text: str, ground: str, least: float) -> None:
    palettes = _palettes()
    palette = {**palettes["light"], **palettes[theme]}
    assert _contrast(palette[text], palette[ground]) >= least


def test_the_first_day_stands_in_the_title() -> None:
    page = render(replace(empty_plan(), on=date(2027, 1, 5)))
    assert "<title>Collection plan, 5\u00a0Jan\u00a02027</title>" in page
