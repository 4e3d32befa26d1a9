"""Draw the page of a report."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from voltloop.documents.report import bars, figures, summary, views, words
from voltloop.documents.report.data import Assumption, ReportData
from voltloop.documents.report.decisions import decisions
from voltloop.documents.report.still import still_map
from voltloop.documents.report.tables import Table, build

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render"]

_MOST_BATTERIES: Final = 4000
_MOST_FINDINGS: Final = 3000
_MOST_WAITING: Final = 3000
_MOST_PLACES: Final = 2000


@dataclass(frozen=True, slots=True)
class _Tour:
    """One tour as its own block of the page: the row of the frame, its stops, its place on the day board."""

    index: int
    row: Mapping[str, Any]
    stops: Table
    bar: tuple[float, float] | None


def render(data: ReportData) -> str:
    """Give the report as one HTML page that loads nothing from outside.

    The same data give the same page, byte for byte. Names are escaped wherever they stand. Without script the page
    can be read whole; with script there are map, charts, sorting and filters.

    Raises
    ------
    InputError
        Code ``report-column-missing``: a frame lacks a column that the page needs.
    """
    views.check(data)
    tours, stops = views.tours(data), views.stops(data)
    points, sites, flows = views.points(data), views.sites(data), views.flows(data)
    comparison = views.baselines(data)
    links = (
        {str(tour): f"#tour-{index}" for index, tour in enumerate(tours["tour_id"])} if tours.height else {}
    )
    found = {
        "map": figures.tour_map(data, tours, stops, points, sites),
        "flows": figures.flow_chart(flows),
    }
    blocks = _tour_blocks(tours, stops)
    drawn = {name: figure for name, figure in found.items() if figure is not None}
    return (
        _environment()
        .get_template("report.html")
        .render(
            data=data,
            decisions=decisions(data),
            tiles=summary.tiles(data),
            sentences=summary.sentences(data),
            sums=summary.sums(data),
            tables=_tables(data, tours, links, points, sites, comparison),
            tours=blocks,
            board=_by_day(blocks),
            plan_findings=views.plan_findings(data),
            charts={
                "cost": bars.parts(data.cost_parts, "Cost by component", "EUR"),
                "comparison": bars.compare(comparison, "Cost and carbon of this plan and of other ways"),
                "carbon": bars.parts(data.carbon_parts, "Carbon by component", "kg CO₂e", "warm"),
            },
            hours=summary.board_hours(tours),
            assumptions=_grouped(data),
            figures=drawn,
            still=_trusted(still_map(drawn["map"])) if "map" in drawn else "",
            colours=figures.colours(tours),
            plotly=_plotly() if drawn else "",
            style=_own("report.css"),
            script=_own("report.js"),
        )
    )


def _tables(
    data: ReportData,
    tours: pl.DataFrame,
    links: Mapping[str, str],
    points: pl.DataFrame,
    sites: pl.DataFrame,
    comparison: pl.DataFrame,
) -> dict[str, Table]:
    to_tour = {"tour_id": links}
    held, deferred = views.held(data.held, data), views.held(data.deferred, data)
    batteries, found = views.batteries(data), views.row_findings(data)
    return {
        table.name: table
        for table in (
            build("tours", "Tours of the plan", tours, links=to_tour),
            build("loads", "Loads with their papers", views.loads(data), links=to_tour),
            build("held", "Batteries held", held, limit=_MOST_WAITING, rest_in="held.csv"),
            build("deferred", "Batteries deferred", deferred, limit=_MOST_WAITING, rest_in="deferred.csv"),
            build("codes", "Findings of the list by kind", views.codes(data)),
            build("findings", "Findings of the list", found, limit=_MOST_FINDINGS, rest_in="findings.csv"),
            build("treatments", "Batteries by treatment", views.treatments(data)),
            build(
                "batteries",
                "Accepted batteries",
                batteries,
                limit=_MOST_BATTERIES,
                rest_in="batteries.parquet",
                links=to_tour,
            ),
            build("packaging", "Packagings used", views.packaging(data)),
            build("baselines", "This plan and other ways to do the same work", comparison),
            build("points", "Collection points", points, limit=_MOST_PLACES),
            build("sites", "Depots and treatment sites", sites, limit=_MOST_PLACES),
        )
    }


def _tour_blocks(tours: pl.DataFrame, stops: pl.DataFrame) -> list[_Tour]:
    if not tours.height:
        return []
    by_tour = (
        {key[0]: part for key, part in stops.group_by("tour_id", maintain_order=True)} if stops.height else {}
    )
    start, end = summary.board_hours(tours)
    blocks = []
    for index, row in enumerate(tours.iter_rows(named=True)):
        own = by_tour.get(row["tour_id"], stops.clear())
        caption = f"Stops of tour {row['tour_id']}"
        blocks.append(_Tour(index, row, build("stops", caption, own), summary.bar(row, start, end)))
    return blocks


def _by_day(blocks: list[_Tour]) -> dict[str, list[_Tour]]:
    days: dict[str, list[_Tour]] = {}
    for block in blocks:
        days.setdefault(words.cell(block.row.get("day"), "day")[0], []).append(block)
    return days


def _grouped(data: ReportData) -> dict[str, list[Assumption]]:
    groups: dict[str, list[Assumption]] = {}
    for assumption in data.assumptions:
        groups.setdefault(assumption.group, []).append(assumption)
    return groups


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("voltloop.documents.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = (
        "address",
        "carbon",
        "count",
        "day",
        "label",
        "mass",
        "moment",
        "money",
        "number",
        "plural",
        "share",
    )
    environment.filters.update({f"as_{name}": getattr(words, name) for name in names})
    environment.filters["as_cell"] = lambda value, kind: words.cell(value, kind)[0]
    environment.filters["as_data"] = _as_data
    return environment


def _trusted(text: str) -> Any:
    """Give markup of our own making, which is not escaped again."""
    from markupsafe import Markup

    return Markup(text)


def _as_data(value: Any) -> Any:
    """Give JSON that may stand inside a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return _trusted(text)


def _own(name: str) -> Any:
    folder = resources.files("voltloop.documents.report") / "template"
    return _trusted((folder / name).read_text(encoding="utf-8"))


@cache
def _plotly() -> str:
    """Give Plotly's script from its package, compressed, as text: a third of its size."""
    script = (resources.files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    return base64.b64encode(gzip.compress(script, compresslevel=6, mtime=0)).decode("ascii")
