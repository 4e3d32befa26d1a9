"""The walk from bytes to the battery table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from voltloop.batteries._condition import conditions
from voltloop.batteries._date_columns import DateColumn
from voltloop.batteries._days import days
from voltloop.batteries._energy_mass import energy_and_mass
from voltloop.batteries._facts import fill_and_check
from voltloop.batteries._grid import Grid
from voltloop.batteries._header import Column, find_header, header_languages, map_columns, recognised
from voltloop.batteries._kinds import kinds
from voltloop.batteries._measures import file_proof, quantities, shares
from voltloop.batteries._not_batteries import not_batteries
from voltloop.batteries._notes import Notes
from voltloop.batteries._open import open_grid
from voltloop.batteries._places import CountryAt, places
from voltloop.batteries._report import report
from voltloop.batteries._rows import changed_header, ignored_rows, units_row
from voltloop.batteries._serials import duplicates, identifiers
from voltloop.batteries._text import looks_garbled, repair
from voltloop.batteries._words import is_missing
from voltloop.batteries._work import Work
from voltloop.batteries.result import ReadResult
from voltloop.errors import InputError

__all__ = ["read_list"]

_ALWAYS_TEXT = ("condition", "remark", "description")
_FREE = (
    "battery_id",
    "serial",
    "manufacturer",
    "model",
    "site",
    "site_kind",
    "owner",
    "diagnostic_source",
    "remark",
    "description",
    "chemistry",
    "form",
    "condition",
    "reason",
)


def read_list(
    data: bytes,
    name: str,
    *,
    on: date,
    points: pl.DataFrame | None = None,
    country_at: CountryAt | None = None,
) -> ReadResult:
    r"""Read a list of returned batteries, however it was exported.

    Parameters
    ----------
    data
        The whole file: CSV, TSV or other delimited text in UTF-8, UTF-16 or Windows-1252, a workbook, Parquet, or
        JSON lines. The content decides, not the name.
    name
        Name of the file, for messages.
    on
        Day of reading. A return after it is a contradiction; it also places years of two digits.
    points
        Collection points of the network (``point_id``, ``name``, ``country``, ``lat``, ``lon``), if there is one. Sites
        that name one get its place where the list has none.
    country_at
        Names the country of coordinates; the catalogue's own when not given.

    Returns
    -------
    ReadResult
        Every record of the file is in exactly one status; nothing is guessed without a finding.

    Raises
    ------
    InputError
        ``empty-file``, ``binary-file``, ``unreadable-format``, ``unknown-format``, ``no-table`` (no header that names
        at least two known columns) or ``no-usable-rows`` (nothing below the header).

    Examples
    --------
    >>> text = "Seriennummer;Modell;Hersteller;Chemie;Zustand;Land\nA1;Leaf 40 kWh;Nissan;NMC;gut;Deutschland\n"
    >>> result = read_list(text.encode(), "returns.csv", on=date(2026, 11, 23))
    >>> result.batteries.select("serial", "energy_wh", "mass_kg", "condition", "country").row(0)
    ('A1', 40000.0, 303.0, 'ok', 'DE')
    >>> [finding["code"] for finding in result.entries[1]["findings"]]
    ['energy-from-model', 'mass-from-model', 'form-from-model']
    """
    if country_at is None:
        from voltloop.catalogue import country_at as country_at_of_catalogue

        country_at = country_at_of_catalogue
    grid = open_grid(data, name, recognised)
    header, columns = _header(grid, name)
    has_units = header is not None and units_row(grid, header, columns)
    lost = {row: why for row, why in grid.broken.items() if why == "broken-record"}
    ignored = {
        row: told for row, told in ignored_rows(grid, header, columns, has_units).items() if row not in lost
    }
    notes = Notes()
    for row, (code, text) in sorted(ignored.items()):
        notes.add(row, code, "", text or None)
    for row, why in grid.broken.items():
        if row not in ignored:
            notes.add(row, why, "", _shown(grid, row), None, 0.0)
    body = [row for row in range(1, grid.height + 1) if row not in ignored and row not in lost]
    if not body and not lost:
        raise InputError(
            f"{name} has a header and no batteries below it: all {grid.height} records are titles, totals, notes or "
            "blank. Give a list with at least one battery.",
            code="no-usable-rows",
        )
    work = _work(grid, columns, body, notes, on)
    _ragged(work, grid, columns, body)
    changed = changed_header(grid, header, ignored)
    if changed is not None:
        for row in body:
            if row >= changed:
                notes.add(row, "header-changed", "", _shown(grid, row), None, 0.0, header=changed)
    proof = file_proof(work)
    dates = understand(work, proof, points, country_at)
    layout = _layout(grid, header, columns, dates, proof)
    return report(grid, columns, work, ignored, layout)


def understand(
    work: Work, proof: str, points: pl.DataFrame | None, country_at: CountryAt
) -> dict[str, DateColumn]:
    """Fill the values of ``work``; the order matters, since later steps hold against what earlier ones found."""
    kinds(work)
    quantities(work, proof)
    identifiers(work)
    found_dates = days(work)
    found = energy_and_mass(work, proof)
    excluded = not_batteries(work, work.values["energy_wh"], found)
    fill_and_check(work, found)
    shares(work, "soh", proof)
    shares(work, "soc", proof)
    places(work, points, country_at)
    conditions(work)
    duplicates(work, excluded)
    work.notes.keep_only(set(work.rows.filter(excluded)), "not-a-battery")
    return found_dates


def _header(grid: Grid, name: str) -> tuple[int | None, list[Column]]:
    if grid.names is not None:
        header, headers = None, [*grid.names]
        score = recognised(headers)
    else:
        header = find_header(grid.cells)
        headers = [text or "" for text in grid.cells.row(header)] if header is not None else []
        score = 2 if header is not None else 0
    if score < 2:
        first = [text for text in (headers or (grid.cells.row(0) if grid.height else ())) if text][:6]
        raise InputError(
            f"{name} has no header that is known here. A record must name at least two columns, such as serial, model, "
            f"energy, mass or site, in English, German, French, Spanish, Italian or Dutch; the file "
            f"begins with {first}. "
            "Add or rename the header line.",
            code="no-table",
        )
    start = 0 if header is None else header + 1
    return header, map_columns(headers, grid.cells.slice(start))


def _work(grid: Grid, columns: Sequence[Column], body: list[int], notes: Notes, on: date) -> Work:
    """Take the rows of the list out of the grid, by meaning; mend encodings, drop "n/a", flag formulas."""
    places_ = pl.Series([row - 1 for row in body], dtype=pl.UInt32)
    cells = grid.cells[places_] if len(body) != grid.height else grid.cells
    typed = None if grid.typed is None else (grid.typed[places_] if len(body) != grid.height else grid.typed)
    work = Work(rows=pl.Series(body, dtype=pl.Int64), on=on, notes=notes)
    work.languages = header_languages(columns)
    for column in columns:
        texts = cells[str(column.index)]
        if texts.null_count() == len(texts) and not column.name:
            continue
        mended = _mend(work, texts, column)
        if not column.name:
            if column.header and mended.str.contains(r"\pL").any():
                label = (
                    column.header
                    if column.header not in work.unknown
                    else f"{column.header} ({column.index + 1})"
                )
                work.unknown[label] = mended
            continue
        if column.name == "line":
            continue
        work.columns[column.name] = column
        work.cells[column.name] = mended
        work.raw[column.name] = mended if column.name in _ALWAYS_TEXT else _without_missing(mended)
        if typed is not None:
            work.typed[column.name] = typed[str(column.index)].fill_null(False)
    return work


def _mend(work: Work, texts: pl.Series, column: Column) -> pl.Series:
    """Repair garbled encodings and single spaces, each change of letters with a finding."""
    field = _PUBLIC.get(column.name, column.name)
    unique = texts.drop_nulls().unique()
    odd = unique.filter(unique.str.contains(r"[^\x20-\x7e]|  "))
    changed: dict[str, str] = {}
    for text in odd:
        mended = repair(text) if looks_garbled(text) else text
        if mended != text:
            changed[text] = mended
    if changed:
        mask = texts.is_in(list(changed)).fill_null(False)
        work.mark(mask, "mojibake-repaired", field or column.header, texts, texts.replace(changed), 0.9)
        texts = texts.replace(changed)
    work.mark(
        texts.str.contains("\ufffd").fill_null(False),
        "text-damaged",
        field or column.header,
        texts,
        texts,
        0.3,
    )
    if column.name in _FREE or not column.name:
        formula = texts.str.contains(r"^[=@+\t-]").fill_null(False)
        if formula.any():
            number = texts.str.contains(r"^-?\d+(?:[.,]\d+)?$|^-+$").fill_null(False)
            work.mark(formula & ~number, "formula-like", field or column.header, texts, texts)
    return texts.str.replace_all(r"[\s\x{200b}\x{feff}]+", " ").str.strip_chars()


_PUBLIC = {
    "energy": "energy_wh",
    "energy_total": "energy_wh",
    "capacity": "energy_wh",
    "voltage": "energy_wh",
    "mass": "mass_kg",
    "mass_total": "mass_kg",
    "position": "lat",
    "city": "site",
    "line": "",
}


def _without_missing(texts: pl.Series) -> pl.Series:
    """Blank the cells that only say that there is no value; their words are short and have no digits."""
    short = texts.filter(
        (texts.str.len_chars() < 30) & (~texts.str.contains(r"\d") | texts.str.starts_with("#"))
    )
    missing = [text for text in short.unique() if is_missing(text)]
    if not missing:
        return texts
    return (
        pl.DataFrame({"text": texts}).select(pl.when(~pl.col("text").is_in(missing)).then("text")).to_series()
    )


def _shown(grid: Grid, row: int) -> str:
    return " | ".join(cell for cell in grid.cells.row(row - 1) if cell)[:200]


def _ragged(work: Work, grid: Grid, columns: Sequence[Column], body: list[int]) -> None:
    """Note rows with more cells than the header has columns: their values may stand in the wrong place."""
    if grid.widths is None or grid.names is not None:
        return
    width = max((column.index + 1 for column in columns if column.header), default=0)
    for row in body:
        cells = grid.widths[row - 1]
        if cells > width and row not in grid.broken:
            work.notes.add(row, "ragged-row", "", _shown(grid, row), None, 0.0, cells=cells, width=width)


def _layout(
    grid: Grid, header: int | None, columns: Sequence[Column], dates: dict[str, DateColumn], decimal: str
) -> dict[str, Any]:
    return {
        **grid.facts,
        "records": grid.height,
        "header_row": None if header is None else header + 1,
        "columns": [
            {
                "header": column.header,
                "meaning": column.name or None,
                "unit": column.unit.name if column.unit else None,
                "how": column.how or None,
            }
            for column in columns
            if column.header
        ],
        "dates": {name: {"order": column.order, "proof": column.proof} for name, column in dates.items()},
        "decimal_sign": decimal or None,
    }
