"""Put the chosen offers, their figures and their reasons into one table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop import economics
from voltloop.catalogue import money, places
from voltloop.economics import PriceSet
from voltloop.treatment.flips import flips
from voltloop.treatment.options import Options
from voltloop.treatment.rules import TREATMENTS
from voltloop.treatment.words import add_reasons, held_reasons

__all__ = ["build_answer"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_RECYCLE = TREATMENTS.index("recycle")
_RESTORING = tuple(TREATMENTS.index(name) for name in ("second_life", "remanufacture", "reuse"))


def _meant(options: Options) -> _Ints:
    """Treatment of batteries without destination: where it is open, else where refused, else best by value."""
    worth = np.full(options.may.shape, -np.inf)
    for number, treatment in enumerate(TREATMENTS):
        keys = [k for k, key in enumerate(options.keys) if key.startswith(treatment)]
        worth[:, number] = np.where(options.may[:, number], options.net_eur[:, keys].max(axis=1), -np.inf)
    treatment_of = worth.argmax(axis=1)
    refused = options.refused_entry
    if options.treatment_of_entry.size:
        treatment_of = np.where(
            refused >= 0, options.treatment_of_entry[np.maximum(refused, 0)], treatment_of
        )
    is_open = np.isfinite(options.by_treatment).any(axis=1)
    choice: _Ints = np.where(is_open, options.by_treatment.argmax(axis=1), treatment_of).astype(np.int64)
    return choice


def _chosen(options: Options, entry: _Ints) -> _Ints:
    """Treatment of every row: that of its offer, else the one it is meant for."""
    treatment = _meant(options)
    if options.treatment_of_entry.size:
        treatment = np.where(entry >= 0, options.treatment_of_entry[np.maximum(entry, 0)], treatment)
    return treatment


def _other(options: Options, entry: _Ints, treatment: _Ints) -> tuple[_Ints, _Floats]:
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


def _say(rules: pl.DataFrame, treatment: _Ints, options: Options) -> tuple[pl.Series, pl.Series]:
    """Rule of the chosen treatment, and the sentence that explains the choice best.

    Recycling is open to everything, so its own rule explains nothing: what bars the battery from a second life,
    from remanufacturing or from reuse does.
    """
    table = money.treatment_rules()
    chosen = np.stack([rules[name].to_numpy() for name in TREATMENTS], axis=1)
    own = chosen[np.arange(treatment.size), treatment]
    rule = table["rule"].gather(own)
    barred = ~options.may[:, list(_RESTORING)]
    first = np.array(_RESTORING)[barred.argmax(axis=1)]
    blocking = table["say"].gather(chosen[np.arange(treatment.size), first])
    reached = np.isfinite(options.by_treatment[:, list(_RESTORING)]).any(axis=1)
    sentence = (
        pl.when(pl.col("rule") != "recycle.any")
        .then("own")
        .when(pl.col("is_allowed") & ~pl.col("is_reached"))
        .then(pl.lit("no site within legal reach restores it or gives it a second life"))
        .when(pl.col("is_barred"))
        .then("blocking")
        .otherwise(pl.lit("recycling is worth most by money and carbon"))
    )
    says = pl.DataFrame(
        {
            "rule": rule,
            "own": table["say"].gather(own),
            "blocking": blocking,
            "is_barred": barred.any(axis=1),
            "is_allowed": ~barred.all(axis=1),
            "is_reached": reached,
        }
    ).select(sentence.alias("say"))["say"]
    return rule, says


def _held(
    options: Options, batteries: pl.DataFrame, table: pl.DataFrame, horizon_days: float
) -> pl.DataFrame:
    """Reasons of the rows without destination: ``row`` and ``held_reason``."""
    world = places.countries()
    names = dict(zip(world["iso2"].to_list(), world["name"].to_list(), strict=True))
    held = np.flatnonzero(table["destination_id"].is_null().to_numpy())
    offers = options.accepts.select("name", "country").rows()
    refusals: list[tuple[str | None, str | None, float | None, str | None]] = []
    for row in held.tolist():
        entry, point = int(options.refused_entry[row]), int(options.point[row])
        if entry < 0:
            refusals.append((None, None, None, None))
            continue
        site = int(options.site_of_entry[entry])
        name, country = offers[entry]
        why = options.why_not[point][site]
        refusals.append((name, names.get(country, country), float(options.distance_km[point, site]), why))
    schema = {
        "refused_site": pl.String(),
        "refused_country": pl.String(),
        "refused_km": pl.Float64(),
        "refused_why": pl.String(),
    }
    may = [
        ";".join(n for n, ok in zip(TREATMENTS, options.may[row], strict=True) if ok) for row in held.tolist()
    ]
    given = batteries[held]
    facts = table[held].with_columns(
        pl.Series("fitting", options.fitting[held]),
        pl.Series("reachable", options.reachable[held]),
        pl.Series("legal", options.legal[held]),
        pl.Series("open_treatments", may, dtype=pl.String),
        pl.coalesce(given["site"], given["point_id"]).alias("point"),
        given["country"].replace(names).alias("country_name"),
        pl.Series("mass_kg", options.mass_kg[held]),
        given["manufacturer"],
        given["model"],
    )
    facts = pl.concat([facts, pl.DataFrame(refusals, schema=schema, orient="row")], how="horizontal")
    return facts.select("row", held_reasons(facts, horizon_days=horizon_days).alias("held_reason"))


def _keys(options: Options, entry: _Ints, treatment: _Ints) -> _Ints:
    """Column of the value table for every row; held rows take the treatment's best."""
    first = np.array([next(k for k, key in enumerate(options.keys) if key.startswith(n)) for n in TREATMENTS])
    key = first[treatment]
    span = slice(first[_RECYCLE], first[_RECYCLE] + len(economics.RECYCLING_ROUTES))
    key = np.where(treatment == _RECYCLE, first[_RECYCLE] + options.net_eur[:, span].argmax(axis=1), key)
    if options.key_of_entry.size:
        key = np.where(entry >= 0, options.key_of_entry[np.maximum(entry, 0)], key)
    return key.astype(np.int64)


