"""What is wrong with a scenario: one small check for each mistake, all told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import polars as pl

from voltloop.errors import nearest
from voltloop.findings import Finding
from voltloop.network.arcs import commodity_words
from voltloop.network.check_book import REFERENCES, Book
from voltloop.network.check_names import check_names
from voltloop.network.connections import check_connections
from voltloop.network.dictionary import scenario_dictionary
from voltloop.network.scenario import TABLES, Scenario

__all__ = ["check_scenario"]

_MASS_KG = {"t": 1000.0, "kg": 1.0}
_KEYS = {
    "recipes": ["activity", "commodity"],
    "stocks": ["site", "commodity"],
    "modes": ["mode"],
    "lanes": ["origin", "destination", "modes", "commodities", "lane"],
    "supply": ["site", "commodity", "period"],
    "demand": ["site", "commodity", "period"],
    "utilities": ["place", "first_period", "last_period"],
}
_DAYS = {"lanes": ("allowed_from", "allowed_until")} | dict.fromkeys(
    ("tariffs", "bans"), ("valid_from", "valid_until")
)
_GAP = timedelta(days=3)


def check_scenario(scenario: Scenario, lines: Mapping[str, Sequence[int]] | None = None) -> list[Finding]:
    """List everything that is wrong with a scenario.

    Parameters
    ----------
    scenario
        Tables may hold nulls where something could not be read.
    lines
        Line of each row by table; the row after a header by default.

    Returns
    -------
    list[Finding]
        Kinds ``scenario-...``; those of weight ``reject`` stand in the way of an answer.
    """
    book = Book(scenario, lines or {})
    for check in _CHECKS:
        check(book)
    check_connections(scenario, book.where, book.tell)
    return book.findings


def _empty(book: Book) -> None:
    for table in ("periods", "commodities", "sites"):
        if not book.scenario.table(table).height:
            book.tell("scenario-empty", f"{table}.csv")
    if not book.scenario.supply.height and not book.scenario.stocks.height:
        book.tell("scenario-no-source", "supply.csv")


def _twice(book: Book) -> None:
    for table in TABLES:
        frame = book.scenario.table(table)
        first_column = frame.columns[0]
        specs = scenario_dictionary()[f"{table}.csv"]
        key = [first_column] if specs[first_column].type == "key" else _KEYS.get(table)
        if key is None:
            continue
        seen: dict[tuple[object, ...], int] = {}
        for row, values in enumerate(frame.select(key).iter_rows()):
            if values[0] is None:
                continue
            if values in seen:
                said = ", ".join(str(value) for value in values if value is not None)
                first = book.where(table, seen[values])
                book.tell("scenario-twice", book.where(table, row), raw=said, value=first)
            seen.setdefault(values, row)


def _choices(book: Book) -> None:
    for table in TABLES:
        for column, spec in scenario_dictionary()[f"{table}.csv"].items():
            if not spec.choices:
                continue
            cells = book.scenario.table(table)[column]
            for row in (cells.is_not_null() & ~cells.is_in(list(spec.choices))).arg_true():
                book.tell(
                    "scenario-choice",
                    book.where(table, row, column),
                    raw=cells[row],
                    value=", ".join(spec.choices),
                    hint=nearest(cells[row], spec.choices),
                )


def _units(book: Book) -> None:
    """Amounts are in the unit of their commodity."""
    commodities = book.scenario.commodities
    unit_of = dict(commodities.select("commodity", "unit").iter_rows())
    for table in ("recipes", "stocks", "supply", "demand", "contracts"):
        rows = book.scenario.table(table).select("commodity", "unit").iter_rows()
        for row, (commodity, unit) in enumerate(rows):
            expected = unit_of.get(commodity)
            if expected is not None and unit is not None and unit != expected:
                book.tell(
                    "scenario-unit",
                    book.where(table, row, "unit"),
                    raw=unit,
                    value=expected,
                    commodity=commodity,
                )
    for row, (unit, mass_kg) in enumerate(commodities.select("unit", "mass_kg_per_unit").iter_rows()):
        expected_kg = _MASS_KG.get(unit)
        if expected_kg is not None and mass_kg is not None and abs(mass_kg - expected_kg) > 1e-9:
            book.tell(
                "scenario-unit-mass",
                book.where("commodities", row, "mass_kg_per_unit"),
                raw=f"{mass_kg:g}",
                value=f"{expected_kg:g}",
                unit=unit,
            )


def _lane_units(book: Book) -> None:
    """Require one unit for a cost per unit."""
    unit_of = dict(book.scenario.commodities.select("commodity", "unit").iter_rows())
    words: dict[str, set[str]] = {}
    for word, commodity in commodity_words(book.scenario).iter_rows():
        words.setdefault(word, set()).add(unit_of[commodity])
    lanes = book.scenario.lanes.select("commodities", "cost_eur_per_unit")
    for row, (cell, cost) in enumerate(lanes.iter_rows()):
        units = {
            unit
            for word in (cell or "*").split(";")
            for unit in words.get(word.strip(), set())
            if unit is not None
        }
        if cost is not None and len(units) > 1:
            book.tell(
                "scenario-lane-units",
                book.where("lanes", row, "cost_eur_per_unit"),
                raw=f"{cost:g}",
                value=", ".join(sorted(units)),
            )


def _yields(book: Book) -> None:
    """No activity gives more mass than it takes."""
    scenario = book.scenario
    mass = scenario.commodities.select("commodity", "mass_kg_per_unit").unique("commodity", keep="first")
    rows = scenario.recipes.with_row_index("row").join(
        mass, on="commodity", how="left", maintain_order="left"
    )
    weighed = rows.with_columns(kg=pl.col("amount_per_run") * pl.col("mass_kg_per_unit"))
    for (activity,), recipe in weighed.group_by("activity", maintain_order=True):
        if activity is None or recipe["kg"].has_nulls():
            continue
        out_kg = float(recipe["kg"].clip(0).sum())
        in_kg = -float(recipe["kg"].clip(None, 0).sum())
        if out_kg > in_kg * (1 + 1e-6) + 1e-9:
            book.tell(
                "scenario-yield",
                book.where("recipes", recipe["row"][0]),
                raw=activity,
                value=f"{out_kg:g}",
                taken=f"{in_kg:g}",
                share=f"{out_kg / in_kg:.3f}" if in_kg > 0 else "infinite",
            )


def _without_recipe(book: Book) -> None:
    known = set(book.scenario.recipes["activity"].drop_nulls())
    for row, activity in enumerate(book.scenario.activities["activity"]):
        if activity is not None and activity not in known and book.scenario.recipes.height:
            book.tell("scenario-no-recipe", book.where("activities", row), raw=activity)


def _periods(book: Book) -> None:
    """Periods are in order, and each begins where the one before ends."""
    rows = book.scenario.periods.select("period", "first_on", "years").rows()
    for row in range(1, len(rows)):
        name, first_on, _ = rows[row]
        before, starts, years = rows[row - 1]
        if first_on is None or starts is None or years is None:
            continue
        where = book.where("periods", row, "first_on")
        expected = starts + timedelta(days=round(years * 365.25))
        if first_on <= starts:
            book.tell("scenario-period-order", where, raw=str(first_on), value=before)
        elif abs(first_on - expected) > _GAP:
            what = "a gap" if first_on > expected else "an overlap"
            book.tell(
                "scenario-period-gap",
                where,
                raw=str(first_on),
                value=f"{years:g}",
                what=what,
                before=before,
                name=name,
            )


def _days(book: Book) -> None:
    for table, (first, last) in _DAYS.items():
        frame = book.scenario.table(table)
        for row in (frame[first] > frame[last]).fill_null(value=False).arg_true():
            book.tell(
                "scenario-dates",
                book.where(table, row),
                raw=str(frame[last][row]),
                value=str(frame[first][row]),
            )


def _spans(book: Book) -> None:
    """Require the first period of a row to be no later than its last."""
    place = {name: number for number, name in enumerate(book.keys("periods"))}
    for table, columns in REFERENCES.items():
        if "last_period" not in columns:
            continue
        spans = book.scenario.table(table).select("first_period", "last_period").iter_rows()
        for row, (first, last) in enumerate(spans):
            if first in place and last in place and place[first] > place[last]:
                book.tell("scenario-dates", book.where(table, row), raw=last, value=first)


def _bands(book: Book) -> None:
    frame = book.scenario.contracts
    rows = frame.select("kind", "commodity", "unit", "least_per_year", "most_per_year").iter_rows()
    for row, (kind, commodity, unit, least, most) in enumerate(rows):
        where = book.where("contracts", row)
        if least is not None and most is not None and least > most:
            book.tell("scenario-band", where, raw=f"{least:g}", value=f"{most:g}")
        if kind == "facility" and unit not in (None, "runs"):
            book.tell("scenario-unit", where, raw=unit, value="runs", commodity="a facility")
        if kind in {"supply", "demand", "lane"} and commodity is None:
            book.tell("scenario-no-commodity", where, raw=kind)


def _lanes(book: Book) -> None:
    """Require a lane to lead elsewhere, and to have a cost or a mode that gives one."""
    known = set(book.scenario.modes["mode"].drop_nulls())
    columns = ["origin", "destination", "modes", "cost_eur_per_t", "cost_eur_per_unit", "kg_co2e_per_t"]
    for row, (origin, destination, modes, per_t, per_unit, kg) in enumerate(
        book.scenario.lanes.select(columns).iter_rows()
    ):
        where = book.where("lanes", row)
        if origin is not None and origin == destination:
            book.tell("scenario-lane-loop", where, raw=origin)
        if modes is not None and modes not in known:
            missing = ["cost_eur_per_t"] if per_t is None and per_unit is None else []
            missing += ["kg_co2e_per_t"] if kg is None else []
            if missing:
                book.tell("scenario-lane-cost", where, raw=modes, value=" and ".join(missing))


def _waste(book: Book) -> None:
    frame = book.scenario.commodities.select("commodity", "is_waste", "waste_code")
    for row, (commodity, is_waste, code) in enumerate(frame.iter_rows()):
        if is_waste and code is None:
            book.tell("scenario-waste-code", book.where("commodities", row), raw=commodity)


_CHECKS: tuple[Callable[[Book], None], ...] = (
    _empty,
    _twice,
    check_names,
    _choices,
    _units,
    _lane_units,
    _yields,
    _without_recipe,
    _periods,
    _days,
    _spans,
    _bands,
    _lanes,
    _waste,
)
