"""What recycling costs and earns per kilogram of feed, by chemistry, process, place and size of the plant."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.catalogue import processes
from voltloop.economics.checks import number, one_of, positive
from voltloop.economics.plant_finance import PlantFinance, plant_finance
from voltloop.economics.price_set import PriceSet, price_set
from voltloop.economics.process_balance import (
    FEEDS,
    PROCESSES,
    ProcessBalance,
    feed_materials,
    process_balance,
)
from voltloop.economics.product_revenue import cathode_price, product_prices, product_revenue

__all__ = [
    "COST_ON",
    "RecyclingResult",
    "feed_price",
    "known_place",
    "plant_capacity_t",
    "plant_isbl_usd",
    "recycling_economics",
]

COST_ON = date(2022, 1, 1)
"""Price date of the plants' equipment, wages, utilities and reagents."""

_METRIC_KG = 1000.0


@dataclass(frozen=True, slots=True)
class RecyclingResult:
    """Cost and revenue of recycling, in USD per kg of feed.

    Attributes
    ----------
    chemistry, feed, process, place, feed_t_per_yr
        What was asked.
    feed_price_usd_per_kg
        Signed: above zero the plant pays for the feed, below zero it is paid a gate fee. It is part of the cost.
    cost_usd_per_kg, revenue_usd_per_kg, profit_usd_per_kg
        Per kg of feed; cost includes the feed price.
    net_usd_per_kwh
        Profit per kWh of the batteries' energy when new.
    recovery_plant, preprocessing_plant
        Finance of the two plants; pyro takes its feed whole and has no preprocessing.
    balance
        Products and losses per kg of feed.
    currency, cost_on, priced_on
        Currency of all amounts, price date of the plants and day of the product prices.
    is_estimate
        True for chemistries whose plants are not in the source and follow by rule.
    """

    chemistry: str
    feed: str
    process: str
    place: str
    feed_t_per_yr: float
    feed_price_usd_per_kg: float
    cost_usd_per_kg: float
    revenue_usd_per_kg: float
    profit_usd_per_kg: float
    net_usd_per_kwh: float
    recovery_plant: PlantFinance
    preprocessing_plant: PlantFinance | None
    balance: ProcessBalance
    currency: str
    cost_on: date
    priced_on: date
    is_estimate: bool


@dataclass(frozen=True, slots=True)
class _Site:
    """What a plant is told of its place and feed."""

    wage: float
    electricity: float
    equipment: float
    plant_of: str
    feed: str


def known_place(name: str) -> str:
    """Give the place of ``places.csv`` that a name means, without regard to capitals.

    Raises
    ------
    InputError
        ``economics-word``: not a place that the catalogue has wages and prices for.

    Examples
    --------
    >>> known_place("U.S."), known_place("china")
    ('United States', 'China')
    """
    names: dict[str, str] = {}
    for row in processes.places().iter_rows(named=True):
        names |= {word.casefold(): row["place"] for word in (row["place"], *row["also"].split(";"))}
    found = names.get(str(name).strip().casefold())
    return found or one_of("place", name, processes.places()["place"].to_list())


def plant_capacity_t(throughput_t_per_yr: float) -> float:
    """Give the capacity a plant is built for: 1.5 times its throughput, rounded up to 1,000 t a year.

    Examples
    --------
    >>> plant_capacity_t(6991.0834), plant_capacity_t(10_000)
    (11000.0, 15000.0)
    """
    given = processes.economics_parameters("recycling")
    wanted = positive("throughput_t_per_yr", throughput_t_per_yr) * given["capacity_ratio"]
    step = given["capacity_step_t"]
    return math.ceil(wanted / step - 1e-9) * step


