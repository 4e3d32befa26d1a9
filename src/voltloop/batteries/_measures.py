"""Energy, mass, quantity, state of health and of charge: units, totals, and numbers that read two ways."""

from __future__ import annotations

import re

import polars as pl

from voltloop.batteries._header import Column
from voltloop.batteries._numbers import NumberColumn, column_proof, read_number, read_numbers
from voltloop.batteries._text import words_of
from voltloop.batteries._units import unit_of
from voltloop.batteries._work import Work

__all__ = ["Measure", "file_proof", "is_per_unit", "quantities", "shares", "volt_ampere_hours"]

_NUMERIC = (
    "energy",
    "energy_total",
    "capacity",
    "voltage",
    "mass",
    "mass_total",
    "soh",
    "soc",
    "quantity",
)
_VOLT_AMPERE = re.compile(
    r"(?P<v1>\d[\d.,]*)\s*V(?:DC)?\b\D{0,6}?(?P<a1>\d[\d.,]*)\s*(?P<m1>m?)Ah|(?P<a2>\d[\d.,]*)\s*(?P<m2>m?)Ah\D{0,6}?(?P<v2>\d[\d.,]*)\s*V",
    re.IGNORECASE,
)
_EACH = frozenset(
    words_of(
        "unit each je pro per einzel stuck stueck unitaire unite unitario unitaria unita stuks stuk single piece"
    )
)


def file_proof(work: Work) -> str:
    """Give the decimal sign that the columns of numbers agree on: ".", "," or "" when they do not."""
    found = {column_proof(work.raw[name], work.typed.get(name)) for name in _NUMERIC if name in work.raw} - {
        ""
    }
    return next(iter(found)) if len(found) == 1 and found != {"both"} else ""


class Measure:
    """One column of energies or masses on its way to Wh or kg.

    Attributes
    ----------
    value, other
        The reading in Wh or kg, and a second reading where the cell has two.
    raw
        Text of the cell.
    is_bad
        The cell is filled and gives no number of this kind.
    needs_unit
        Neither cell nor header names a unit; ``value`` is then the bare number.
    """

    def __init__(self, work: Work, name: str, kind: str, proof: str) -> None:
        self.name, self.kind = name, kind
        self.raw = work.text(name)
        numbers = read_numbers(self.raw, work.typed.get(name), proof)
        frame = numbers.frame
        unit = work.columns[name].unit if name in work.columns else None
        header = unit if unit is not None and unit.kind == kind else None
        own = (frame["kind"] == kind).fill_null(False)
        foreign = frame["kind"].is_not_null() & ~own
        beside = _units_beside(work, name, kind)
        factor = frame.select(
            pl.when(own)
            .then("factor")
            .otherwise(pl.coalesce(beside, pl.lit(header.factor if header else None, dtype=pl.Float64)))
        ).to_series()
        self.needs_unit = factor.is_null() & frame["value"].is_not_null() & ~foreign
        self.is_unsure_unit = (own & ~frame["is_sure_unit"].fill_null(True)) | (
            pl.Series([header is not None and not header.sure] * len(self.raw), dtype=pl.Boolean) & ~own
        )
        scale = factor.fill_null(1.0)
        self.value = _masked(frame["value"] * scale, ~foreign)
        self.other = _masked(frame["other"] * scale, ~foreign)
        self.is_bad = frame["unread"] | foreign
        self.foreign_kind = frame["kind"]
        self.foreign_value = _masked(frame["value"] * frame["factor"], foreign)
        self._mark(work, numbers)

    def _mark(self, work: Work, numbers: NumberColumn) -> None:
        frame = numbers.frame
        shown = _PUBLIC.get(self.name, self.name)
        work.mark(frame["is_about"], "number-approximate", shown, self.raw, self.value, 0.8)
        work.mark(frame["borrowed"], "number-ambiguous", shown, self.raw, self.value, 0.9)


def _units_beside(work: Work, name: str, kind: str) -> pl.Series:
    """Give the factors that a column of units beside the numbers states; null without one."""
    cells = work.text(f"{name}_unit")
    units = {text: unit_of(text) for text in cells.drop_nulls().unique()}
    factors = {text: unit.factor for text, unit in units.items() if unit is not None and unit.kind == kind}
    return cells.replace_strict(factors, default=None, return_dtype=pl.Float64)


_PUBLIC = {
    "energy": "energy_wh",
    "energy_total": "energy_wh",
    "capacity": "energy_wh",
    "voltage": "energy_wh",
    "mass": "mass_kg",
    "mass_total": "mass_kg",
}


def _masked(values: pl.Series, keep: pl.Series) -> pl.Series:
    return pl.DataFrame({"value": values, "keep": keep}).select(pl.when("keep").then("value")).to_series()


def volt_ampere_hours(texts: pl.Series) -> pl.Series:
    """Give the energy [Wh] of cells such as "36 V 13 Ah", null elsewhere."""
    found: dict[str, float] = {}
    for text in texts.drop_nulls().unique():
        match = _VOLT_AMPERE.search(text[:200])
        if match:
            volts, amperes = match["v1"] or match["v2"], match["a1"] or match["a2"]
            milli = bool(match["m1"] or match["m2"])
            first, second = read_number(volts), read_number(amperes)
            if first and second and first.other is None:
                hours = second.value if not (milli and second.other) else max(second.value, second.other)
                found[text] = first.value * hours * (1e-3 if milli else 1.0)
    return texts.replace_strict(found, default=None, return_dtype=pl.Float64)