def _way(options: Options, entry: _Ints) -> pl.DataFrame:
    """Distance, freight and its carbon; null where there is no destination."""
    distance = np.full(entry.size, np.nan)
    estimated = np.zeros(entry.size, dtype=bool)
    placed = entry >= 0
    if placed.any():
        where = options.point[placed], options.site_of_entry[entry[placed]]
        distance[placed] = options.distance_km[where]
        estimated[placed] = options.estimated[where]
    return pl.DataFrame(
        {
            "distance_km": distance,
            "is_estimated": estimated,
            "freight_eur": options.freight_eur_per_km * distance,
            "freight_co2e_kg": options.freight_co2e_per_km * distance,
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def build_answer(  # noqa: PLR0913 - what a choice rests on
    batteries: pl.DataFrame,
    facts: pl.DataFrame,
    rules: pl.DataFrame,
    options: Options,
    entry: _Ints,
    rent: _Floats,
    waits: pl.Series,
    *,
    prices: PriceSet,
    carbon_price_eur_per_t: float,
    horizon_days: float,
) -> pl.DataFrame:
    """Build the table of answers, one row per battery row, in order.

    Parameters
    ----------
    batteries, facts, rules
        Rows alike: the battery table, its facts, the rule of each treatment.
    options, entry
        What was open to each battery, and the offer it takes, -1 for none.
    rent
        Rows by offers: what the room each takes is worth to others [EUR].
    waits
        Why a row waits by choice, in words; null where it does not.
    prices, carbon_price_eur_per_t
        As the choice was made.
    horizon_days
        Days of the plan, for the reason of those that find no room.

    Returns
    -------
    pl.DataFrame
        Columns of the treatment table but currency and price date, and the columns the reasons are made from.
    """
    treatment = _chosen(options, entry)
    rows = np.arange(entry.size)
    placed = entry >= 0
    key = _keys(options, entry, treatment)
    other, other_score = _other(options, entry, treatment)
    rule, say = _say(rules, treatment, options)
    net = options.net_eur[rows, key]
    net[placed] -= options.grade_eur[rows[placed], entry[placed]]
    score = np.zeros(rows.size)
    score[placed] = options.offers[rows[placed], entry[placed]]
    lead = np.full(rows.size, np.nan)
    known = np.flatnonzero(placed & (other >= 0))
    lead[known] = score[known] - rent[known, entry[known]] - other_score[known] + rent[known, other[known]]
    flip = flips(
        batteries, options, entry, other, lead, prices=prices, carbon_price_eur_per_t=carbon_price_eur_per_t
    )
    offers = options.accepts

    def of_offer(column: str, choice: _Ints) -> pl.Series:
        places_of = pl.Series(np.where(choice >= 0, choice, 0), dtype=pl.UInt32)
        if offers.is_empty():
            return pl.Series(column, [None] * choice.size, dtype=pl.String)
        given = pl.DataFrame({"value": offers[column].gather(places_of), "is_given": choice >= 0})
        return given.select(pl.when("is_given").then("value").alias(column))[column]

    table = facts.select("row", "chemistry", "form", "condition", "soh", "soh_words").with_columns(
        pl.Series("treatment", list(TREATMENTS), dtype=pl.String).gather(treatment),
        of_offer("site_id", entry).alias("destination_id"),
        of_offer("name", entry).alias("site_name"),
        of_offer("label", entry).alias("label"),
        of_offer("route", entry).alias("route"),
        pl.Series("is_waste", options.is_waste[rows, treatment], dtype=pl.Boolean),
        pl.Series("net_value_eur", net),
        pl.Series("co2e_kg", options.co2e_kg[rows, key]),
        rule.alias("rule"),
        say.alias("say"),
        pl.Series("score", score),
        of_offer("treatment", other).alias("other_treatment"),
        of_offer("name", other).alias("other_site"),
        flip,
        pl.Series("other_score", np.where(placed & (other >= 0), other_score, np.nan), nan_to_null=True),
    )
    table = pl.concat([table, _way(options, entry)], how="horizontal")
    reasons = _held(options, batteries, table, horizon_days)
    table = table.join(reasons, on="row", how="left", maintain_order="left")
    return add_reasons(
        table.with_columns(pl.coalesce(waits.alias("waits"), "held_reason").alias("held_reason"))
    )
