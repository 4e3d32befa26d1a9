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
from voltloop.treatment.assign import Assignment, assign
from voltloop.treatment.options import Options, build_options
from voltloop.treatment.rules import TREATMENTS, battery_facts, permitted
from voltloop.treatment.sites import read_sites
from voltloop.treatment.words import add_reasons, held_reasons

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
_Ints = npt.NDArray[np.int64]


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
        Share of the bound that might still be missing.
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


def _chosen(options: Options, assigned: Assignment) -> tuple[_Ints, _Ints]:
    """Offer (-1 when held) and treatment of every row."""
    rows = np.arange(assigned.site.size)
    entry = np.full(rows.size, -1, dtype=np.int64)
    if options.entry.shape[1]:
        entry = np.where(assigned.site >= 0, options.entry[rows, np.maximum(assigned.site, 0)], -1)
    treatment = np.zeros(rows.size, dtype=np.int64)
    placed = entry >= 0
    treatment[placed] = options.treatment_of_entry[entry[placed]]
    for row in np.flatnonzero(~placed):
        treatment[row] = _meant(options, int(row))
    return entry, treatment


def _meant(options: Options, row: int) -> int:
    """Treatment of a battery without destination: where it is open, else refused, else best by value."""
    open_to = options.by_treatment[row]
    if np.isfinite(open_to).any():
        return int(open_to.argmax())
    if options.refused_entry[row] >= 0:
        return int(options.treatment_of_entry[options.refused_entry[row]])
    best, choice = -np.inf, TREATMENTS.index("quarantine")
    for number, treatment in enumerate(TREATMENTS):
        keys = [k for k, key in enumerate(options.keys) if key.startswith(treatment)]
        worth = float(options.net_eur[row, keys].max())
        if options.may[row, number] and worth > best:
            best, choice = worth, number
    return choice


def _other(options: Options, entry: _Ints, treatment: _Ints) -> tuple[_Ints, npt.NDArray[np.float64]]:
    """Runner-up: the best other treatment, or the best other site when no other treatment is open."""
    rows = np.arange(entry.size)
    others = options.by_treatment.copy()
    others[rows, treatment] = -np.inf
    best = others.argmax(axis=1)
    score = others[rows, best]
    found = np.where(np.isfinite(score), options.treatment_entry[rows, best], -1)
    if options.score.shape[1]:
        elsewhere = options.score.copy()
        placed = entry >= 0
        elsewhere[rows[placed], options.site_of_entry[entry[placed]]] = -np.inf
        site = elsewhere.argmax(axis=1)
        second = elsewhere[rows, site]
        use = (found < 0) & np.isfinite(second)
        found = np.where(use, options.entry[rows, site], found)
        score = np.where(use, second, score)
    return found, score


def _say(rules: pl.DataFrame, treatment: _Ints, options: Options) -> tuple[list[str], list[str]]:
    """Rule of the chosen treatment, and the sentence that explains the choice best."""
    table = money.treatment_rules()
    names, says = table["rule"].to_list(), table["say"].to_list()
    chosen = np.stack([rules[name].to_numpy() for name in TREATMENTS], axis=1)
    rule = [names[p] for p in chosen[np.arange(treatment.size), treatment].tolist()]
    recycle, restore = TREATMENTS.index("recycle"), (2, 1, 0)
    sentences = []
    for row, (name, t) in enumerate(zip(rule, treatment.tolist(), strict=True)):
        sentence = says[chosen[row, t]]
        if t == recycle and name == "recycle.any":
            blocked = next((k for k in restore if not options.may[row, k]), None)
            shut = [
                k for k in restore if options.may[row, k] and not np.isfinite(options.by_treatment[row, k])
            ]
            if blocked is not None:
                sentence = says[chosen[row, blocked]]
            if not any(np.isfinite(options.by_treatment[row, k]) for k in restore) and shut:
                sentence = "no site within legal reach restores it or gives it a second life"
            elif blocked is None:
                sentence = "recycling is worth most by money and carbon"
        sentences.append(sentence)
    return rule, sentences


def _country_names() -> dict[str, str]:
    from voltloop.catalogue import places

    table = places.countries()
    return dict(zip(table["iso2"].to_list(), table["name"].to_list(), strict=True))


