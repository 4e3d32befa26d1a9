"""Carbon that each way of treating a battery causes and avoids, per row of the battery table."""

from __future__ import annotations

import polars as pl

from voltloop.catalogue import money

__all__ = ["carbon_table", "route_carbon"]

_RECYCLING = ("mechanical", "hydromet", "pyromet")


def _soh(batteries: pl.DataFrame) -> pl.Series:
    fallback = money.route_parameters()["soh_when_unknown"]
    soh = pl.col("soh").cast(pl.Float64)
    usable = soh.is_not_null() & soh.is_not_nan() & (soh >= 0) & (soh <= 1.2)
    return batteries.select(pl.when(usable).then(soh.clip(0.0, 1.0)).otherwise(fallback).alias("soh"))["soh"]


def _recycling(route: str) -> tuple[pl.Expr, pl.Expr]:
    """Give emitted and avoided carbon [kg CO2e] of one recycling process."""
    factors = money.material_factors()
    made_anew = dict(zip(factors["element"].to_list(), factors["value"].to_list(), strict=True))
    crude = money.route_parameters()["secondary_credit_lithium"]
    avoided = pl.lit(0.0)
    for row in money.product_yields().filter(pl.col("route") == route).iter_rows(named=True):
        credit = float(row["recovery_share"]) * float(made_anew[row["element"]])
        if row["element"] == "lithium":
            credit *= crude
        avoided = avoided + pl.col(row["element"]) * credit
    table = money.recycling_factors().filter(pl.col("route") == route)
    keys = {f"{row['cost_group']}/{row['feed']}": float(row["value"]) for row in table.iter_rows(named=True)}
    key = pl.col("cost_group") + "/" + pl.col("feed")
    return key.replace_strict(keys, return_dtype=pl.Float64) * pl.col("mass_kg"), avoided


def _expressions() -> dict[str, tuple[pl.Expr, pl.Expr]]:
    """Give emitted and avoided carbon [kg CO2e] by route."""
    given = money.route_parameters()
    energy, soh, new = pl.col("energy_kwh"), pl.col("soh"), pl.col("new_pack_co2e_kg_per_kwh")
    end = given["reuse_life_end_soh"]
    left = ((soh - end) / (1.0 - end)).clip(0.0, 1.0)
    best, worst = given["reman_replaced_share_best"], given["reman_replaced_share_worst"]
    worn = (given["reman_soh_best"] - soh) / (given["reman_soh_best"] - given["reman_soh_worst"])
    replaced = (best + worn * (worst - best)).clip(best, 1.0)
    lfp = money.chemistry_values().filter(pl.col("chemistry") == "LFP")["new_pack_co2e_kg_per_kwh"][0]
    found: dict[str, tuple[pl.Expr, pl.Expr]] = {
        "reuse": (pl.lit(0.0), energy * new * left),
        "remanufacture": (energy * new * replaced, energy * new * given["reman_displaced_share"]),
        "second_life": (pl.lit(0.0), energy * soh * float(lfp) * given["second_life_displaced_share"]),
    }
    for route in _RECYCLING:
        found[f"recycle_{route}"] = _recycling(route)
    found["quarantine"] = (pl.lit(0.0), pl.lit(0.0))
    return found


def _content(batteries: pl.DataFrame) -> pl.DataFrame:
    return money.element_content(batteries).with_columns(_soh(batteries))


def carbon_table(batteries: pl.DataFrame) -> pl.DataFrame:
    """Carbon of every route, one column per route (``reuse`` … ``recycle_hydromet`` … ``quarantine``).

    Parameters
    ----------
    batteries
        Columns ``row``, ``chemistry``, ``form``, ``quantity``, ``energy_wh``, ``mass_kg``, ``soh``.

    Returns
    -------
    pl.DataFrame
        ``row`` and kg CO2e of all units of the row, negative where more is avoided than emitted.

    Notes
    -----
    Avoided-burden view, transport not included: reuse, remanufacturing and second life displace part of a new
    pack, recycling displaces newly made material. The recycled-content benefit of a later battery must not be
    added to it, that would count it twice.
    """
    nets = [(emitted - avoided).alias(route) for route, (emitted, avoided) in _expressions().items()]
    return _content(batteries).select("row", *nets)


def route_carbon(batteries: pl.DataFrame) -> pl.DataFrame:
    """List emitted, avoided and net carbon of every route, one row per battery row and route.

    Parameters
    ----------
    batteries
        As in :func:`carbon_table`.

    Returns
    -------
    pl.DataFrame
        ``row``, ``treatment``, ``route`` (null unless recycling), ``emitted_co2e_kg``, ``avoided_co2e_kg``,
        ``co2e_kg`` (emitted less avoided), all units of the row, before transport.
    """
    frame = _content(batteries).with_row_index("_order")
    parts = []
    for number, (name, (emitted, avoided)) in enumerate(_expressions().items()):
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
                emitted.alias("emitted_co2e_kg"),
                avoided.alias("avoided_co2e_kg"),
                (emitted - avoided).alias("co2e_kg"),
            )
        )
    return pl.concat(parts).sort("_order", "_number").drop("_order", "_number")