def plant_isbl_usd(
    plant: str, throughput_t_per_yr: float, *, plant_of: str = "NMC622", feed: str = "cell"
) -> float:
    """Give the equipment cost of a plant in the United States.

    Parameters
    ----------
    plant
        ``pyro``, ``hydro``, ``direct`` or ``preprocessing``.
    throughput_t_per_yr
        Tonnes through this plant a year.
    plant_of
        Chemistry whose plants the source has: ``NMC111``, ``NMC622`` or ``LFP``.
    feed
        ``cell`` or ``pack``.

    Returns
    -------
    float
        USD of 2022, installed.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``.

    Notes
    -----
    A power law between neighbouring capacities of the source, and the last one's beyond them (1 to 50 kt/yr of feed).
    """
    table = processes.plant_equipment()
    one_of("plant", plant, table["plant"].unique(maintain_order=True).to_list())
    one_of("plant_of", plant_of, processes.plant_running()["plant_of"].unique(maintain_order=True).to_list())
    one_of("feed", feed, FEEDS)
    rows = table.filter(
        (pl.col("plant") == plant)
        & pl.col("plant_of").fill_null(plant_of).is_in([plant_of])
        & pl.col("feed").fill_null(feed).is_in([feed])
    ).sort("capacity_t_per_yr")
    sizes, costs = rows["capacity_t_per_yr"].to_list(), rows["isbl_usd"].to_list()
    capacity = plant_capacity_t(throughput_t_per_yr)
    upper = min(max(bisect_right(sizes, capacity), 1), len(sizes) - 1)
    low, high = sizes[upper - 1], sizes[upper]
    if capacity <= sizes[0]:
        return float(costs[0])
    exponent = math.log(costs[upper] / costs[upper - 1]) / math.log(high / low)
    return float(costs[upper - 1] * (capacity / low) ** exponent)


def feed_price(materials_kg: dict[str, float], prices: PriceSet) -> float:
    """Give what a plant pays per kg of feed; below zero, what it is paid.

    A share (30 %) of the value of the nickel and cobalt in it; feed without either pays a gate fee of 2 USD/kg.
    The rule gives the published feed prices of EverBatt 2023.
    """
    given = processes.economics_parameters("recycling")
    value = _nickel_cobalt_value(materials_kg, prices)
    return given["feed_price_share"] * value if value > 0 else -given["gate_fee_usd_per_kg"]


def recycling_economics(  # noqa: PLR0913
    chemistry: str,
    process: str,
    *,
    feed: str = "cell",
    feed_t_per_yr: float = 10_000.0,
    place: str = "United States",
    prices: PriceSet | None = None,
    feed_price_usd_per_kg: float | None = None,
    interest_rate: float = 0.10,
    plant_life_yr: float = 10.0,
) -> RecyclingResult:
    """Give cost, revenue and profit of recycling a chemistry by a process.

    Parameters
    ----------
    chemistry
        ``NMC111``, ``NMC532``, ``NMC622``, ``NMC811``, ``NCA``, ``LFP``, ``LMO`` or ``LCO``.
    process
        ``pyro``, ``hydro`` or ``direct``.
    feed
        ``cell`` or ``pack``.
    feed_t_per_yr
        Feed of the recycler, t a year, above zero. The source has 1,000 to 50,000.
    place
        ``United States``, ``California``, ``China`` or ``Korea``.
    prices
        Product prices; None takes those of 1 January 2022, EverBatt's own.
    feed_price_usd_per_kg
        Signed price of the feed; None takes :func:`feed_price`.
    interest_rate, plant_life_yr
        Of the capital.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``; ``price-missing``: a metal that the process sells has no price.

    References
    ----------
    EverBatt 2023, Argonne National Laboratory.

    Examples
    --------
    >>> found = recycling_economics("NMC622", "hydro")
    >>> round(found.cost_usd_per_kg, 2), round(found.revenue_usd_per_kg, 2), found.currency
    (5.7, 7.1, 'USD')
    """
    one_of("process", process, PROCESSES)
    one_of("feed", feed, FEEDS)
    tonnes = positive("feed_t_per_yr", feed_t_per_yr)
    where = known_place(place)
    base = price_set(on=COST_ON)
    priced = base if prices is None else prices
    materials = feed_materials(chemistry, feed)
    balance = process_balance(materials, process)
    unit_prices = product_prices(priced)
    if process == "direct":
        unit_prices["cathode_powder"] = cathode_price(chemistry, priced, base)
    revenue = product_revenue(balance.products_kg, unit_prices)
    paid = (
        feed_price(materials, priced)
        if feed_price_usd_per_kg is None
        else number("feed_price_usd_per_kg", feed_price_usd_per_kg, minimum=None)
    )
    row = processes.places().row(by_predicate=pl.col("place") == where, named=True)
    cathode = processes.cathodes().row(by_predicate=pl.col("chemistry") == chemistry, named=True)
    site = _Site(
        row["wage_usd_per_h"],
        row["electricity_usd_per_kwh"],
        row["equipment_factor"],
        cathode["plant_of"],
        feed,
    )
    given = processes.economics_parameters("recycling")
    terms = (interest_rate, plant_life_yr)
    if process == "pyro":
        # More nickel and cobalt take more reagents to leach from the alloy than in the plant that stands for it.
        metal = sum(materials[m] - feed_materials(site.plant_of, feed)[m] for m in ("nickel", "cobalt"))
        more = metal * given["pyro_metal_reagents_usd_per_kg"]
        preprocessing = None
        recovery = _plant("pyro", site, tonnes, max(paid, 0.0) + more, revenue, terms)
        cost = recovery.cost_usd_per_kg
    else:
        black_mass, cathode_share = _black_mass(materials)
        scrap = product_revenue(
            {
                name: kg
                for name, kg in balance.products_kg.items()
                if balance.sold_by[name] == "preprocessing"
            },
            unit_prices,
        )
        paid_black_mass = (
            given["black_mass_payable"] * given["black_mass_yield"] * _nickel_cobalt_value(materials, priced)
        )
        preprocessing = _plant("preprocessing", site, tonnes, max(paid, 0.0), scrap + paid_black_mass, terms)
        reagents = cathode[f"{process}_reagents_usd_per_kg"] * cathode_share
        recovery = _plant(process, site, tonnes * black_mass, reagents, (revenue - scrap) / black_mass, terms)
        cost = preprocessing.cost_usd_per_kg + recovery.cost_usd_per_kg * black_mass
    cost += min(paid, 0.0)
    per_kwh = processes.compositions().row(
        by_predicate=(pl.col("chemistry") == chemistry) & (pl.col("feed") == feed), named=True
    )
    return RecyclingResult(
        chemistry=chemistry,
        feed=feed,
        process=process,
        place=where,
        feed_t_per_yr=tonnes,
        feed_price_usd_per_kg=paid,
        cost_usd_per_kg=cost,
        revenue_usd_per_kg=revenue,
        profit_usd_per_kg=revenue - cost,
        net_usd_per_kwh=(revenue - cost) * per_kwh["kg_per_kwh"],
        recovery_plant=recovery,
        preprocessing_plant=preprocessing,
        balance=balance,
        currency="USD",
        cost_on=COST_ON,
        priced_on=priced.on,
        is_estimate=cathode["estimate"] == "yes",
    )


