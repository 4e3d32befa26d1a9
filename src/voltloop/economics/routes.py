"""What each way of treating a battery brings in and costs, per row of the battery table."""

from __future__ import annotations

from datetime import date

import polars as pl

from voltloop.catalogue import money
from voltloop.economics.price_set import PriceSet, price_set
from voltloop.economics.second_life import second_life_application

__all__ = ["RECYCLING_ROUTES", "ROUTES", "route_table", "route_values"]

RECYCLING_ROUTES: tuple[str, ...] = ("mechanical", "hydromet", "pyromet")
"""Recycling processes that have a value and a cost."""

ROUTES: tuple[str, ...] = (
    "reuse",
    "remanufacture",
    "second_life",
    *(f"recycle_{route}" for route in RECYCLING_ROUTES),
    "quarantine",
)
"""Columns of :func:`route_table`: a treatment, with its process after an underscore when it is recycling."""


_SECOND_LIFE = "grid_storage"
"""Application for which a second life is planned, at the middle of its prices."""


def _soh(batteries: pl.DataFrame) -> pl.Series:
    """State of health [1] for valuing: the planning value where none can be right, 1 at most."""
    fallback = money.route_parameters()["soh_when_unknown"]
    soh = pl.col("soh").cast(pl.Float64)
    usable = soh.is_not_null() & soh.is_not_nan() & (soh >= 0) & (soh <= 1.2)
    return batteries.select(pl.when(usable).then(soh.clip(0.0, 1.0)).otherwise(fallback).alias("soh"))["soh"]


def _recycling(prices: PriceSet, route: str) -> tuple[pl.Expr, pl.Expr]:
    """Revenue and cost [EUR] of one recycling process."""
    yields = money.product_yields().filter(pl.col("route") == route)
    revenue = pl.lit(0.0)
    for row in yields.iter_rows(named=True):
        payable = prices.value(row["payable_item"]) if row["payable_item"] else 1.0
        unit = (
            float(row["recovery_share"])
            * float(row["price_factor"])
            * prices.value(row["price_item"])
            * payable
        )
        revenue = revenue + pl.col(row["element"]) * unit
    costs = money.processing_costs().filter(pl.col("route") == route)
    keys = {
        f"{row['cost_group']}/{row['feed']}": float(row["usd_per_kg"]) for row in costs.iter_rows(named=True)
    }
    key = pl.col("cost_group") + "/" + pl.col("feed")
    cost = key.replace_strict(keys, return_dtype=pl.Float64) * prices.eur_per_usd * pl.col("mass_kg")
    return revenue, cost


def _expressions(prices: PriceSet) -> dict[str, tuple[pl.Expr, pl.Expr]]:
    """Revenue and cost [EUR] by route, over the columns of :func:`money.element_content` with soh and quantity."""
    given = money.route_parameters()
    eur = prices.eur_per_usd
    energy, mass, soh, new = (pl.col(n) for n in ("energy_kwh", "mass_kg", "soh", "new_pack_usd_per_kwh"))
    small = (energy / pl.col("quantity") / given["small_unit_kwh"]).clip(0.0, 1.0)
    units = pl.col("quantity") * small
    reuse = energy * soh * given["reuse_price_usd_per_kwh"] * eur
    restored = energy * new * given["reman_service_markup"] * given["reman_price_share_of_new"] * eur
    span = given["reman_soh_best"] - given["reman_soh_worst"]
    worn = (given["reman_soh_best"] - soh) / span
    best, worst = given["reman_replaced_share_best"], given["reman_replaced_share_worst"]
    replaced = (best + worn * (worst - best)).clip(best, 1.0)
    reman_cost = (
        energy * new * replaced * eur
        + units * given["reman_unit_usd"] * eur
        + restored * given["reman_reserve_share"]
    )
    stored = second_life_application(_SECOND_LIFE)
    second = energy * soh * stored["mid_usd_per_kwh"] * eur
    second_cost = energy * stored["integration_usd_per_kwh"] * eur + units * stored["test_usd_per_pack"] * eur
    watch = mass * given["quarantine_usd_per_kg"] * eur + units * given["diagnosis_unit_usd"] * eur
    found: dict[str, tuple[pl.Expr, pl.Expr]] = {
        "reuse": (reuse, reuse * given["reuse_selling_share"] + units * given["reuse_unit_usd"] * eur),
        "remanufacture": (restored, reman_cost),
        "second_life": (second, second_cost),
    }
    for route in RECYCLING_ROUTES:
        found[f"recycle_{route}"] = _recycling(prices, route)
    found["quarantine"] = (pl.lit(0.0), watch)
    return found