def _refusals(options: Options, batteries: pl.DataFrame) -> pl.DataFrame:
    """List what held each row back, in columns for :func:`held_reasons`."""
    names = _country_names()
    sites = options.accepts.select("name", "country").rows()
    found: list[tuple[str | None, str | None, float | None, str | None]] = []
    for row, entry in enumerate(options.refused_entry.tolist()):
        if entry < 0:
            found.append((None, None, None, None))
            continue
        point, site = int(options.point[row]), int(options.site_of_entry[entry])
        name, country = sites[entry]
        found.append(
            (
                name,
                names.get(country, country),
                float(options.distance_km[point, site]),
                options.why_not[point][site],
            )
        )
    may = [
        ";".join(name for name, ok in zip(TREATMENTS, row, strict=True) if ok) for row in options.may.tolist()
    ]
    schema = {
        "refused_site": pl.String(),
        "refused_country": pl.String(),
        "refused_km": pl.Float64(),
        "refused_why": pl.String(),
    }
    return pl.DataFrame(found, schema=schema, orient="row").with_columns(
        pl.Series("fitting", options.fitting),
        pl.Series("reachable", options.reachable),
        pl.Series("legal", options.legal),
        pl.Series("open_treatments", may, dtype=pl.String),
        pl.coalesce(batteries["site"], batteries["point_id"]).alias("point"),
        batteries["country"].replace(names).alias("country_name"),
        pl.Series("mass_kg", options.mass_kg),
        batteries["manufacturer"],
        batteries["model"],
    )


def _table(
    batteries: pl.DataFrame,
    facts: pl.DataFrame,
    rules: pl.DataFrame,
    options: Options,
    assigned: Assignment,
    horizon_days: float,
) -> pl.DataFrame:
    entry, treatment = _chosen(options, assigned)
    rows = np.arange(entry.size)
    placed = entry >= 0
    where = np.maximum(entry, 0)
    recycled = TREATMENTS.index("recycle")
    first = [next(k for k, key in enumerate(options.keys) if key.startswith(name)) for name in TREATMENTS]
    key = np.array(first, dtype=np.int64)[treatment] if rows.size else np.zeros(0, dtype=np.int64)
    span = slice(first[recycled], first[recycled] + len(economics.RECYCLING_ROUTES))
    if rows.size:
        key = np.where(treatment == recycled, first[recycled] + options.net_eur[:, span].argmax(axis=1), key)
    offers = options.accepts
    if offers.height:
        key = np.where(placed, options.key_of_entry[where], key)
        site = options.site_of_entry[where]
        distance = np.where(placed, options.distance_km[options.point, site], np.nan)
        estimated = placed & options.estimated[options.point, site]
    else:
        distance, estimated = np.full(rows.size, np.nan), np.zeros(rows.size, dtype=bool)
    other, other_score = _other(options, entry, treatment)
    rule, say = _say(rules, treatment, options)
    score = np.zeros(rows.size)
    score[placed] = options.score[rows[placed], options.site_of_entry[entry[placed]]]

    def of_offer(column: str, choice: _Ints) -> pl.Series:
        values = offers[column].to_list()
        return pl.Series(column, [values[e] if e >= 0 else None for e in choice.tolist()], dtype=pl.String)

    table = facts.select("row", "chemistry", "form", "condition", "soh").with_columns(
        pl.Series("treatment", [TREATMENTS[t] for t in treatment.tolist()], dtype=pl.String),
        of_offer("site_id", entry).alias("destination_id"),
        of_offer("name", entry).alias("site_name"),
        of_offer("label", entry).alias("label"),
        of_offer("route", entry).alias("route"),
        pl.Series("is_waste", options.is_waste[rows, treatment], dtype=pl.Boolean),
        pl.Series("net_value_eur", options.net_eur[rows, key]),
        pl.Series("co2e_kg", options.co2e_kg[rows, key]),
        pl.Series("distance_km", distance, nan_to_null=True),
        pl.Series("is_estimated", estimated, dtype=pl.Boolean),
        pl.Series("freight_eur", options.freight_eur_per_km * distance, nan_to_null=True),
        pl.Series("freight_co2e_kg", options.freight_co2e_per_km * distance, nan_to_null=True),
        pl.Series("rule", rule, dtype=pl.String),
        pl.Series("say", say, dtype=pl.String),
        pl.Series("score", score),
        of_offer("treatment", other).alias("other_treatment"),
        of_offer("name", other).alias("other_site"),
        pl.Series("other_score", np.where(placed & (other >= 0), other_score, np.nan), nan_to_null=True),
    )
    held = pl.concat([table, _refusals(options, batteries)], how="horizontal")
    reasons = held_reasons(held, horizon_days=horizon_days)
    table = table.with_columns(
        pl.when(pl.col("destination_id").is_null()).then(reasons).otherwise(None).alias("held_reason")
    )
    return add_reasons(table)


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
    assigned = assign(options.score, options.mass_kg, options.limits)
    table = _table(batteries, facts, rules, options, assigned, horizon_days).with_columns(
        pl.lit(used.currency).alias("currency"), pl.lit(used.newest_on).alias("price_on")
    )
    laned = set(lanes["point_id"].to_list())
    lost = [
        point for point in batteries["point_id"].unique(maintain_order=True).to_list() if point not in laned
    ]
    findings += [
        make("treatment-point-unknown", where="lanes", field="point_id", raw=str(point)) for point in lost
    ]
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
