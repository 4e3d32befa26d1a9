"""Areas of a store and the lots in them, read into typed tables; what cannot be becomes a finding per row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import dataframely as dy
import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.storage.book import StorageBook
from voltloop.compliance.storage.tables import Bits, FactReader, Facts, bits_of, kept, plain
from voltloop.compliance.vocabulary import Fact
from voltloop.errors import InputError, nearest
from voltloop.findings import Finding, make

__all__ = [
    "AREA_KEYS",
    "LOT_KEYS",
    "UNREADABLE",
    "StoreAreaSchema",
    "StoreLotSchema",
    "read_areas",
    "read_lots",
]

AREA_KEYS = ("area_id", "site_id", "country", "codes")
"""Columns of the table of areas that are no facts."""

LOT_KEYS = ("lot_id", "area_id", "group_id", "chemistry", "since_on")
"""Columns of the stock list that are no facts."""

UNREADABLE = "unreadable"
"""Column in which a reader of files says why a row could not be taken apart; such rows are rejected."""

_ALSO = {"battery_id": "lot_id", "kind": "area_kind"}


class StoreAreaSchema(dy.Schema):
    """Areas of a store; further columns are facts of ``area_facts.csv``, null where nobody stated them."""

    area_id = dy.String(primary_key=True, min_length=1)
    site_id = dy.String(min_length=1)
    country = dy.String(regex="^[A-Z]{2}$")
    codes = dy.String(nullable=True)
    area_kind = dy.String(nullable=True)
    placement = dy.String(nullable=True)
    site_kind = dy.String(nullable=True)


class StoreLotSchema(dy.Schema):
    """Lots of a stock list; energy, lithium, mass and volume are of one unit, and a null is not stated."""

    lot_id = dy.String(primary_key=True, min_length=1)
    area_id = dy.String(min_length=1)
    group_id = dy.String(nullable=True)
    chemistry = dy.String(nullable=True)
    since_on = dy.Date(nullable=True)
    state = dy.String(nullable=True)
    quantity = dy.Float64(nullable=True, min=1)
    energy_wh = dy.Float64(nullable=True, min_exclusive=0)
    lithium_g = dy.Float64(nullable=True, min=0)
    mass_kg = dy.Float64(nullable=True, min_exclusive=0)
    volume_m3 = dy.Float64(nullable=True, min_exclusive=0)
    soc = dy.Float64(nullable=True, min=0, max=1)
    stack_height_m = dy.Float64(nullable=True, min_exclusive=0)


def _prepared(frame: pl.DataFrame, known: Iterable[str], what: str) -> tuple[pl.DataFrame, list[Finding]]:
    names = {name: _ALSO.get(name, name) for name in frame.columns}
    taken = set(frame.columns)
    frame = frame.rename({old: new for old, new in names.items() if old != new and new not in taken})
    words = tuple(known)
    return frame, [
        make("store-column-ignored", where=what, field=name, hint=nearest(name, words))
        for name in frame.columns
        if name not in words
    ]


def _open(frame: pl.DataFrame, facts: Mapping[str, Fact], what: str) -> FactReader:
    table = FactReader(frame, facts, what)
    why = table.text(UNREADABLE)
    table.note(np.flatnonzero(why.is_not_null().to_numpy()), lambda row: str(why[row]))
    return table


def _need(frame: pl.DataFrame, names: tuple[str, ...], what: str) -> None:
    for name in names:
        if name not in frame.columns:
            raise InputError(
                f'{what}: the column "{name}" is missing. The table has {", ".join(frame.columns) or "no columns"}.'
                f"{nearest(name, frame.columns)} Add the column.",
                code="store-column-missing",
            )


def read_areas(areas: pl.DataFrame, book: StorageBook, countries: Iterable[str]) -> Facts:
    """Read a table of areas.

    Parameters
    ----------
    areas
        ``area_id`` and ``country`` (ISO 3166-1 alpha-2), ``site_id`` (one site where the column is absent), ``codes``
        (codes that apply, joined by semicolons; by country where silent), and facts of ``area_facts.csv``.
    countries
        Codes that exist.

    Raises
    ------
    InputError
        A column is missing or holds no plain values. A bad row is a finding.
    """
    what = "areas"
    frame, findings = _prepared(areas, (*AREA_KEYS, UNREADABLE, *book.area_facts), what)
    _need(frame, ("area_id", "country"), what)
    table = _open(frame, book.area_facts, what)
    keys = {name: table.text(name) for name in AREA_KEYS}
    if "site_id" not in frame.columns:
        keys["site_id"] = pl.Series("site_id", ["site"] * frame.height, dtype=pl.String)
    keys["country"] = keys["country"].str.to_uppercase()
    known = list(countries)
    for name in ("area_id", "site_id"):
        table.note(np.flatnonzero(keys[name].is_null().to_numpy()), f"{name} is missing".format)
    wrong = ~keys["country"].is_in(known).fill_null(value=False)
    table.note(
        np.flatnonzero(wrong.to_numpy()),
        lambda row: f'"{keys["country"][row] or ""}" is not a country code of ISO 3166-1 alpha-2, such as DE',
    )
    _note_twice(table, keys["area_id"], "area_id")
    words, numbers = _read_facts(table, book.area_facts)
    _place(table, words, book.area_facts)
    read = kept(table, keys, (words, numbers), findings, "area_id", "store-area-rejected")
    StoreAreaSchema.validate(read.frame.select(StoreAreaSchema.column_names()), cast=True)
    return read


def _place(table: FactReader, words: dict[str, Bits], facts: Mapping[str, Fact]) -> None:
    """Fill in whether an area is indoors from its kind, or note that the two contradict each other."""
    kind, placement = words["area_kind"], facts["placement"]
    outdoor, indoor = bits_of(placement, ["outdoor"]), bits_of(placement, ["indoor"])
    for names, usual, other in (
        (["indoor"], indoor, outdoor),
        (["outdoor"], outdoor, indoor),
        (["retail", "vehicle_repair", "production"], indoor, None),
    ):
        mine = (kind & ~bits_of(facts["area_kind"], names)) == 0
        table.note(
            np.flatnonzero(mine & (words["placement"] == other)) if other else (),
            f"the kind is {names[0]} and the placement says otherwise".format,
        )
        silent = mine & (words["placement"] == (indoor | outdoor))
        words["placement"] = np.where(silent, usual, words["placement"])


def read_lots(stock: pl.DataFrame, book: StorageBook, area_ids: Iterable[str], on: date) -> Facts:
    """Read a stock list.

    Parameters
    ----------
    stock
        ``lot_id`` and ``area_id``; ``chemistry``, ``group_id``, ``since_on`` (YYYY-MM-DD) and facts of
        ``lot_facts.csv``. Without a column ``quantity`` each row is one unit.
    area_ids
        Areas that exist.
    on
        Day of the check; a lot that arrived later is a contradiction.

    Raises
    ------
    InputError
        A column is missing or holds no plain values. A bad row is a finding.
    """
    what = "stock"
    given = {name: fact for name, fact in book.lot_facts.items() if not fact.is_derived}
    frame, findings = _prepared(stock, (*LOT_KEYS, UNREADABLE, *given), what)
    _need(frame, ("lot_id", "area_id"), what)
    table = _open(frame, book.lot_facts, what)
    keys = {name: table.text(name) for name in LOT_KEYS if name != "since_on"}
    table.note(np.flatnonzero(keys["lot_id"].is_null().to_numpy()), lambda _row: "lot_id is missing")
    strange = ~keys["area_id"].is_in(list(area_ids)).fill_null(value=False)
    table.note(
        np.flatnonzero(strange.to_numpy()),
        lambda row: (
            f'the area "{keys["area_id"][row] or ""}" is not in the table of areas, or cannot be used'
        ),
    )
    _note_twice(table, keys["lot_id"], "lot_id")
    words, numbers = _read_facts(table, given)
    if "quantity" not in frame.columns:
        numbers["quantity"] = np.ones(frame.height)
    keys["since_on"] = _days(table, on)
    words["family"] = _families(table, book)
    _waste(table, words, book.lot_facts)
    sides = numbers["length_m"] * numbers["width_m"] * numbers["height_m"]
    numbers["volume_m3"] = np.where(np.isnan(numbers["volume_m3"]), sides, numbers["volume_m3"])
    lots = kept(table, keys, (words, numbers), findings, "lot_id", "store-lot-rejected")
    StoreLotSchema.validate(lots.frame.select(StoreLotSchema.column_names()), cast=True)
    lots.words["power"] = _powers(lots, book)
    return lots


def _read_facts(
    table: FactReader, facts: Mapping[str, Fact]
) -> tuple[dict[str, Bits], dict[str, npt.NDArray[np.float64]]]:
    words, numbers = {}, {}
    for name, fact in facts.items():
        if fact.kind == "decimal":
            numbers[name] = table.decimals(fact)
        else:
            words[name] = table.choices(fact)
    return words, numbers


def _note_twice(table: FactReader, ids: pl.Series, name: str) -> None:
    again = ~ids.is_first_distinct() & ids.is_not_null()
    table.note(np.flatnonzero(again.to_numpy()), lambda row: f'{name} "{ids[row]}" stands twice')


def _days(table: FactReader, on: date) -> pl.Series:
    if "since_on" in table.frame.columns and table.frame["since_on"].dtype == pl.Date:
        days = table.frame["since_on"]
    else:
        text = table.text("since_on")
        days = text.str.to_date("%Y-%m-%d", strict=False)
        table.note(
            np.flatnonzero((text.is_not_null() & days.is_null()).to_numpy()),
            lambda row: f'since_on "{text[row]}" is not a day; write it as 2026-11-24',
        )
    table.note(
        np.flatnonzero((days > on).fill_null(value=False).to_numpy()),
        lambda row: f"since_on {days[row]} is after the day of the check, {on}",
    )
    return days.alias("since_on")


def _families(table: FactReader, book: StorageBook) -> Bits:
    fact = book.lot_facts["family"]
    known = {plain(name): bits_of(fact, values) for name, values in book.families.items()}
    return table.bits(
        "chemistry", known, (1 << len(fact.values)) - 1, "Use the words of the rulebook, such as li_ion"
    )


def _waste(table: FactReader, words: dict[str, Bits], facts: Mapping[str, Fact]) -> None:
    """Fill in from the state whether a lot is waste, or note that the two contradict each other."""
    state, waste = words["state"], words["is_waste"]
    yes, no = bits_of(facts["is_waste"], ["yes"]), bits_of(facts["is_waste"], ["no"])
    is_waste = state == bits_of(facts["state"], ["waste"])
    is_not = (state & ~bits_of(facts["state"], ["new", "prototype"])) == 0
    table.note(np.flatnonzero(is_waste & (waste == no)), lambda _row: "the state is waste and is_waste is no")
    words["is_waste"] = np.where(
        waste != (yes | no), waste, np.where(is_waste, yes, np.where(is_not, no, waste))
    )


def _powers(lots: Facts, book: StorageBook) -> Bits:
    fact = book.lot_facts["power"]
    bits = np.zeros(lots.height, np.int64)
    for one in book.powers:
        bits |= np.where(lots.select(one.when)[1], bits_of(fact, [one.power]), 0)
    return np.where(bits == 0, (1 << len(fact.values)) - 1, bits)
