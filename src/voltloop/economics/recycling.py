"""What recycling costs and earns per kilogram of feed, by chemistry, process, place and size of the plant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.catalogue import processes
from voltloop.economics.checks import number, one_of, positive
from voltloop.economics.plant_finance import PlantFinance
from voltloop.economics.price_set import PriceSet, price_set
from voltloop.economics.process_balance import (
    FEEDS,
    PROCESSES,
    ProcessBalance,
    feed_materials,
    process_balance,
)
from voltloop.economics.product_revenue import cathode_price, product_prices, product_revenue
from voltloop.economics.recycling_plants import COST_ON, PlantSite, known_place, plant_at

__all__ = ["RecyclingResult", "feed_price", "recycling_economics"]


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
    cathode = processes.cathodes().row(by_predicate=pl.col("chemistry") == chemistry, named=True)
    site = PlantSite(where, cathode["plant_of"], feed, interest_rate, plant_life_yr)
    if process == "pyro":
        preprocessing = None
        recovery = _smelter(site, tonnes, materials, max(paid, 0.0), revenue)
        cost = recovery.cost_usd_per_kg
    else:
        black_mass, cathode_share = _black_mass(materials)
        shredded = {name: kg for name, kg in balance.products_kg.items() if balance.sold_by[name] != process}
        scrap = product_revenue(shredded, unit_prices)
        preprocessing = plant_at(
            "preprocessing",
            site,
            throughput_t_per_yr=tonnes,
            materials_usd_per_kg=max(paid, 0.0),
            revenue_usd_per_kg=scrap + _black_mass_revenue(materials, priced),
        )
        recovery = plant_at(
            process,
            site,
            throughput_t_per_yr=tonnes * black_mass,
            materials_usd_per_kg=cathode[f"{process}_reagents_usd_per_kg"] * cathode_share,
            revenue_usd_per_kg=(revenue - scrap) / black_mass,
        )
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


def _smelter(
    site: PlantSite, tonnes: float, materials_kg: dict[str, float], paid_usd_per_kg: float, revenue: float
) -> PlantFinance:
    """Finance of a plant that takes its feed whole."""
    # More nickel and cobalt take more reagents to leach from the alloy than in the plant that stands for it.
    usual = feed_materials(site.plant_of, site.feed)
    metal = sum(materials_kg[name] - usual[name] for name in ("nickel", "cobalt"))
    more = metal * processes.economics_parameters("recycling")["pyro_metal_reagents_usd_per_kg"]
    return plant_at(
        "pyro",
        site,
        throughput_t_per_yr=tonnes,
        materials_usd_per_kg=paid_usd_per_kg + more,
        revenue_usd_per_kg=revenue,
    )


def _black_mass_revenue(materials_kg: dict[str, float], prices: PriceSet) -> float:
    """Give what the preprocessing plant is paid for black mass, per kg of feed."""
    given = processes.economics_parameters("recycling")
    return (
        given["black_mass_payable"] * given["black_mass_yield"] * _nickel_cobalt_value(materials_kg, prices)
    )


def _black_mass(materials_kg: dict[str, float]) -> tuple[float, float]:
    """Black mass per kg of feed, and the share of cathode in it."""
    given = processes.economics_parameters("recycling")
    cathode = sum(materials_kg[name] for name in ("lithium", "nickel", "cobalt", "manganese", "cathode_rest"))
    powder = given["black_mass_yield"] * (cathode + materials_kg["graphite"] + materials_kg["carbon_black"])
    other = given["black_mass_other_share"] * sum(
        materials_kg[name] for name in ("binder", "copper", "aluminium")
    )
    return powder + other, given["black_mass_yield"] * cathode / (powder + other)