def is_per_unit(column: Column | None) -> bool:
    """Say whether a header states that its values are of one unit."""
    if column is None:
        return False
    words = words_of(column.header)
    return bool(_EACH & set(words)) or any(word.startswith(("einzel", "stuck", "stueck")) for word in words)


def quantities(work: Work, proof: str) -> None:
    """Read how many units a row stands for; a row without a number stands for one."""
    raw = work.text("quantity")
    ones = pl.Series([1] * work.height, dtype=pl.Int64)
    if not work.has("quantity"):
        work.values["quantity"] = ones
        return
    frame = read_numbers(raw, work.typed.get("quantity"), proof).frame
    value = frame["value"]
    whole = (
        value.is_not_null()
        & (value == value.round(0))
        & (value >= 1)
        & (value < 1e9)
        & frame["other"].is_null()
    )
    foreign = frame["kind"].is_not_null() & (frame["kind"] != "count")
    bad = raw.is_not_null() & (~whole | foreign.fill_null(False))
    work.mark(bad & frame["unread"], "number-unreadable", "quantity", raw)
    work.mark(bad & ~frame["unread"] & frame["other"].is_not_null(), "number-undecided", "quantity", raw)
    work.mark(bad & ~frame["unread"] & frame["other"].is_null(), "quantity-impossible", "quantity", raw)
    work.mark(raw.is_null(), "quantity-missing", "quantity", work.cell("quantity"), ones, 0.8)
    work.values["quantity"] = (
        pl.DataFrame({"value": value, "good": whole & ~bad})
        .select(pl.when("good").then(pl.col("value").cast(pl.Int64, strict=False)).otherwise(1))
        .to_series()
    )
    many = work.values["quantity"] > 1
    work.mark(
        many & work.text("serial").is_not_null(),
        "serial-with-quantity",
        "quantity",
        raw,
        work.values["quantity"],
        0.8,
    )


def shares(work: Work, name: str, proof: str) -> None:
    """Read SoH or SoC as a share of one: percent or share is told by the cell, the header, then the column."""
    raw = work.text(name)
    work.mark_missing(name)
    frame = read_numbers(raw, work.typed.get(name), proof).frame
    # A share never has thousands: 85.000 is eighty-five.
    value = frame.select(
        pl.when(pl.col("other").is_null()).then("value").otherwise(pl.min_horizontal("value", "other"))
    ).to_series()
    unit = work.columns[name].unit if name in work.columns else None
    header = unit.factor if unit is not None and unit.kind == "share" else None
    in_cell = (frame["kind"] == "share").fill_null(False)
    loose = value.filter(~in_cell).drop_nulls().abs()
    big, small = int((loose > 2).sum()), int((loose <= 1.2).sum())
    factor = header if header is not None else 0.01 if big and big >= small else 1.0
    # Nobody sends back a whole list of batteries charged to fractions of a percent: such a column holds shares.
    fractions = int(((loose > 0) & (loose < 1)).sum())
    disguised = name == "soc" and factor == 0.01 and not big and small > 1 and fractions * 2 > small
    # A value that only the other scale allows is read by it: 85 among shares; as a state of health 0.85 among
    # percent, since nobody measures a state of health below 1.2 %.
    percent = ~in_cell & (value > 2) if factor == 1.0 else pl.Series([False] * work.height, dtype=pl.Boolean)
    is_small = ~in_cell & (value > 0) & (value <= 1.2)
    share = is_small if factor == 0.01 and (name == "soh" or disguised) else percent & False
    scale = (
        pl.when("in_cell").then("unit").when("percent").then(0.01).when("share").then(1.0).otherwise(factor)
    )
    table = pl.DataFrame(
        {"value": value, "in_cell": in_cell, "unit": frame["factor"], "percent": percent, "share": share}
    )
    found = table.select(pl.col("value") * scale).to_series()
    mixed = ~in_cell & (value <= 1.2) & (value > 0) if header is None and big and small else share
    lone = ~in_cell & (value == 1) if header is None and factor == 1.0 else share
    if name == "soc" and factor == 0.01:  # a single small charge is believed, not passed over
        lone |= is_small & (value < 1) & (header is not None and not big)
    work.mark(percent | share | mixed | lone, "share-or-percent", name, raw, found.round(9), 0.8)
    _put_share(work, name, raw, found, frame, in_cell)


def _put_share(
    work: Work, name: str, raw: pl.Series, found: pl.Series, frame: pl.DataFrame, in_cell: pl.Series
) -> None:
    foreign = frame["kind"].is_not_null() & ~in_cell
    work.mark(frame["unread"] | foreign, "number-unreadable-minor", name, raw, None, 0.0)
    top = 1.2 if name == "soh" else 1.0
    off = ((found < 0) | (found > top + 1e-9)).fill_null(False) & ~foreign
    work.mark(off, f"{name}-out-of-range", name, raw, found.round(6), 0.0)
    good = (
        pl.DataFrame({"found": found, "good": ~off & ~foreign})
        .select(pl.when("good").then("found"))
        .to_series()
    )
    # A capacity slightly above nominal is as good as new.
    work.values[name] = good.clip(0.0, 1.0).round(9)
    work.mark(good > 1.0 + 1e-9, "soh-above-one", name, raw, work.values[name], 0.9)
