"""The plants of recycling: where they stand, how large they are, and what a year of one costs."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.catalogue import processes
from voltloop.economics.checks import one_of, positive
from voltloop.economics.plant_finance import PlantFinance, plant_finance
from voltloop.economics.process_balance import FEEDS

__all__ = ["COST_ON", "PlantSite", "known_place", "plant_at", "plant_capacity_t", "plant_isbl_usd"]

COST_ON = date(2022, 1, 1)
"""Price date of the plants' equipment, wages, utilities and reagents."""


@dataclass(frozen=True, slots=True)
class PlantSite:
    """Where a plant stands, what it is made for and how its capital is paid.

    Attributes
    ----------
    place
        Of ``places.csv``.
    plant_of
        Chemistry whose plants the source has, standing for the chemistry that is recycled.
    feed
        ``cell`` or ``pack``.
    interest_rate, plant_life_yr
        Of the capital.
    """

    place: str
    plant_of: str
    feed: str
    interest_rate: float = 0.10
    plant_life_yr: float = 10.0


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


def plant_at(
    plant: str,
    site: PlantSite,
    *,
    throughput_t_per_yr: float,
    materials_usd_per_kg: float,
    revenue_usd_per_kg: float,
) -> PlantFinance:
    """Give the finance of a plant at a place.

    Parameters
    ----------
    plant
        ``pyro``, ``hydro``, ``direct`` or ``preprocessing``.
    site
        Where it stands and what for.
    throughput_t_per_yr
        Tonnes through this plant a year, above zero.
    materials_usd_per_kg
        Feed and reagents per kg of throughput, beside the reagents of ``plant_running.csv``.
    revenue_usd_per_kg
        Per kg of throughput; research follows it.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``.
    """
    given = processes.economics_parameters("recycling")
    place = processes.places().row(by_predicate=pl.col("place") == site.place, named=True)
    running = processes.plant_running().row(
        by_predicate=(pl.col("plant") == plant)
        & (pl.col("plant_of") == site.plant_of)
        & (pl.col("feed") == site.feed),
        named=True,
    )
    # Utilities are those of the first place; only their electricity follows the place.
    dearer = place["electricity_usd_per_kwh"] - processes.places()["electricity_usd_per_kwh"][0]
    utilities = running["utilities_usd_per_kg"] + running["electricity_kwh_per_kg"] * dearer
    materials = materials_usd_per_kg + (running["reagents_usd_per_kg"] or 0.0)
    kilograms = throughput_t_per_yr * 1000.0
    isbl = plant_isbl_usd(plant, throughput_t_per_yr, plant_of=site.plant_of, feed=site.feed)
    return plant_finance(
        throughput_t_per_yr=throughput_t_per_yr,
        isbl_usd=isbl * place["equipment_factor"],
        raw_materials_usd_per_yr=max(0.0, materials) * kilograms,
        utilities_usd_per_yr=utilities * kilograms,
        effluent_usd_per_yr=running["effluent_usd_per_kg"] * kilograms,
        operating_labor_usd_per_yr=given["operator_hours_per_yr"] * place["wage_usd_per_h"],
        rd_usd_per_yr=given["research_share"] * revenue_usd_per_kg * kilograms,
        interest_rate=site.interest_rate,
        plant_life_yr=site.plant_life_yr,
        priced_on=COST_ON,
    )
