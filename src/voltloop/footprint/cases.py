"""Footprints of many packs: a table of cases in, a table of treatments out, with what could not be told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from voltloop.errors import InputError, nearest
from voltloop.findings import Finding, make
from voltloop.footprint.factors import Grid, design, grid, grid_of
from voltloop.footprint.legs import Leg
from voltloop.footprint.pack import Footprint, Pack
from voltloop.footprint.recycling import RECYCLING_PROCESSES
from voltloop.footprint.treatments import new_pack, recycled, remanufactured, second_life

__all__ = ["CASE_COLUMNS", "Case", "CaseResults", "case_footprints", "footprints_of", "parse_legs"]

CASE_COLUMNS: Final = (
    "case_id", "chemistry", "energy_kwh", "soh", "mass_kg", "grid", "year", "made_in", "made_in_year", "legs",
    "replaced_share", "displaced_share", "efficiency", "recovery",
)  # fmt: skip
"""Columns of a table of cases. ``chemistry``, ``energy_kwh`` and ``grid`` are needed, the others may be left out."""

_NEEDED = ("chemistry", "energy_kwh", "grid")


@dataclass(frozen=True)
class Case:
    """One pack in its circumstances.

    Attributes
    ----------
    case_id
        Name of the case.
    pack
        The pack.
    grid, made_in
        Electricity where it is treated, and where new batteries are made.
    legs
        Way of the pack to where it is treated.
    replaced_share, displaced_share
        Of remanufacturing; None takes the usual ones.
    efficiency, recovery
        Of recycling, against the reference plant.
    """

    case_id: str
    pack: Pack
    grid: Grid
    made_in: Grid
    legs: tuple[Leg, ...] = ()
    replaced_share: float | None = None
    displaced_share: float | None = None
    efficiency: float = 1.0
    recovery: float = 1.0


@dataclass(frozen=True)
class CaseResults:
    """Footprints of a table of cases.

    Attributes
    ----------
    cases
        Accepted cases and their footprints, in order.
    rejected
        Rows that cannot be told: ``row`` (from 1), ``case_id``, ``code``, ``reason``. Rows in = accepted + rejected.
    findings
        The same in words, and what weakens accepted rows.
    """

    cases: tuple[tuple[Case, tuple[Footprint, ...]], ...]
    rejected: pl.DataFrame
    findings: tuple[Finding, ...]

    @property
    def table(self) -> pl.DataFrame:
        """One row per case and treatment, both views beside each other: never to be added."""
        rows = [_row(case, done) for case, footprints in self.cases for done in footprints]
        return pl.DataFrame(rows, infer_schema_length=None)


def parse_legs(text: str) -> tuple[Leg, ...]:
    """Read legs written as ``VEHICLE:KM[:LOAD[:EMPTY]]``, joined by semicolons.

    Raises
    ------
    InputError
        ``footprint-leg``.

    Examples
    --------
    >>> parse_legs("artic_40t:800:0.7:0.2; rail:500")[1]
    Leg(vehicle='rail', distance_km=500.0, load=None, empty_share=None)
    """
    return tuple(_leg(part.strip()) for part in text.split(";") if part.strip())


def _leg(text: str) -> Leg:
    name, *numbers = (cell.strip() for cell in text.split(":"))
    try:
        values = [float(cell) for cell in numbers]
    except ValueError:
        values = []
    if not name or not 1 <= len(values) <= 3:
        raise InputError(
            f'"{text}" is no transport leg. Expected VEHICLE:KM, or VEHICLE:KM:LOAD:EMPTY with shares from 0 to 1, '
            "such as artic_40t:800 or artic_40t:800:0.7:0.2.",
            code="footprint-leg",
        )
    return Leg(name, *values)


def case_footprints(case: Case) -> tuple[Footprint, ...]:
    """Give the footprints of one case: new, remanufactured, second life, recycled by each process.

    The second life is left out where the state of health is not known.

    Raises
    ------
    InputError
        Codes of the treatments.
    """
    made = new_pack(case.pack, case.made_in)
    restored = remanufactured(
        case.pack, case.grid, made_in=case.made_in, legs=case.legs,
        replaced_share=case.replaced_share, displaced_share=case.displaced_share,
    )  # fmt: skip
    another = (
        []
        if case.pack.soh is None
        else [second_life(case.pack, case.grid, made_in=case.made_in, legs=case.legs)]
    )
    gone = [
        recycled(
            case.pack, process, case.grid, efficiency=case.efficiency, recovery=case.recovery, legs=case.legs
        )
        for process in RECYCLING_PROCESSES
    ]
    return (made, restored, *another, *gone)


def footprints_of(table: pl.DataFrame, defaults: Mapping[str, str] | None = None) -> CaseResults:
    """Give the footprints of a table of cases.

    Parameters
    ----------
    table
        Columns of :data:`CASE_COLUMNS`, as text or typed; empty cells count as left out. Energy in kWh, mass in kg,
        shares 0 to 1; ``grid`` and ``made_in`` a code of ``grids.csv`` or a number of g CO2e/kWh; ``legs`` as in
        :func:`parse_legs`.
    defaults
        Values for cells that are empty or columns that are missing.

    Raises
    ------
    InputError
        ``footprint-columns``: a needed column is missing, and no default is given.
    """
    given = dict(defaults or {})
    missing = [name for name in _NEEDED if name not in table.columns and not given.get(name)]
    if missing:
        further = ", ".join(name for name in CASE_COLUMNS if name not in _NEEDED)
        guesses = "".join(nearest(name, table.columns) for name in missing)
        raise InputError(
            f"Nothing says {', '.join(missing)}: it is neither a column of the table nor an option.{guesses} Needed "
            f"are {', '.join(_NEEDED)}; there may be {further}. "
            f"Give --{missing[0].replace('_', '-')}, or name the columns so.",
            code="footprint-columns",
        )
    findings = [
        make("footprint-column-ignored", where="The table of cases", field=name)
        for name in table.columns
        if name not in CASE_COLUMNS and name != "unreadable"
    ]
    cases, rejected = [], []
    for number, row in enumerate(table.iter_rows(named=True), start=1):
        cells = {**given, **{name: _text(cell) for name, cell in row.items() if _text(cell)}}
        name = cells.get("case_id") or f"row {number}"
        try:
            case = _case(name, cells)
            footprints = case_footprints(case)
        except InputError as error:
            findings.append(make(error.code, where=name, value=error.message))
            rejected.append({"row": number, "case_id": name, "code": error.code, "reason": error.message})
            continue
        cases.append((case, footprints))
        findings += _weaknesses(case)
    schema = {"row": pl.Int64, "case_id": pl.String, "code": pl.String, "reason": pl.String}
    return CaseResults(tuple(cases), pl.DataFrame(rejected, schema=schema), tuple(findings))


def _text(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    return str(cell).strip()


def _case(name: str, cells: Mapping[str, str]) -> Case:
    if cells.get("unreadable"):
        raise InputError(f"The row cannot be taken apart: {cells['unreadable']}.", code="footprint-number")
    for column in _NEEDED:
        if column not in cells:
            raise InputError(f"{column} is empty. Give it.", code="footprint-missing")
    place = _grid(cells["grid"], cells.get("year"), "year")
    elsewhere = cells.get("made_in")
    soh, mass = _number(cells, "soh"), _number(cells, "mass_kg")
    efficiency, recovery = _number(cells, "efficiency"), _number(cells, "recovery")
    return Case(
        name,
        Pack(cells["chemistry"], _number(cells, "energy_kwh") or 0.0, soh, mass),
        place,
        _grid(elsewhere, cells.get("made_in_year"), "made_in_year") if elsewhere else place,
        parse_legs(cells.get("legs", "")),
        _number(cells, "replaced_share"),
        _number(cells, "displaced_share"),
        1.0 if efficiency is None else efficiency,
        1.0 if recovery is None else recovery,
    )


def _number(cells: Mapping[str, str], column: str) -> float | None:
    text = cells.get(column)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f'{column} is "{text}". A number with a point and without unit was expected, such as 0.8. Correct it.',
            code="footprint-number",
        ) from None


def _grid(place: str, year: str | None, column: str) -> Grid:
    try:
        return grid_of(float(place))
    except ValueError:
        pass
    if year is not None and not year.isdigit():
        raise InputError(
            f'{column} is "{year}". A year such as 2024 was expected. Correct it.',
            code="footprint-year-unknown",
        )
    return grid(place, None if year is None else int(year))


def _weaknesses(case: Case) -> list[Finding]:
    found = []
    made = design(case.pack.chemistry)
    plain = case.pack.chemistry.upper().replace(" ", "").replace("(", "").replace(")", "").replace("-", "")
    if plain not in (made.chemistry, made.chemistry.replace("NMC", "NCM")) or made.is_estimate:
        found.append(
            make(
                "footprint-chemistry-estimate",
                where=case.case_id,
                raw=case.pack.chemistry,
                value=made.chemistry,
            )
        )
    if case.pack.soh is None:
        found.append(make("footprint-soh-missing", where=case.case_id))
    if case.grid.is_energy_estimated:
        found.append(make("footprint-energy-estimated", where=case.case_id, value=case.grid.code))
    return found


def _row(case: Case, done: Footprint) -> dict[str, object]:
    row: dict[str, object] = {
        "case_id": case.case_id,
        "treatment": done.treatment,
        "unit": done.unit,
        "units_per_pack": done.amount,
    }
    for account in (done.cut_off, done.avoided_burden):
        whole = account.impacts
        each = whole * (1.0 / done.amount) if done.amount > 0 else None
        for burden in ("co2e_kg", "energy_mj", "water_l"):
            row[f"{account.view}_{burden}_per_pack"] = getattr(whole, burden)
            row[f"{account.view}_{burden}_per_unit"] = None if each is None else getattr(each, burden)
    return row | {f"kept_{element}_kg": kg for element, kg in done.kept_kg.items()}
