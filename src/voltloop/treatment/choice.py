"""Choose for each battery a treatment and a site: rules first, then money and carbon under capacity."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
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
from voltloop.treatment.contracts import contract_bars, read_contracts
from voltloop.treatment.health import health_on
from voltloop.treatment.options import Options, build_options
from voltloop.treatment.placing import place
from voltloop.treatment.rights import grade_terms, rights_told
from voltloop.treatment.rules import battery_facts, permitted
from voltloop.treatment.sites import read_sites
from voltloop.treatment.terms import LIMITS_SCHEMA, limits_told, terms_of
from voltloop.treatment.waiting import Waiting, holding_eur, later_batteries, later_prices
from voltloop.treatment.words import waiting_reasons

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
    "row", "chemistry", "form", "quantity", "energy_wh", "mass_kg", "soh", "condition", "reason", "point_id",
)  # fmt: skip
_OPTIONAL = {"manufacturer": pl.String(), "model": pl.String(), "country": pl.String(), "site": pl.String()}
_WAITS = {
    "row": pl.Int64(),
    "destination_id": pl.String(),
    "treatment": pl.String(),
    "score_eur": pl.Float64(),
    "reason": pl.String(),
}
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
        Sum of scores reached and the most that any could; equal when proven best. Batteries held for want of room
        weigh in both with the score of holding.
    gap
        Share, 0 to 1, that might still be missing of the span from holding all to everyone's best site.
    room_value_eur_per_kg
        What one more kilogram of room would be worth, by site that is full.
    limits
        Columns of :data:`voltloop.treatment.terms.LIMITS_SCHEMA`: room, contracts and carbon budget, how far each is
        used and what one more unit would be worth, in numbers and words.
    waits
        ``row``, ``destination_id``, ``treatment``, ``score_eur`` and ``reason`` of those that wait for the next period
        because it is worth more; in the table they have no destination.
    groups
        Groups of alike rows that were placed together; 0 when every row has its best offer.
    """

    table: pl.DataFrame
    findings: tuple[Finding, ...]
    prices: PriceSet
    carbon_price_eur_per_t: float
    score_eur: float
    bound_eur: float
    gap: float
    room_value_eur_per_kg: dict[str, float]
    limits: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LIMITS_SCHEMA))
    waits: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_WAITS))
    groups: int = 0


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


def decide(  # noqa: PLR0913 - the terms of a choice
    batteries: pl.DataFrame,
    sites: pl.DataFrame,
    lanes: pl.DataFrame,
    *,
    carbon_price_eur_per_t: float,
    on: date,
    horizon_days: float,
    prices: pl.DataFrame | PriceSet | None = None,
    contracts: pl.DataFrame | None = None,
    carbon_budget_kg: float | None = None,
    waiting: Waiting | None = None,
) -> Decision:
    """Choose a treatment and a site for each battery, with findings, prices and bound.

    Parameters
    ----------
    batteries
        The battery table with ``point_id``; one row may stand for several alike units, which stay together.
        Empty is allowed. Day of make, day of return and country, where given, let the ageing twin say what nobody
        measured, see :func:`voltloop.treatment.health.health_on`.
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
    contracts
        Columns of :data:`voltloop.treatment.CONTRACTS_SCHEMA`; yearly volumes count pro rata. None for none.
    carbon_budget_kg
        Most carbon of all placed batteries, with freight; may be negative. None for no budget.
    waiting
        Terms on which sound batteries may wait for the next period; None when none may.

    Returns
    -------
    Decision
        Exactly one answer per battery row. ``net_value_eur`` and ``co2e_kg`` are of all units of the row, before
        any transport; ``freight_eur`` and ``freight_co2e_kg`` are what the choice counted for the way.

    Raises
    ------
    InputError
        ``battery-table-columns``, ``lane-table-columns``, ``site-table-columns``, ``carbon-price``,
        ``horizon-days``, ``row-twice``, ``carbon-budget``, those of :func:`voltloop.economics.price_set` and of
        :class:`voltloop.treatment.Waiting`.
    NoFeasiblePlan
        ``treatment-conflict``: names the contracts, rooms and budget that cannot be kept together.
    """
    batteries, lanes = _checked(batteries, lanes, carbon_price_eur_per_t)
    if carbon_budget_kg is not None and not math.isfinite(carbon_budget_kg):
        raise InputError(
            f"The carbon budget is {carbon_budget_kg} kg. Expected a number. Correct it.",
            code="carbon-budget",
        )
    used = prices if isinstance(prices, PriceSet) else economics.price_set(prices, on=on)
    health = health_on(batteries, on=on, days_later=0.0 if waiting is None else waiting.days)
    batteries = health.batteries
    reading = read_sites(sites, horizon_days=horizon_days)
    accepts = reading.accepts
    in_force, said = read_contracts(contracts, accepts, on=on)
    closed = contract_bars(in_force, accepts, batteries["manufacturer"])

    def options_of(
        table: pl.DataFrame, at: PriceSet
    ) -> tuple[pl.DataFrame, pl.DataFrame, Options, list[Finding]]:
        facts, findings = battery_facts(table)
        rules = permitted(facts)
        options = build_options(
            table, facts, rules, accepts, lanes,
            prices=at, carbon_price_eur_per_t=carbon_price_eur_per_t,
            rights=grade_terms(table, accepts, in_force),
        )  # fmt: skip
        return facts, rules, options, findings

    facts, rules, options, findings = options_of(batteries, used)
    later = None
    if waiting is not None:
        later = options_of(later_batteries(batteries, waiting, health.lost), later_prices(used, waiting))[2]
    terms = terms_of(
        options, later, _may_wait(facts), in_force,
        waiting=waiting, carbon_budget_kg=carbon_budget_kg, horizon_days=horizon_days,
    )  # fmt: skip
    placing = place(terms.score_eur, options.mass_kg, terms.co2e_kg, terms.sides, _urgency(facts))
    width = accepts.height
    entry = np.where(placing.option < width, placing.option, -1)
    waits = _waits(
        batteries, options, terms.score_eur, np.where(placing.option >= width, placing.option, -1), waiting
    )
    table = build_answer(
        batteries, facts, rules, options, entry, placing.rent[:, :width], waits["reason"],
        prices=used, carbon_price_eur_per_t=carbon_price_eur_per_t, horizon_days=horizon_days,
    ).with_columns(
        pl.lit(used.currency).alias("currency"), pl.lit(used.newest_on).alias("price_on"),
        pl.col("reason") + rights_told(batteries, accepts, in_force, options.barred_entry).fill_null(""),
    )  # fmt: skip
    findings += _place_findings(batteries, lanes) + _room_findings(table, options, horizon_days)
    findings += _bar_findings(closed, options)
    limits = limits_told(terms, placing)
    return Decision(
        table=table.select(pl.col(name).cast(kind) for name, kind in TREATMENTS_SCHEMA.items()),
        findings=(*used.findings, *reading.findings, *said, *health.findings, *findings),
        prices=used,
        carbon_price_eur_per_t=carbon_price_eur_per_t,
        score_eur=placing.score,
        bound_eur=placing.bound,
        gap=placing.gap,
        room_value_eur_per_kg=_room_values(options, placing.prices, waiting is not None),
        limits=limits,
        waits=waits.filter(pl.col("reason").is_not_null()),
        groups=placing.groups,
    )


