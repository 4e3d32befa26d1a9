"""Choose for each battery a treatment and a site: rules first, then money and carbon under capacity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop import economics
from voltloop.catalogue import money
from voltloop.economics import PriceSet
from voltloop.errors import InputError
from voltloop.findings import Finding, make
from voltloop.treatment.answer import build_answer
from voltloop.treatment.assignment import assign
from voltloop.treatment.options import Options, build_options
from voltloop.treatment.rules import battery_facts, permitted
from voltloop.treatment.sites import read_sites

__all__ = ["TREATMENTS_SCHEMA", "Decision", "choose", "decide"]

TREATMENTS_SCHEMA: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "treatment": pl.String(),
    "destination_id": pl.String(),
    "is_waste": pl.Boolean(),
    "net_value_eur": pl.Float64(),
    "co2e_kg": pl.Float64(),
    "reason": pl.String(),
    "runner_up": pl.String(),
    "held_reason": pl.String(),
    "rule": pl.String(),
    "route": pl.String(),
    "distance_km": pl.Float64(),
    "freight_eur": pl.Float64(),
    "freight_co2e_kg": pl.Float64(),
    "currency": pl.String(),
    "price_on": pl.Date(),
}
"""Columns of the answer, one row per battery row. The first nine are the contract with other rooms."""

_BATTERY_COLUMNS = (
    "row",
    "chemistry",
    "form",
    "quantity",
    "energy_wh",
    "mass_kg",
    "soh",
    "condition",
    "reason",
    "point_id",
)
_OPTIONAL = {"manufacturer": pl.String(), "model": pl.String(), "country": pl.String(), "site": pl.String()}
_LANE_COLUMNS = ("point_id", "site_id", "distance_km", "used_ok", "waste_ok")


@dataclass(frozen=True)
class Decision:
    """The answer for all batteries, and what it rests on.

    Attributes
    ----------
    table
        Columns of :data:`TREATMENTS_SCHEMA`, one row per battery row, in order.
    findings
        What was missing, wrong or old in batteries, sites, lanes and prices.
    prices
        The prices used, in euro.
    carbon_price_eur_per_t
        As given.
    score_eur, bound_eur
        Sum of scores reached and the most that any assignment could reach; equal when proven best. Batteries
        held for want of room weigh in both with the score of holding.
    gap
        Share, 0 to 1, that might still be missing of the span from holding all to everyone's best site.
    room_value_eur_per_kg
        What one more kilogram of room would be worth, by site that is full.
    """

    table: pl.DataFrame
    findings: tuple[Finding, ...]
    prices: PriceSet
    carbon_price_eur_per_t: float
    score_eur: float
    bound_eur: float
    gap: float
    room_value_eur_per_kg: dict[str, float]


def _checked(
    batteries: pl.DataFrame, lanes: pl.DataFrame, carbon_price: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    for name, table, needed in (("battery", batteries, _BATTERY_COLUMNS), ("lane", lanes, _LANE_COLUMNS)):
        absent = [column for column in needed if column not in table.columns]
        if absent:
            raise InputError(
                f"The {name} table has no column {', '.join(absent)}. Expected {', '.join(needed)}. Add the column.",
                code=f"{name}-table-columns",
            )
    if not (math.isfinite(carbon_price) and carbon_price >= 0):
        raise InputError(
            f"The carbon price is {carbon_price} EUR/t. Expected a number of zero or more. Correct it.",
            code="carbon-price",
        )
    if batteries["row"].n_unique() != batteries.height:
        raise InputError(
            "The battery table names a row twice. Expected each row once. Remove the copies.",
            code="row-twice",
        )
    batteries = batteries.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in _OPTIONAL.items()
        if name not in batteries.columns
    )
    optional = {"estimated": pl.lit(value=True), "why_not": pl.lit(None, dtype=pl.String)}
    lanes = lanes.with_columns(
        value.alias(name) for name, value in optional.items() if name not in lanes.columns
    )
    return batteries, lanes.unique(["point_id", "site_id"], keep="first", maintain_order=True)


def _urgency(facts: pl.DataFrame) -> npt.NDArray[np.float64]:
    """Weight of each battery when room is short: dangerous goods first."""
    given = money.route_parameters()
    weights = {name: given[f"urgency_{name}"] for name in ("critical", "damaged", "suspect")}
    column = facts["condition"].replace_strict(weights, default=1.0, return_dtype=pl.Float64)
    return column.to_numpy()


def _place_findings(batteries: pl.DataFrame, lanes: pl.DataFrame) -> list[Finding]:
    """Name the places from which no lane leads anywhere."""
    lost = batteries.join(lanes, on="point_id", how="anti", maintain_order="left")
    names = lost.select(pl.coalesce("site", "point_id").alias("place"))["place"].unique(maintain_order=True)
    return [make("treatment-point-unknown", where="lanes", field="point_id", raw=str(name)) for name in names]


def _room_findings(table: pl.DataFrame, options: Options, horizon_days: float) -> list[Finding]:
    """Name the sites that get batteries though nobody has said how much they can take."""
    unlimited = [
        site for site, limit in zip(options.site_ids, options.limits, strict=True) if math.isinf(limit)
    ]
    loads = (
        table.select("destination_id", pl.Series("kg", options.mass_kg))
        .filter(pl.col("destination_id").is_in(unlimited))
        .group_by("destination_id")
        .agg(pl.col("kg").sum())
        .sort("kg", "destination_id", descending=[True, False])
    )
    return [
        make(
            "treatment-capacity-unknown",
            where=f"site {site}",
            field="capacity",
            value=round(kg),
            days=f"{horizon_days:g}",
        )
        for site, kg in loads.rows()
    ]


def decide(
    batteries: pl.DataFrame,
    sites: pl.DataFrame,
    lanes: pl.DataFrame,
    *,
    carbon_price_eur_per_t: float,
    on: date,
    horizon_days: float,
    prices: pl.DataFrame | PriceSet | None = None,
) -> Decision:
    """Choose a treatment and a site for each battery, with findings, prices and bound.

    Parameters
    ----------
    batteries
        The battery table with ``point_id``; one row may stand for several alike units, which stay together.
        Empty is allowed.
    sites
        The network's sites; see :func:`voltloop.treatment.read_sites`.
    lanes
        ``point_id``, ``site_id``, ``distance_km``, ``used_ok`` and ``waste_ok`` (may used and waste batteries go
        this way), optional ``estimated`` and ``why_not``. A missing pair is out of reach; a null is a no.
    carbon_price_eur_per_t
        Worth of a tonne of CO2e [EUR/t], zero or more.
    on
        Day of the plan, for prices.
    horizon_days
        Days of the plan, above 0; yearly capacities count pro rata.
    prices
        Price table or price set; None takes the catalogue's.

    Returns
    -------
    Decision
        Exactly one answer per battery row. ``net_value_eur`` and ``co2e_kg`` are of all units of the row, before
        any transport; ``freight_eur`` and ``freight_co2e_kg`` are what the choice counted for the way.

    Raises
    ------
    InputError
        ``battery-table-columns``, ``lane-table-columns``, ``site-table-columns``, ``carbon-price``,
        ``horizon-days``, ``row-twice``, and those of :func:`voltloop.economics.price_set`.
    """
    batteries, lanes = _checked(batteries, lanes, carbon_price_eur_per_t)
    used = prices if isinstance(prices, PriceSet) else economics.price_set(prices, on=on)
    reading = read_sites(sites, horizon_days=horizon_days)
    facts, findings = battery_facts(batteries)
    rules = permitted(facts)
    options = build_options(
        batteries,
        facts,
        rules,
        reading.accepts,
        lanes,
        prices=used,
        carbon_price_eur_per_t=carbon_price_eur_per_t,
    )
    assigned = assign(options.score, options.mass_kg, options.limits, _urgency(facts))
    table = build_answer(batteries, facts, rules, options, assigned, horizon_days=horizon_days).with_columns(
        pl.lit(used.currency).alias("currency"), pl.lit(used.newest_on).alias("price_on")
    )
    findings += _place_findings(batteries, lanes) + _room_findings(table, options, horizon_days)
    return Decision(
        table=table.select(pl.col(name).cast(kind) for name, kind in TREATMENTS_SCHEMA.items()),
        findings=(*used.findings, *reading.findings, *findings),
        prices=used,
        carbon_price_eur_per_t=carbon_price_eur_per_t,
        score_eur=assigned.score,
        bound_eur=assigned.bound,
        gap=assigned.gap,
        room_value_eur_per_kg={
            site: float(price)
            for site, price in zip(options.site_ids, assigned.prices, strict=True)
            if price > 0
        },
    )


def choose(
    batteries: pl.DataFrame,
    sites: pl.DataFrame,
    lanes: pl.DataFrame,
    *,
    carbon_price_eur_per_t: float,
    on: date,
    horizon_days: float,
    prices: pl.DataFrame | PriceSet | None = None,
) -> pl.DataFrame:
    """Choose a treatment and a site for each battery: the table of :func:`decide` alone.

    Parameters
    ----------
    batteries, sites, lanes, carbon_price_eur_per_t, on, horizon_days, prices
        As in :func:`decide`.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`TREATMENTS_SCHEMA`, one row per battery row, in order.

    Raises
    ------
    InputError
        As in :func:`decide`.
    """
    return decide(
        batteries,
        sites,
        lanes,
        carbon_price_eur_per_t=carbon_price_eur_per_t,
        on=on,
        horizon_days=horizon_days,
        prices=prices,
    ).table
