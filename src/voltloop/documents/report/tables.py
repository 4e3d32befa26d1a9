"""Tables of the page: which columns are shown, under which heading, in which unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from voltloop.documents.report import words

__all__ = ["COLUMNS", "Cell", "Column", "Table", "build"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in the frame, its heading with unit, and how a value is written (see ``words.cell``)."""

    key: str
    heading: str
    kind: str = "text"

    @property
    def is_number(self) -> bool:
        """Whether the column is aligned and sorted as a number."""
        return self.kind.isdigit() or self.kind in {"share", "share1", "kwh"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows, the key it sorts by if that differs, and where it leads: pairs of text and address."""

    text: str
    sort: str = ""
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be written: ``total`` counts the rows there are, ``rows`` may be cut short."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: int
    keys: Sequence[str]
    rest_in: str = ""


def _columns(*rows: tuple[str, str] | tuple[str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(*row) for row in rows)


COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    "tours": _columns(
        ("tour_id", "Tour"),
        ("day", "Day", "day"),
        ("depot", "Depot"),
        ("vehicle_type", "Vehicle", "label"),
        ("driver_id", "Driver"),
        ("needs_adr", "Plates", "yes"),
        ("starts_at", "Starts"),
        ("ends_at", "Ends"),
        ("stop_count", "Stops", "0"),
        ("batteries", "Batteries", "0"),
        ("mass_kg", "Mass (kg)", "0"),
        ("positions", "Floor positions", "1"),
        ("points", "Load points", "0"),
        ("km", "Distance (km)", "0"),
        ("driving_h", "Driving (h)", "1"),
        ("duty_h", "Duty (h)", "1"),
        ("cost_eur", "Cost (EUR)", "0"),
        ("co2e_kg", "Emissions (kg CO₂e)", "0"),
    ),
    "stops": _columns(
        ("seq", "Stop", "0"),
        ("arrives", "Arrives"),
        ("departs", "Departs"),
        ("name", "Collection point"),
        ("place", "Place"),
        ("batteries", "Batteries", "0"),
        ("mass_kg", "Mass (kg)", "0"),
        ("points_after", "Load points after", "0"),
    ),
    "loads": _columns(
        ("load_id", "Load"),
        ("kind", "Kind", "label"),
        ("tour_id", "Tour"),
        ("day", "Day", "day"),
        ("origin", "From"),
        ("destination", "To"),
        ("vehicle_type", "Vehicle", "label"),
        ("edition", "Law"),
        ("un_numbers", "UN numbers"),
        ("packages", "Packages", "0"),
        ("batteries", "Batteries", "0"),
        ("net_mass_kg", "Net mass (kg)", "0"),
        ("gross_mass_kg", "Gross mass (kg)", "0"),
        ("points", "Load points", "0"),
        ("obligations", "Obligations"),
        ("documents", "Papers"),
    ),
    "held": _columns(
        ("row", "Row", "0"),
        ("battery_id", "Battery"),
        ("kind", "Why", "label"),
        ("reason", "Reason"),
        ("missing_facts", "Missing fact"),
        ("ask", "Whom to ask"),
        ("place", "Collection point"),
        ("quantity", "Quantity", "0"),
    ),
    "deferred": _columns(
        ("row", "Row", "0"),
        ("battery_id", "Battery"),
        ("kind", "Why", "label"),
        ("reason", "Reason"),
        ("due_on", "Fetch by", "day"),
        ("place", "Collection point"),
        ("quantity", "Quantity", "0"),
    ),
    "findings": _columns(
        ("row", "Row", "0"),
        ("status", "Status", "label"),
        ("code", "Code"),
        ("field", "Field"),
        ("raw", "As given"),
        ("value", "Made of it"),
        ("confidence", "Sure (%)", "share"),
        ("message", "Finding"),
    ),
    "codes": _columns(
        ("code", "Code"),
        ("title", "Finding"),
        ("severity", "Weight", "label"),
        ("rows", "Rows", "0"),
        ("help", "What to do"),
    ),
    "treatments": _columns(
        ("treatment", "Treatment", "label"),
        ("batteries", "Batteries", "0"),
        ("mass_kg", "Mass (kg)", "0"),
        ("energy_wh", "Energy (kWh)", "kwh"),
        ("sites", "Sites", "0"),
        ("net_value_eur", "Net value (EUR)", "0"),
        ("co2e_kg", "Carbon (kg CO₂e)", "0"),
    ),
    "batteries": _columns(
        ("row", "Row", "0"),
        ("battery_id", "Battery"),
        ("model", "Model"),
        ("chemistry", "Chemistry"),
        ("condition", "Condition", "label"),
        ("soh", "Health (%)", "share"),
        ("mass_kg", "Mass of one (kg)", "1"),
        ("quantity", "Quantity", "0"),
        ("un_number", "UN number"),
        ("outcome", "Verdict", "label"),
        ("treatment", "Treatment", "label"),
        ("destination", "Destination"),
        ("net_value_eur", "Net value (EUR)", "0"),
        ("co2e_kg", "Carbon (kg CO₂e)", "0"),
        ("plan_status", "Plan", "label"),
        ("tour_id", "Tour"),
        ("reason", "Why this treatment"),
    ),
    "packaging": _columns(
        ("name", "Packaging"),
        ("packaging_id", "Id"),
        ("depot", "Depot"),
        ("packing_instructions", "Packing instructions"),
        ("used", "Used", "0"),
        ("stock", "In stock", "0"),
        ("left", "Left", "0"),
        ("cost_eur", "Cost (EUR)", "0"),
    ),
    "baselines": _columns(
        ("name", "Way of working"),
        ("tours", "Tours", "0"),
        ("km", "Distance (km)", "0"),
        ("co2e_kg", "Emissions (kg CO₂e)", "0"),
        ("cost_eur", "Cost (EUR)", "0"),
        ("objective_eur", "Cost and carbon (EUR)", "0"),
        ("more", "Against this plan (%)", "share1"),
        ("note", "Note"),
    ),
    "points": _columns(
        ("point_id", "Point"),
        ("name", "Name"),
        ("type", "Kind", "label"),
        ("place", "Place"),
        ("state", "In this plan"),
        ("batteries", "Batteries fetched", "0"),
        ("mass_kg", "Mass fetched (kg)", "0"),
    ),
    "sites": _columns(
        ("site_id", "Site"),
        ("name", "Name"),
        ("kind", "Kind", "label"),
        ("place", "Place"),
        ("is_depot", "Depot", "yes"),
        ("batteries", "Batteries sent here", "0"),
    ),
}
"""The columns of each table, in order; those that a frame lacks are left out."""


def build(
    name: str,
    caption: str,
    frame: pl.DataFrame,
    *,
    limit: int | None = None,
    rest_in: str = "",
    without: Iterable[str] = (),
    links: Mapping[str, Mapping[str, str]] | None = None,
) -> Table:
    """Give the table ``name`` of a frame, columns that hold nothing at all left out.

    Parameters
    ----------
    caption
        What the table lists, read out by screen readers.
    limit
        Most rows shown, the first ones; None shows all.
    rest_in
        File that holds the rows that are not shown.
    without
        Columns to leave out.
    links
        By column, the address behind a value: ``{"tour_id": {"T1": "#tour-0"}}``.
    """
    hidden = set(without)
    columns = [
        column
        for column in COLUMNS[name]
        if column.key in frame.columns
        and column.key not in hidden
        and (frame.height == 0 or _holds_something(frame[column.key]))
    ]
    shown = frame if limit is None else frame.head(limit)
    targets = links or {}
    written = [_cells(shown[column.key], column, targets.get(column.key)) for column in columns]
    rows = [list(row) for row in zip(*written, strict=True)]
    key = COLUMNS[name][0].key
    keys = [str(value) for value in shown[key]] if key in shown.columns else [""] * shown.height
    return Table(name, caption, columns, rows, frame.height, keys, rest_in)


def _holds_something(values: pl.Series) -> bool:
    known = values.drop_nulls()
    return bool((known != "").any()) if known.dtype == pl.String else known.len() > 0


def _cells(values: pl.Series, column: Column, targets: Mapping[str, str] | None) -> list[Cell]:
    cells = []
    for value in values:
        text, sort = words.cell(value, column.kind)
        if column.key == "documents" and value:
            cells.append(Cell("", sort, _papers(value)))
        else:
            target = targets.get(str(value)) if targets and value is not None else None
            cells.append(Cell(text, sort, ((text, target),) if target else ()))
    return cells


def _papers(value: Any) -> tuple[tuple[str, str], ...]:
    paths = value if isinstance(value, list) else str(value).split(";")
    parts = [str(path).strip() for path in paths if str(path).strip()]
    return tuple((path.rsplit("/", 1)[-1], words.address(path)) for path in parts)
