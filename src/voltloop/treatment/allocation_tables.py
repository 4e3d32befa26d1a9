"""The tables of an allocation: columns, units and values that can be used, and what to do about the others."""

from __future__ import annotations

import polars as pl

from voltloop.errors import InputError
from voltloop.treatment.program import Measure, Rule

__all__ = ["RULES", "UNITS", "checked_candidates", "checked_groups", "checked_limits", "checked_minimums"]

UNITS = {"packs": (Measure.PACKS, 1.0), "kg": (Measure.KG, 1.0), "t": (Measure.KG, 1000.0)}
RULES = {"must": Rule.MUST, "or_nothing": Rule.OR_NOTHING, "pay": Rule.PAY}
_GROUPS = ("group_id", "count", "mass_kg")
_CANDIDATES = ("group_id", "site_id", "route", "net_value_eur", "co2e_kg")
_LIMITS = ("site_id", "route", "most", "unit")
_MINIMUMS = ("name", "site_id", "route", "least", "unit", "rule")


def _need(name: str, table: pl.DataFrame, columns: tuple[str, ...]) -> None:
    absent = [column for column in columns if column not in table.columns]
    if absent:
        raise InputError(
            f"The {name} table has no column {', '.join(absent)}. Expected {', '.join(columns)}. Add the column.",
            code=f"allocation-{name}-columns",
        )


def _refuse(name: str, table: pl.DataFrame, wrong: pl.Expr, column: str, expected: str) -> None:
    """Stop at the first row whose ``column`` cannot be used; a null result of ``wrong`` counts as wrong."""
    bad = table.with_row_index("_row").filter(wrong.fill_null(value=True))
    if bad.height:
        row = bad.row(0, named=True)
        key = next(k for k in ("name", "group_id", "site_id") if k in row)
        raise InputError(
            f"The {name} table, row {row['_row'] + 1} ({row[key]}), column {column}: {row[column]} cannot be used. "
            f"Expected {expected}. Correct the value.",
            code=f"allocation-{name}-{column.replace('_', '-')}",
        )


def _optional(table: pl.DataFrame, defaults: dict[str, tuple[pl.DataType, object]]) -> pl.DataFrame:
    missing = {name: pair for name, pair in defaults.items() if name not in table.columns}
    table = table.with_columns(
        pl.lit(value, dtype=kind).alias(name) for name, (kind, value) in missing.items()
    )
    return table.with_columns(
        pl.col(name).cast(kind).fill_null(value) if value is not None else pl.col(name).cast(kind)
        for name, (kind, value) in defaults.items()
    )


def checked_groups(groups: pl.DataFrame) -> pl.DataFrame:
    """Give the groups with all columns; raises ``InputError`` at the first row that cannot be used."""
    _need("groups", groups, _GROUPS)
    _refuse("groups", groups, pl.col("group_id").is_null() | pl.col("group_id").is_duplicated(), "group_id",
            "a name that stands once")  # fmt: skip
    _refuse("groups", groups, pl.col("count").cast(pl.Float64) < 1, "count", "a whole number of 1 or more")
    mass = pl.col("mass_kg").cast(pl.Float64)
    _refuse(
        "groups", groups, ~(mass.is_finite() & (mass > 0)), "mass_kg", "kilograms of one battery, above 0"
    )
    return _optional(groups, {"unplaced_eur": (pl.Float64(), None)})


def checked_candidates(candidates: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Give the candidates with all columns; raises ``InputError`` at the first row that cannot be used."""
    _need("candidates", candidates, _CANDIDATES)
    zero = (pl.Float64(), 0.0)
    table = _optional(
        candidates,
        {"freight_eur": zero, "freight_co2e_kg": zero, "risk_eur": zero, "period": (pl.Int64(), 0)},
    )
    known = groups["group_id"].implode()
    _refuse("candidates", table, ~pl.col("group_id").is_in(known), "group_id", "a group of the groups table")
    for column in ("net_value_eur", "co2e_kg", "freight_eur", "freight_co2e_kg", "risk_eur"):
        _refuse("candidates", table, ~pl.col(column).cast(pl.Float64).is_finite(), column, "a number")
    keys = ["group_id", "site_id", "route", "period"]
    _refuse(
        "candidates",
        table,
        pl.struct(keys).is_duplicated(),
        "site_id",
        "each group, site, route and period once",
    )
    return table


def checked_limits(limits: pl.DataFrame | None) -> pl.DataFrame:
    """Give the limits with all columns, empty for None; raises ``InputError`` at the first bad row."""
    if limits is None:
        limits = pl.DataFrame(
            schema={"site_id": pl.String, "route": pl.String, "most": pl.Float64, "unit": pl.String}
        )
    _need("limits", limits, _LIMITS)
    most = pl.col("most").cast(pl.Float64)
    _refuse("limits", limits, ~(most.is_finite() & (most >= 0)), "most", "a capacity of zero or more")
    _refuse("limits", limits, ~pl.col("unit").is_in(list(UNITS)), "unit", f"one of {', '.join(UNITS)}")
    return _optional(limits, {"period": (pl.Int64(), 0)})


def checked_minimums(minimums: pl.DataFrame | None) -> pl.DataFrame:
    """Give the minimums with all columns, empty for None; raises ``InputError`` at the first bad row."""
    if minimums is None:
        text = pl.String()
        minimums = pl.DataFrame(
            schema={
                "name": text,
                "site_id": text,
                "route": text,
                "least": pl.Float64(),
                "unit": text,
                "rule": text,
            }
        )
    _need("minimums", minimums, _MINIMUMS)
    least = pl.col("least").cast(pl.Float64)
    _refuse("minimums", minimums, ~(least.is_finite() & (least >= 0)), "least", "an amount of zero or more")
    _refuse("minimums", minimums, ~pl.col("unit").is_in(list(UNITS)), "unit", f"one of {', '.join(UNITS)}")
    _refuse("minimums", minimums, ~pl.col("rule").is_in(list(RULES)), "rule", f"one of {', '.join(RULES)}")
    table = _optional(minimums, {"shortfall_eur": (pl.Float64(), None), "period": (pl.Int64(), 0)})
    priced = pl.col("shortfall_eur").is_finite() & (pl.col("shortfall_eur") >= 0)
    _refuse("minimums", table, (pl.col("rule") == "pay") & ~priced.fill_null(value=False), "shortfall_eur",
            "a price per unit of zero or more where rule is pay")  # fmt: skip
    return table