def _may_wait(facts: pl.DataFrame) -> npt.NDArray[np.float64]:
    """Say who may wait for the next period: sound goods that nobody has called back."""
    may = (facts["condition"] == "ok") & (facts["reason"] != "recall")
    return np.where(may.to_numpy(), 0.0, -np.inf)


def _room_values(options: Options, prices: npt.NDArray[np.float64], is_waiting: bool) -> dict[str, float]:
    """Price of each full site's room of now, by site; rooms stand first among the side conditions."""
    limited = [
        site for site, limit in zip(options.site_ids, options.limits, strict=True) if math.isfinite(limit)
    ]
    step = 2 if is_waiting else 1
    own = prices[: step * len(limited) : step]
    return {site: float(price) for site, price in zip(limited, own, strict=True) if price > 0}


def _bar_findings(closed: npt.NDArray[np.bool_], options: Options) -> list[Finding]:
    """Tell how many rows find no offer because contracts close some."""
    stuck = int((closed.any(axis=1) & ~np.isfinite(options.offers).any(axis=1)).sum())
    return [make("treatment-contract-bars", value=stuck)] if stuck else []


def _waits(
    batteries: pl.DataFrame,
    options: Options,
    score: npt.NDArray[np.float64],
    option: npt.NDArray[np.int64],
    waiting: Waiting | None,
) -> pl.DataFrame:
    """Rows as the batteries: what those that wait by choice wait for, and why; nulls for the others."""
    width, rows = options.accepts.height, np.arange(option.size)
    if waiting is None or not width:
        return batteries.select("row").with_columns(
            pl.lit(None, dtype=kind).alias(name) for name, kind in _WAITS.items() if name != "row"
        )
    chosen = option >= 0
    now = options.offers.argmax(axis=1)
    best = options.offers[rows, now]
    offers = options.accepts.select("treatment", "site_id", "name")
    then = offers[np.where(chosen, option - width, 0)]
    table = pl.DataFrame(
        {
            "row": batteries["row"],
            "destination_id": then["site_id"],
            "treatment": then["treatment"],
            "score_eur": score[rows, np.maximum(option, 0)],
            "later_treatment": then["treatment"],
            "later_site": then["name"],
            "later_score": pl.Series(
                np.where(chosen, score[rows, np.maximum(option, 0)], np.nan), nan_to_null=True
            ),
            "holding_eur": holding_eur(options.mass_kg, waiting),
            "now_treatment": offers[now]["treatment"],
            "now_site": offers[now]["name"],
            "now_score": pl.Series(np.where(np.isfinite(best), best, np.nan), nan_to_null=True),
        }
    ).with_columns(pl.Series("chosen", chosen))
    table = table.with_columns(waiting_reasons(table, days=waiting.days).alias("reason"))
    names = [name for name in _WAITS if name != "row"]
    return table.select("row", *(pl.when("chosen").then(name).alias(name) for name in names))


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