def _net(route: str, revenue: pl.Expr, cost: pl.Expr) -> pl.Expr:
    margin = revenue - cost
    if not route.startswith("recycle_"):
        return margin
    share = money.route_parameters()["recycling_passed_on_share"]
    return pl.when(margin > 0).then(margin * share).otherwise(margin)


def _content(batteries: pl.DataFrame) -> pl.DataFrame:
    return money.element_content(batteries).with_columns(
        _soh(batteries), batteries["quantity"].cast(pl.Float64).fill_null(1.0).alias("quantity")
    )


def _priced(prices: PriceSet | pl.DataFrame | None, on: date | None) -> PriceSet:
    if isinstance(prices, PriceSet):
        return prices
    if on is None:
        newest = (money.prices() if prices is None else prices)["priced_on"].max()
        assert isinstance(newest, date)
        on = newest
    return price_set(prices, on=on)


def route_table(
    batteries: pl.DataFrame, prices: PriceSet | pl.DataFrame | None = None, *, on: date | None = None
) -> pl.DataFrame:
    """Net value of every route, one column per route of :data:`ROUTES`.

    Parameters
    ----------
    batteries
        Columns ``row``, ``chemistry``, ``form``, ``quantity``, ``energy_wh``, ``mass_kg``, ``soh``.
    prices
        A price set, a price table, or None for the catalogue's table.
    on
        Day of the prices; the table's newest day when None. Not used when a price set is given.

    Returns
    -------
    pl.DataFrame
        ``row`` and the net value [EUR] of all units of the row, in the order of ``batteries``.

    Notes
    -----
    Transport is not included. A recycler's positive margin is passed on by the share in
    ``values_routes.csv``; a negative one is a gate fee, passed on whole. A state of health that is missing
    or cannot be right counts as the planning value in ``values_routes.csv``.
    """
    used = _priced(prices, on)
    frame = _content(batteries)
    nets = [_net(route, *pair).alias(route) for route, pair in _expressions(used).items()]
    return frame.select("row", *nets)


def route_values(
    batteries: pl.DataFrame, prices: PriceSet | pl.DataFrame | None = None, *, on: date | None = None
) -> pl.DataFrame:
    """Revenue, cost and net value of every route, one row per battery row and route.

    Parameters
    ----------
    batteries, prices, on
        As in :func:`route_table`.

    Returns
    -------
    pl.DataFrame
        ``row``, ``treatment``, ``route`` (null unless recycling), ``revenue_eur``, ``cost_eur``,
        ``net_value_eur`` (all units of the row, before transport), ``currency``, ``price_on``.
    """
    used = _priced(prices, on)
    frame = _content(batteries).with_row_index("_order")
    parts = []
    for number, (name, (revenue, cost)) in enumerate(_expressions(used).items()):
        treatment, route = (
            ("recycle", name.removeprefix("recycle_")) if name.startswith("recycle_") else (name, None)
        )
        parts.append(
            frame.select(
                "_order",
                pl.lit(number).alias("_number"),
                "row",
                pl.lit(treatment).alias("treatment"),
                pl.lit(route, dtype=pl.String).alias("route"),
                revenue.alias("revenue_eur"),
                cost.alias("cost_eur"),
                _net(name, revenue, cost).alias("net_value_eur"),
                pl.lit(used.currency).alias("currency"),
                pl.lit(used.newest_on).alias("price_on"),
            )
        )
    return pl.concat(parts).sort("_order", "_number").drop("_order", "_number")
