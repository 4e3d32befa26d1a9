"""The best next test of each battery: routes valued by the economics of the catalogue, tests by what they tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from voltloop.batteries.grading import (
    FINDINGS_SCHEMA,
    Graded,
    Measurements,
    Rights,
    RouteValues,
    Scheme,
    cost_of_grade,
    row_findings,
    value_of_tests,
)
from voltloop.catalogue import money
from voltloop.economics import RECYCLING_ROUTES, route_table, second_life_application
from voltloop.economics.price_set import PriceSet, price_set
from voltloop.findings import make

__all__ = ["Offers", "next_tests"]

_LOW, _HIGH = 0.6, 0.9
"""States of health between which the value of a route is taken as a straight line."""

_SOH_STEP: Final = 0.01
_MOST_KINDS: Final = 10_000
"""Different batteries whose tests are ranked: some milliseconds each."""

_DETOUR: Final = {"reuse": "reuse_unit_usd", "remanufacture": "reman_unit_usd"}
"""What is spent on a battery before its route finds that it does not fit; a second life costs its test."""

_FACTS: Final = {
    "chemistry": pl.String(),
    "form": pl.String(),
    "energy_wh": pl.Float64(),
    "mass_kg": pl.Float64(),
}


@dataclass(frozen=True)
class Offers:
    """The best next test of each row.

    Attributes
    ----------
    table
        ``next_test``, ``test_value_eur``, ``test_cost_eur``, ``cost_to_grade_eur``, ``unmeasured``.
    findings
        Rows whose tests nobody can value.
    prices_on
        Day of the newest price.
    """

    table: pl.DataFrame
    findings: pl.DataFrame
    prices_on: date


def next_tests(read: Measurements, given: pl.DataFrame, graded: Graded, rights: Rights, on: date) -> Offers:
    """Find for each battery the test that is worth most after its cost.

    Parameters
    ----------
    read, given, graded
        Measurements, the table they come from (for chemistry, form, energy and mass) and the grades, row by row.
    rights
        Tests on offer.
    on
        Day of the prices.

    Notes
    -----
    Batteries are alike where their facts and readings are, the state of health to the nearest 0.01; each kind is
    answered once, the first 10,000 of them. Batteries without an answer for want of energy or beyond are told.
    """
    prices = price_set(None, on=on) if on >= _first_price() else price_set(None, on=_first_price())
    facts = _facts(given)
    soh = (pl.col("soh") / _SOH_STEP).round() * _SOH_STEP
    every = pl.concat([read.table.with_columns(soh), facts], how="horizontal")
    keys = [name for name in every.columns if name not in ("row", "battery_id")]
    is_open = (graded.table["confidence"] < 1 - 1e-9) & every["energy_wh"].is_not_null()
    alike = every.filter(is_open).unique(keys, maintain_order=True).head(_MOST_KINDS)
    ranked = _ranked(alike, graded.scheme, rights, prices)
    best = alike.select(*keys, pl.Series("_kind", alike["row"])).join(
        ranked, left_on="_kind", right_on="row", how="left", maintain_order="left"
    )
    joined = every.with_columns(pl.Series("_open", is_open)).join(
        best, on=keys, how="left", nulls_equal=True, maintain_order="left"
    )
    answered = joined.select(
        pl.when("_open").then(name).alias(name) for name in ("next_test", "test_value_eur", "test_cost_eur")
    )
    beyond = joined.filter(pl.col("_open") & pl.col("_kind").is_null()).height
    return Offers(
        pl.concat([answered, _cost_to_grade(graded, rights.holder)], how="horizontal"),
        pl.concat([_limited(beyond), _odd_facts(every, given)]),
        prices.newest_on,
    )


def _limited(beyond: int) -> pl.DataFrame:
    """Tell how many batteries got no answer because too many are different."""
    found = make("grading-tests-limited", raw=str(beyond), value=_MOST_KINDS)
    row = (0, "", found.code, found.severity.value, "", found.raw, found.message)
    return pl.DataFrame([row] if beyond else [], schema=FINDINGS_SCHEMA, orient="row")


def _first_price() -> date:
    first = money.prices()["priced_on"].min()
    assert isinstance(first, date)
    return first


def _facts(given: pl.DataFrame) -> pl.DataFrame:
    """Give chemistry, form, energy and mass; what cannot be right counts as not known."""
    columns = []
    for name, kind in _FACTS.items():
        if name not in given.columns:
            columns.append(pl.lit(None, dtype=kind).alias(name))
        elif kind == pl.String():
            columns.append(pl.col(name).cast(pl.String).str.strip_chars())
        else:
            number = pl.col(name).cast(pl.Float64, strict=False)
            columns.append(pl.when(number.is_finite() & (number > 0)).then(number).alias(name))
    facts = given.with_columns(columns).select(list(_FACTS))
    return facts.with_columns(pl.col("chemistry").fill_null("unknown"), pl.col("form").fill_null("pack"))


def _ranked(alike: pl.DataFrame, scheme: Scheme, rights: Rights, prices: PriceSet) -> pl.DataFrame:
    """Give the best test by kind of battery, null where none is worth its cost."""
    measured = Measurements(
        alike.with_columns(pl.int_range(1, pl.len() + 1).alias("row")), pl.DataFrame(schema=FINDINGS_SCHEMA)
    )
    values = _route_values(measured.table, scheme, prices)
    worth = value_of_tests(measured, scheme, values, rights.tests).filter(
        (pl.col("rank") == 1) & (pl.col("net_eur") > 0)
    )
    names = alike.select("row").with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("_at"))
    return names.join(worth, left_on="_at", right_on="row", how="left", maintain_order="left").select(
        "row",
        pl.col("test").alias("next_test"),
        pl.col("value_eur").alias("test_value_eur"),
        pl.col("cost_eur").alias("test_cost_eur"),
    )


def _route_values(batteries: pl.DataFrame, scheme: Scheme, prices: PriceSet) -> RouteValues:
    """Value the grades of a scheme by their routes for one unit of each battery, before transport."""
    asked = batteries.select("row", "chemistry", "form", "energy_wh", "mass_kg", pl.lit(1).alias("quantity"))
    low, high = (route_table(asked.with_columns(pl.lit(soh).alias("soh")), prices) for soh in (_LOW, _HIGH))
    recycle = (
        low.select(pl.max_horizontal(f"recycle_{route}" for route in RECYCLING_ROUTES)).to_series().to_numpy()
    )
    given = money.route_parameters()
    small = (batteries["energy_wh"] / 1000 / given["small_unit_kwh"]).clip(0.0, 1.0).to_numpy()
    base, per_soh, fail = [], [], []
    for grade in scheme.grades:
        if grade.route == "recycle":
            base.append(recycle)
            per_soh.append(np.zeros_like(recycle))
            fail.append(recycle)
            continue
        slope = (high[grade.route] - low[grade.route]).to_numpy() / (_HIGH - _LOW)
        base.append(low[grade.route].to_numpy() - slope * _LOW)
        per_soh.append(slope)
        detour = (
            second_life_application("grid_storage")["test_usd_per_pack"]
            if grade.route == "second_life"
            else given[_DETOUR[grade.route]]
        )
        fail.append(recycle - small * detour * prices.eur_per_usd)
    return RouteValues(*(np.stack(columns, axis=1) for columns in (base, per_soh, fail)))


def _cost_to_grade(graded: Graded, holder: str) -> pl.DataFrame:
    """Give the cheapest way to what is missing, pattern by pattern."""
    scheme = graded.scheme
    patterns = graded.table.select("missing").unique(maintain_order=True)
    rows = []
    for (missing,) in patterns.iter_rows():
        wanted = missing.split("; ") if missing else []
        cost = cost_of_grade(
            scheme, holder, known=[name for name in scheme.required_measures if name not in wanted]
        )
        rows.append((missing, cost.cost_eur, "; ".join(cost.unmeasured)))
    costs = pl.DataFrame(
        rows,
        schema={"missing": pl.String, "cost_to_grade_eur": pl.Float64, "unmeasured": pl.String},
        orient="row",
    )
    return (
        graded.table.select("missing")
        .join(costs, on="missing", how="left", maintain_order="left")
        .drop("missing")
    )


def _odd_facts(every: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Tell of batteries without a usable energy and of chemistries that nobody knows."""
    raw = {
        name: given[name].cast(pl.String)
        if name in given.columns
        else pl.Series([None] * given.height, dtype=pl.String)
        for name in ("energy_wh", "chemistry")
    }
    known = money.chemistry_values()["chemistry"].to_list()
    odd = {
        "energy_wh": ("grading-energy-missing", every["energy_wh"].is_null()),
        "chemistry": ("grading-chemistry-unknown", ~every["chemistry"].is_in(known)),
    }
    return pl.concat(
        row_findings(code, every.filter(rows), name, raw[name].filter(rows), blank="nothing")
        for name, (code, rows) in odd.items()
    )