def _nickel_cobalt_value(materials_kg: dict[str, float], prices: PriceSet) -> float:
    held = {metal: materials_kg.get(metal, 0.0) for metal in ("nickel", "cobalt")}
    return product_revenue(held, product_prices(prices))


def _black_mass(materials_kg: dict[str, float]) -> tuple[float, float]:
    """Black mass per kg of feed, and the share of cathode in it."""
    given = processes.economics_parameters("recycling")
    cathode = sum(materials_kg[name] for name in ("lithium", "nickel", "cobalt", "manganese", "cathode_rest"))
    powder = given["black_mass_yield"] * (cathode + materials_kg["graphite"] + materials_kg["carbon_black"])
    other = given["black_mass_other_share"] * sum(
        materials_kg[name] for name in ("binder", "copper", "aluminium")
    )
    return powder + other, given["black_mass_yield"] * cathode / (powder + other)


def _plant(
    plant: str,
    site: _Site,
    throughput_t: float,
    materials_usd_per_kg: float,
    revenue_usd_per_kg: float,
    terms: tuple[float, float],
) -> PlantFinance:
    """Finance of one plant at a place; materials beside the reagents of the table, revenue per kg of throughput."""
    given = processes.economics_parameters("recycling")
    running = processes.plant_running().row(
        by_predicate=(pl.col("plant") == plant)
        & (pl.col("plant_of") == site.plant_of)
        & (pl.col("feed") == site.feed),
        named=True,
    )
    home = processes.places()["electricity_usd_per_kwh"][0]
    utilities = running["utilities_usd_per_kg"] + running["electricity_kwh_per_kg"] * (
        site.electricity - home
    )
    kilograms = throughput_t * _METRIC_KG
    return plant_finance(
        throughput_t_per_yr=throughput_t,
        isbl_usd=plant_isbl_usd(plant, throughput_t, plant_of=site.plant_of, feed=site.feed) * site.equipment,
        raw_materials_usd_per_yr=max(0.0, materials_usd_per_kg + (running["reagents_usd_per_kg"] or 0.0))
        * kilograms,
        utilities_usd_per_yr=utilities * kilograms,
        effluent_usd_per_yr=running["effluent_usd_per_kg"] * kilograms,
        operating_labor_usd_per_yr=given["operator_hours_per_yr"] * site.wage,
        rd_usd_per_yr=given["research_share"] * revenue_usd_per_kg * kilograms,
        interest_rate=terms[0],
        plant_life_yr=terms[1],
        priced_on=COST_ON,
    )
