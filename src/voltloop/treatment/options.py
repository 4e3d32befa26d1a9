"""All ways in which each battery could be treated, with value, carbon, legality and reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop import economics, footprint
from voltloop.catalogue import money
from voltloop.economics import PriceSet
from voltloop.treatment.rules import TREATMENTS

__all__ = ["Options", "build_options"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

_RECYCLE = [f"recycle_{route}" for route in economics.RECYCLING_ROUTES]
_KEYS = (
    "reuse",
    "remanufacture",
    "second_life",
    *_RECYCLE,
    *(f"quarantine_{r}" for r in economics.RECYCLING_ROUTES),
    "quarantine_",
)
_DAMAGED = ("damaged", "critical")


@dataclass(frozen=True)
class Options:
    """Scores of every battery at every site, and what held others back.

    ``score`` is rows by sites [EUR], ``-inf`` where the site is closed; ``entry`` is the row of ``accepts`` that
    gives it. ``net_eur`` and ``co2e_kg`` are rows by :attr:`keys`. ``by_treatment`` is the best score of each
    treatment at any site, ``treatment_entry`` where. The counts say how many offers fit, can be reached and are
    legal; ``refused_entry`` is the nearest offer that the law refuses, -1 if none.
    """

    accepts: pl.DataFrame
    site_ids: list[str]
    limits: _Floats
    score: _Floats
    entry: _Ints
    net_eur: _Floats
    co2e_kg: _Floats
    keys: tuple[str, ...]
    key_of_entry: _Ints
    site_of_entry: _Ints
    treatment_of_entry: _Ints
    by_treatment: _Floats
    treatment_entry: _Ints
    fitting: _Ints
    reachable: _Ints
    legal: _Ints
    refused_entry: _Ints
    distance_km: _Floats
    estimated: _Bools
    why_not: list[list[str | None]]
    point: _Ints
    is_waste: _Bools
    may: _Bools
    mass_kg: _Floats
    freight_eur_per_km: _Floats
    freight_co2e_per_km: _Floats


@dataclass(frozen=True)
class _Lanes:
    distance_km: _Floats
    used_ok: _Bools
    waste_ok: _Bools
    estimated: _Bools
    why_not: list[list[str | None]]
    points: dict[str, int]


def _lanes(lanes: pl.DataFrame, site_ids: list[str]) -> _Lanes:
    """Lay the lanes out as points by sites; the last row stands for points without any lane."""
    places = {site: number for number, site in enumerate(site_ids)}
    table = lanes.filter(pl.col("site_id").is_in(site_ids) & pl.col("distance_km").is_finite())
    points = {point: number for number, point in enumerate(sorted(set(table["point_id"].to_list())))}
    shape = (len(points) + 1, len(site_ids))
    distance = np.full(shape, np.inf)
    used, waste, estimated = (np.zeros(shape, dtype=bool) for _ in range(3))
    why: list[list[str | None]] = [[None] * shape[1] for _ in range(shape[0])]
    if table.height:
        i = table["point_id"].replace_strict(points, return_dtype=pl.Int64).to_numpy()
        j = table["site_id"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
        distance[i, j] = table["distance_km"].cast(pl.Float64).to_numpy()
        used[i, j] = table["used_ok"].fill_null(value=False).to_numpy()
        waste[i, j] = table["waste_ok"].fill_null(value=False).to_numpy()
        estimated[i, j] = table["estimated"].fill_null(value=True).to_numpy()
        for a, b, text in zip(i.tolist(), j.tolist(), table["why_not"].to_list(), strict=True):
            why[a][b] = text
    return _Lanes(distance, used, waste, estimated, why, points)


def _values(table: pl.DataFrame, share: _Floats, quarantine: _Floats) -> _Floats:
    """Give the expected value by key: what passes its test is worth the route, what fails is recycled.

    ``share`` is rows by treatments, the share that passes.
    """
    routes = {name: table[name].to_numpy() for name in table.columns if name != "row"}
    recycled = np.stack([routes[name] for name in _RECYCLE], axis=1)
    saved = np.maximum(routes["remanufacture"], routes["second_life"])
    columns = []
    for key in _KEYS:
        if key.startswith("recycle_"):
            columns.append(routes[key])
            continue
        name, _, route = key.partition("_") if key.startswith("quarantine") else (key, "", "")
        failed = routes[f"recycle_{route}"] if route else recycled.max(axis=1)
        passed = share[:, TREATMENTS.index(name)]
        worth = saved + quarantine if name == "quarantine" else routes[name]
        columns.append(
            passed * worth + (1.0 - passed) * (failed + (quarantine if name == "quarantine" else 0.0))
        )
    return np.stack(columns, axis=1)


def _expected(batteries: pl.DataFrame, share: _Floats, prices: PriceSet) -> tuple[_Floats, _Floats]:
    """Net value [EUR] and carbon [kg CO2e], rows by keys."""
    value = economics.route_table(batteries, prices)
    carbon = footprint.carbon_table(batteries)
    net = _values(value, share, value["quarantine"].to_numpy())
    # What fails is recycled by the most valuable process, so its carbon must be of the same process.
    best = np.stack([value[name].to_numpy() for name in _RECYCLE], axis=1).argmax(axis=1)
    routes = {name: carbon[name].to_numpy() for name in carbon.columns if name != "row"}
    recycled = np.take_along_axis(np.stack([routes[n] for n in _RECYCLE], axis=1), best[:, None], axis=1)[
        :, 0
    ]
    saved = np.where(
        value["remanufacture"] >= value["second_life"], routes["remanufacture"], routes["second_life"]
    )
    columns = []
    for key in _KEYS:
        if key.startswith("recycle_"):
            columns.append(routes[key])
            continue
        name, _, route = key.partition("_") if key.startswith("quarantine") else (key, "", "")
        passed = share[:, TREATMENTS.index(name)]
        failed = routes[f"recycle_{route}"] if route else recycled
        columns.append(passed * (saved if name == "quarantine" else routes[name]) + (1.0 - passed) * failed)
    return net, np.stack(columns, axis=1)


def _codes(column: pl.Series) -> tuple[_Ints, list[str]]:
    names = column.unique(maintain_order=True).to_list()
    numbers = column.replace_strict(names, list(range(len(names))), return_dtype=pl.Int64).to_numpy()
    return numbers, names


def _brand_fit(accepts: pl.DataFrame, kinds: pl.DataFrame) -> _Bools:
    """Offers by (manufacturer, model) pairs: which pairs an offer takes."""
    fit = np.ones((accepts.height, kinds.height), dtype=bool)
    for number, (brands, models) in enumerate(accepts.select("brands", "models").iter_rows()):
        if brands is None and models is None:
            continue
        either = pl.lit(value=False)
        for column, words in (("manufacturer", brands), ("model", models)):
            if words:
                pattern = (
                    r"(?i)(?:^|[^\pL\pN])(?:"
                    + "|".join(_escape(word) for word in words)
                    + r")(?:$|[^\pL\pN])"
                )
                either = either | pl.col(column).str.contains(pattern)
        fit[number] = kinds.select(either.alias("fit"))["fit"].to_numpy()
    return fit


def _escape(word: str) -> str:
    import re

    return re.escape(word).replace("\\ ", " ").replace("\\-", "-")


def _fits(accepts: pl.DataFrame, batteries: pl.DataFrame, facts: pl.DataFrame) -> tuple[_Bools, _Ints]:
    """Offers by kinds of battery: which the offer takes; and the kind of every row."""
    unit_kwh = batteries["energy_wh"].cast(pl.Float64) / 1000.0
    sizes = sorted(accepts["max_unit_kwh"].drop_nulls().unique().to_list())
    kind = facts.select(
        "chemistry",
        "form",
        "condition",
        batteries["manufacturer"].fill_null("").alias("manufacturer"),
        batteries["model"].fill_null("").alias("model"),
        *((unit_kwh <= size).fill_null(value=False).alias(f"_{size}") for size in sizes),
    )
    kinds = kind.unique(maintain_order=True).with_row_index("_kind")
    of_row = (
        kind.join(kinds, on=kind.columns, how="left", maintain_order="left")["_kind"]
        .cast(pl.Int64)
        .to_numpy()
    )
    fit = _brand_fit(accepts, kinds)
    for number, offer in enumerate(accepts.iter_rows(named=True)):
        for column, words in (("chemistry", "chemistries"), ("form", "forms"), ("condition", "conditions")):
            if offer[words] is not None:
                fit[number] &= kinds[column].is_in(offer[words]).to_numpy()
        if offer["max_unit_kwh"] is not None:
            fit[number] &= kinds[f"_{offer['max_unit_kwh']}"].to_numpy()
    return fit, of_row


def _rule_columns(rules: pl.DataFrame) -> tuple[_Bools, _Bools, _Floats]:
    """Rows by treatments: permitted, waste, share that passes."""
    table = money.treatment_rules()
    chosen = np.stack([rules[treatment].to_numpy() for treatment in TREATMENTS], axis=1)
    may = (table["permitted"] == "yes").to_numpy()[chosen]
    waste = (table["is_waste"] == "yes").fill_null(value=False).to_numpy()[chosen]
    share = table["pass_share"].cast(pl.Float64).fill_null(0.0).to_numpy()[chosen]
    return may, waste, share


def _freight(batteries: pl.DataFrame, facts: pl.DataFrame, mass: _Floats, eur_per_usd: float) -> _Floats:
    """Freight [EUR per km] of every row."""
    in_us = batteries["country"].fill_null("").is_in(["US", "CA", "MX"]).to_numpy()
    harmed = facts["condition"].is_in(_DAMAGED).to_numpy()
    rate = np.zeros(mass.size)
    for region, where in (("us", in_us), ("europe", ~in_us)):
        for is_damaged in (False, True):
            unit = economics.freight_eur_per_kg_km(region, is_damaged=is_damaged, eur_per_usd=eur_per_usd)
            rate[where & (harmed == is_damaged)] = unit
    return rate * mass


def build_options(
    batteries: pl.DataFrame,
    facts: pl.DataFrame,
    rules: pl.DataFrame,
    accepts: pl.DataFrame,
    lanes: pl.DataFrame,
    *,
    prices: PriceSet,
    carbon_price_eur_per_t: float,
) -> Options:
    """Value every battery at every site that takes it, may get it and can be reached.

    Parameters
    ----------
    batteries, facts, rules
        The battery table with ``point_id``, its facts and its rules, rows alike.
    accepts
        Offers of the sites.
    lanes
        Distances and legality by point and site.
    prices
        Prices of the day.
    carbon_price_eur_per_t
        What a tonne of CO2e is worth, not negative.

    Returns
    -------
    Options
        Score = net value - freight - carbon price x (carbon of the route + carbon of the freight).
    """
    site_ids = accepts["site_id"].unique(maintain_order=True).to_list()
    laid = _lanes(lanes, site_ids)
    last = len(laid.points)
    point = np.array([laid.points.get(p, last) for p in batteries["point_id"].to_list()], dtype=np.int64)
    mass = money.element_content(batteries)["mass_kg"].to_numpy()
    may, waste, share = _rule_columns(rules)
    net, carbon = _expected(batteries, share, prices)
    per_km = _freight(batteries, facts, mass, prices.eur_per_usd)
    carbon_per_km = mass * footprint.transport_kg_per_tkm("artic_40t") / 1000.0
    fit, kind = _fits(accepts, batteries, facts)
    rows, offers, sites = batteries.height, accepts.height, len(site_ids)
    treatment_of = (
        accepts["treatment"]
        .replace_strict({t: i for i, t in enumerate(TREATMENTS)}, return_dtype=pl.Int64)
        .to_numpy()
    )
    site_of = (
        accepts["site_id"]
        .replace_strict({s: i for i, s in enumerate(site_ids)}, return_dtype=pl.Int64)
        .to_numpy()
    )
    names = [
        treatment if treatment in _KEYS else f"{treatment}_{route or ''}"
        for treatment, route in accepts.select("treatment", "route").iter_rows()
    ]
    key_of = np.array([_KEYS.index(name) for name in names], dtype=np.int64)
    score = np.full((rows, sites), -np.inf)
    entry = np.full((rows, sites), -1, dtype=np.int64)
    by_treatment = np.full((rows, len(TREATMENTS)), -np.inf)
    treatment_entry = np.full((rows, len(TREATMENTS)), -1, dtype=np.int64)
    fitting, reachable, legal = (np.zeros(rows, dtype=np.int64) for _ in range(3))
    refused = np.full(rows, -1, dtype=np.int64)
    refused_km = np.full(rows, np.inf)
    price = carbon_price_eur_per_t / 1000.0
    for e in range(offers):
        t, s, key = int(treatment_of[e]), int(site_of[e]), int(key_of[e])
        takes = np.flatnonzero(fit[e][kind] & may[:, t])
        fitting[takes] += 1
        km = laid.distance_km[point[takes], s]
        takes, km = takes[np.isfinite(km)], km[np.isfinite(km)]
        reachable[takes] += 1
        ok = np.where(waste[takes, t], laid.waste_ok[point[takes], s], laid.used_ok[point[takes], s])
        nearer = ~ok & (km < refused_km[takes])
        refused[takes[nearer]] = e
        refused_km[takes[nearer]] = km[nearer]
        takes, km = takes[ok], km[ok]
        legal[takes] += 1
        worth = (
            net[takes, key] - per_km[takes] * km - price * (carbon[takes, key] + carbon_per_km[takes] * km)
        )
        better = worth > score[takes, s]
        score[takes[better], s] = worth[better]
        entry[takes[better], s] = e
        better = worth > by_treatment[takes, t]
        by_treatment[takes[better], t] = worth[better]
        treatment_entry[takes[better], t] = e
    limits = accepts.group_by("site_id", maintain_order=True).agg(pl.col("limit_kg").first())["limit_kg"]
    return Options(
        accepts,
        site_ids,
        limits.fill_null(np.inf).to_numpy(),
        score,
        entry,
        net,
        carbon,
        _KEYS,
        key_of,
        site_of,
        treatment_of,
        by_treatment,
        treatment_entry,
        fitting,
        reachable,
        legal,
        refused,
        laid.distance_km,
        laid.estimated,
        laid.why_not,
        point,
        waste,
        may,
        mass,
        per_km,
        carbon_per_km,
    )
