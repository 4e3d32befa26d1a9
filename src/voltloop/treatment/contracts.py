"""Contracts with sites: volumes to be met, makers bound to a site, and who may use a maker's diagnostics."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from voltloop.findings import Finding, make
from voltloop.treatment.program import Bools, Measure, Rule, Side
from voltloop.treatment.rules import TREATMENTS

__all__ = ["CONTRACTS_SCHEMA", "contract_bars", "contract_sides", "read_contracts"]

CONTRACTS_SCHEMA: dict[str, pl.DataType] = {
    "contract_id": pl.String(),
    "kind": pl.String(),
    "site_id": pl.String(),
    "treatment": pl.String(),
    "manufacturer": pl.String(),
    "least_t_per_year": pl.Float64(),
    "most_t_per_year": pl.Float64(),
    "rule": pl.String(),
    "shortfall_eur_per_t": pl.Float64(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
}
"""Columns of a table of contracts; a blank treatment means all of the site."""

_TESTED = ("reuse", "remanufacture", "second_life", "quarantine")
_RULES = {"must": Rule.MUST, "or_nothing": Rule.OR_NOTHING, "pay": Rule.PAY}


def _fault(row: dict[str, object], sites: set[str]) -> tuple[str, str] | None:
    """Column of a contract that cannot be used, and what was expected; None when all can."""
    least, most, price = (
        row[name] for name in ("least_t_per_year", "most_t_per_year", "shortfall_eur_per_t")
    )
    checks = [
        ("kind", row["kind"] in ("volume", "exclusive", "diagnostics"), "volume, exclusive or diagnostics"),
        ("site_id", row["site_id"] in sites, "an operating site of sites.csv that treats batteries"),
        ("treatment", row["treatment"] is None or row["treatment"] in TREATMENTS, ", ".join(TREATMENTS)),
        (
            "manufacturer",
            row["kind"] == "volume" or bool(row["manufacturer"]),
            "the maker that the contract is about",
        ),
    ]
    if row["kind"] == "volume":
        amounts = [("least_t_per_year", least), ("most_t_per_year", most)]
        checks += [
            (n, v is None or (np.isfinite(float(str(v))) and float(str(v)) >= 0), "tonnes of zero or more")
            for n, v in amounts
        ]
        checks += [
            ("least_t_per_year", least is not None or most is not None, "a least or a most volume"),
            ("rule", least is None or row["rule"] in _RULES, ", ".join(_RULES)),
            ("shortfall_eur_per_t", row["rule"] != "pay" or (price is not None and float(str(price)) >= 0),
             "a price of zero or more where rule is pay"),
        ]  # fmt: skip
    return next(((column, expected) for column, fine, expected in checks if not fine), None)


def read_contracts(
    contracts: pl.DataFrame | None, accepts: pl.DataFrame, *, on: date
) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Give the contracts in force on a day, and findings about those that cannot be used.

    Parameters
    ----------
    contracts
        Columns of :data:`CONTRACTS_SCHEMA`; a column may be missing, its cells then count as blank. None for no
        contracts.
    accepts
        Offers of the sites.
    on
        Day of the plan.
    """
    table = pl.DataFrame(schema=CONTRACTS_SCHEMA) if contracts is None else contracts
    table = table.select(
        (pl.col(name) if name in table.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in CONTRACTS_SCHEMA.items()
    )
    sites = set(accepts["site_id"].to_list())
    findings, kept = [], []
    for place, row in enumerate(table.iter_rows(named=True)):
        fault = _fault(row, sites)
        if fault is not None:
            column, expected = fault
            findings.append(
                make("treatment-contract", where=f"contract {row['contract_id']}", field=column,
                     raw=str(row[column] if row[column] is not None else ""), expected=expected)
            )  # fmt: skip
        elif (row["valid_from"] or on) <= on <= (row["valid_to"] or on):
            kept.append(place)
    return table[kept], tuple(findings)


def contract_bars(
    contracts: pl.DataFrame,
    accepts: pl.DataFrame,
    makers: pl.Series,
    *,
    kinds: tuple[str, ...] = ("exclusive", "diagnostics"),
) -> Bools:
    """Say which offers a contract closes to which rows.

    Parameters
    ----------
    contracts
        In force.
    accepts
        Offers of the sites.
    makers
        Manufacturer of each row.
    kinds
        Kinds of contract that count.

    Returns
    -------
    ndarray
        Rows by offers. A maker with exclusive contracts goes to no other site; a maker with diagnostics contracts
        is tested, restored and reused by no other site.
    """
    closed = np.zeros((makers.len(), accepts.height), dtype=bool)
    named = makers.fill_null("").str.to_lowercase()
    sites, treatments = accepts["site_id"], accepts["treatment"]
    for kind in kinds:
        own = contracts.filter(pl.col("kind") == kind).with_columns(pl.col("manufacturer").str.to_lowercase())
        for maker in own["manufacturer"].unique(maintain_order=True).to_list():
            rows = own.filter(pl.col("manufacturer") == maker)
            concerned = treatments.is_in(_TESTED) if kind == "diagnostics" else treatments.is_not_null()
            free = pl.Series([False] * accepts.height)
            for row in rows.iter_rows(named=True):
                fits = sites == row["site_id"]
                free = free | (fits if row["treatment"] is None else fits & (treatments == row["treatment"]))
            barred = (concerned & ~free).to_numpy()
            closed |= (named == maker).to_numpy()[:, None] & barred[None, :]
    return closed


def contract_sides(
    contracts: pl.DataFrame, accepts: pl.DataFrame, *, horizon_days: float
) -> tuple[Side, ...]:
    """Give the volumes of the contracts as side conditions over the offers, pro rata for the days of the plan."""
    sides = []
    share = horizon_days / 365.0 * 1000.0
    for row in contracts.filter(pl.col("kind") == "volume").iter_rows(named=True):
        inside = accepts["site_id"] == row["site_id"]
        if row["treatment"] is not None:
            inside = inside & (accepts["treatment"] == row["treatment"])
        options = inside.to_numpy()
        site = accepts.filter(inside)["name"].first() if inside.any() else row["site_id"]
        what = f"contract {row['contract_id']} with {site!s}"
        if row["least_t_per_year"] is not None:
            price = (row["shortfall_eur_per_t"] or 0.0) / 1000.0
            least = row["least_t_per_year"] * share
            sides.append(Side(what, options, Measure.KG, _RULES[row["rule"]], least, price))
        if row["most_t_per_year"] is not None:
            sides.append(Side(what, options, Measure.KG, Rule.MOST, row["most_t_per_year"] * share))
    return tuple(sides)
