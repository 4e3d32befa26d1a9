"""All ways in which each battery could be treated, with value, carbon, legality and reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop import economics, footprint
from voltloop.catalogue import money
from voltloop.economics import PriceSet
from voltloop.treatment.expected import KEYS, expected
from voltloop.treatment.rights import GradeTerms
from voltloop.treatment.rules import TREATMENTS

__all__ = ["Options", "build_options", "rule_columns"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

_DAMAGED = ("damaged", "critical")


@dataclass(frozen=True)
class Options:
    """What is open to each battery at each site, with its score, and what barred the rest.

    Attributes
    ----------
    accepts
        Offers of the sites; "entry" below is a row of it, -1 for none.
    site_ids, limits
        The sites and their room [kg], ``inf`` for no limit.
    score, entry
        Rows by sites [EUR]: the best offer of the site, ``-inf`` where it is closed.
    offers, offers_co2e_kg
        Rows by offers: the score of each [EUR], ``-inf`` where it is closed; its carbon with freight.
    by_treatment, treatment_entry
        Rows by treatments [EUR]: the best offer of any site.
    net_eur, co2e_kg, risk_eur
        Rows by :attr:`keys`: expected value and carbon before transport, and the charge for its risk.
    keys, key_of_entry, site_of_entry, treatment_of_entry
        Where an offer finds its figures, site and treatment.
    fitting, reachable, legal
        How many offers take the battery, can be reached, and may get it.
    refused_entry
        The nearest offer that the law refuses.
    barred_entry
        An offer that takes the battery but lacks the diagnostics rights, where no other of its treatment is open; -1
        for none.
    grade_eur
        Rows by offers: what the grade costs there above the maker's own plant.
    may, is_waste
        Rows by treatments: permitted by the rules; waste in transport.
    point, distance_km, estimated, why_not
        Row of each battery in the lanes; points by sites.
    mass_kg, freight_eur_per_km, freight_co2e_per_km
        By row, all units.
    """

    accepts: pl.DataFrame
    site_ids: list[str]
    limits: _Floats
    score: _Floats
    entry: _Ints
    offers: _Floats
    offers_co2e_kg: _Floats
    by_treatment: _Floats
    treatment_entry: _Ints
    net_eur: _Floats
    co2e_kg: _Floats
    risk_eur: _Floats
    keys: tuple[str, ...]
    key_of_entry: _Ints
    site_of_entry: _Ints
    treatment_of_entry: _Ints
    fitting: _Ints
    reachable: _Ints
    legal: _Ints
    refused_entry: _Ints
    barred_entry: _Ints
    grade_eur: _Floats
    may: _Bools
    is_waste: _Bools
    point: _Ints
    distance_km: _Floats
    estimated: _Bools
    why_not: list[list[str | None]]
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


def rule_columns(rules: pl.DataFrame) -> tuple[_Bools, _Bools, _Floats, _Floats]:
    """Give rows by treatments: permitted, waste, share that passes, least state of health (0 for none)."""
    table = money.treatment_rules()
    chosen = np.stack([rules[treatment].to_numpy() for treatment in TREATMENTS], axis=1)
    may = (table["permitted"] == "yes").to_numpy()[chosen]
    waste = (table["is_waste"] == "yes").fill_null(value=False).to_numpy()[chosen]
    share = table["pass_share"].cast(pl.Float64).fill_null(0.0).to_numpy()[chosen]
    least = table["soh_min"].cast(pl.Float64).fill_null(0.0).to_numpy()[chosen]
    return may, waste, share, least


def _freight(batteries: pl.DataFrame, facts: pl.DataFrame, mass: _Floats, eur_per_usd: float) -> _Floats:
    """Freight [EUR per km] of every row."""
    countries = batteries["country"].fill_null("")
    names = countries.unique().to_list()
    regions = {name: economics.freight_region(name) for name in names}
    region = countries.replace_strict(regions, return_dtype=pl.String)
    harmed = facts["condition"].is_in(_DAMAGED).to_numpy()
    rate = np.zeros(mass.size)
    for name in sorted(set(regions.values())):
        for is_damaged in (False, True):
            unit = economics.freight_eur_per_kg_km(name, is_damaged=is_damaged, eur_per_usd=eur_per_usd)
            rate[(region == name).to_numpy() & (harmed == is_damaged)] = unit
    return rate * mass


@dataclass
class _Tally:
    """Best offers so far, filled offer by offer."""

    score: _Floats
    entry: _Ints
    by_treatment: _Floats
    treatment_entry: _Ints
    fitting: _Ints
    reachable: _Ints
    legal: _Ints
    refused_entry: _Ints
    refused_km: _Floats

    @classmethod
    def empty(cls, rows: int, sites: int) -> _Tally:
        """Start with nothing open to anyone."""
        return cls(
            np.full((rows, sites), -np.inf),
            np.full((rows, sites), -1, dtype=np.int64),
            np.full((rows, len(TREATMENTS)), -np.inf),
            np.full((rows, len(TREATMENTS)), -1, dtype=np.int64),
            np.zeros(rows, dtype=np.int64),
            np.zeros(rows, dtype=np.int64),
            np.zeros(rows, dtype=np.int64),
            np.full(rows, -1, dtype=np.int64),
            np.full(rows, np.inf),
        )

    def reach(self, takes: _Ints, km: _Floats, entry: int, ok: _Bools) -> None:
        """Count an offer for the rows it takes and can be reached from; note the nearest that is refused."""
        self.reachable[takes] += 1
        self.legal[takes[ok]] += 1
        nearer = ~ok & (km < self.refused_km[takes])
        self.refused_entry[takes[nearer]] = entry
        self.refused_km[takes[nearer]] = km[nearer]

    def offer(self, takes: _Ints, worth: _Floats, entry: int, site: int, treatment: int) -> None:
        """Keep an offer where it beats the best so far."""
        better = worth > self.score[takes, site]
        self.score[takes[better], site] = worth[better]
        self.entry[takes[better], site] = entry
        ahead = worth > self.by_treatment[takes, treatment]
        self.by_treatment[takes[ahead], treatment] = worth[ahead]
        self.treatment_entry[takes[ahead], treatment] = entry


def _first_barred(barred: _Ints, by_treatment: _Floats) -> _Ints:
    """Give the barred offer of the first treatment of each row of which nothing else is open, -1 for none."""
    told = (barred >= 0) & ~np.isfinite(by_treatment)
    first = told.argmax(axis=1)
    rows = np.arange(first.size)
    found: _Ints = np.where(told[rows, first], barred[rows, first], -1)
    return found


def _numbers(names: list[str], order: list[str]) -> _Ints:
    place = {name: number for number, name in enumerate(order)}
    return np.array([place[name] for name in names], dtype=np.int64)


def build_options(
    batteries: pl.DataFrame,
    facts: pl.DataFrame,
    rules: pl.DataFrame,
    accepts: pl.DataFrame,
    lanes: pl.DataFrame,
    *,
    prices: PriceSet,
    carbon_price_eur_per_t: float,
    rights: GradeTerms | None = None,
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
    rights
        What contracts and rights close, and what grading costs at each offer; None for nothing.

    Returns
    -------
    Options
        Score = net value - grade - risk charge - freight - carbon price x (carbon of route and freight).
    """
    site_ids = accepts["site_id"].unique(maintain_order=True).to_list()
    laid = _lanes(lanes, site_ids)
    last = len(laid.points)
    point = np.array([laid.points.get(p, last) for p in batteries["point_id"].to_list()], dtype=np.int64)
    mass = money.element_content(batteries)["mass_kg"].to_numpy()
    may, waste, share, bands = rule_columns(rules)
    outlook = expected(batteries, share, bands, prices)
    net, carbon = outlook.net_eur, outlook.co2e_kg
    risk = money.route_parameters()["risk_aversion"] * outlook.spread_eur
    per_km = _freight(batteries, facts, mass, prices.eur_per_usd)
    carbon_per_km = mass * footprint.transport_kg_per_tkm("artic_40t") / 1000.0
    fit, kind = _fits(accepts, batteries, facts)
    treatment_of = _numbers(accepts["treatment"].to_list(), list(TREATMENTS))
    site_of = _numbers(accepts["site_id"].to_list(), site_ids)
    names = accepts.select("treatment", pl.col("route").fill_null("")).rows()
    key_of = _numbers([t if t in KEYS else f"{t}_{route}" for t, route in names], list(KEYS))
    price = carbon_price_eur_per_t / 1000.0
    tally = _Tally.empty(batteries.height, len(site_ids))
    offers = np.full((batteries.height, accepts.height), -np.inf)
    offers_co2e = np.zeros(offers.shape)
    barred = np.full((batteries.height, len(TREATMENTS)), -1, dtype=np.int64)
    grade_eur = np.zeros(offers.shape) if rights is None else rights.extra_eur
    for e, (t, s, key) in enumerate(
        zip(treatment_of.tolist(), site_of.tolist(), key_of.tolist(), strict=True)
    ):
        takes = np.flatnonzero(fit[e][kind] & may[:, t])
        if rights is not None:
            barred[takes[rights.lacking[takes, e]], t] = e
            takes = takes[~rights.closed[takes, e]]
        tally.fitting[takes] += 1
        km = laid.distance_km[point[takes], s]
        takes, km = takes[np.isfinite(km)], km[np.isfinite(km)]
        ok = np.where(waste[takes, t], laid.waste_ok[point[takes], s], laid.used_ok[point[takes], s])
        tally.reach(takes, km, e, ok)
        takes, km = takes[ok], km[ok]
        emitted = carbon[takes, key] + carbon_per_km[takes] * km
        worth = (
            net[takes, key] - grade_eur[takes, e] - risk[takes, key] - per_km[takes] * km - price * emitted
        )
        offers[takes, e] = worth
        offers_co2e[takes, e] = emitted
        tally.offer(takes, worth, e, s, t)
    limits = accepts.group_by("site_id", maintain_order=True).agg(pl.col("limit_kg").first())["limit_kg"]
    return Options(
        accepts=accepts,
        site_ids=site_ids,
        limits=limits.fill_null(np.inf).to_numpy(),
        score=tally.score,
        entry=tally.entry,
        offers=offers,
        offers_co2e_kg=offers_co2e,
        by_treatment=tally.by_treatment,
        treatment_entry=tally.treatment_entry,
        net_eur=net,
        co2e_kg=carbon,
        risk_eur=risk,
        keys=KEYS,
        key_of_entry=key_of,
        site_of_entry=site_of,
        treatment_of_entry=treatment_of,
        fitting=tally.fitting,
        reachable=tally.reachable,
        legal=tally.legal,
        refused_entry=tally.refused_entry,
        barred_entry=_first_barred(barred, tally.by_treatment),
        grade_eur=grade_eur,
        may=may,
        is_waste=waste,
        point=point,
        distance_km=laid.distance_km,
        estimated=laid.estimated,
        why_not=laid.why_not,
        mass_kg=mass,
        freight_eur_per_km=per_km,
        freight_co2e_per_km=carbon_per_km,
    )
