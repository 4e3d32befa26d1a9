"""Commodities, activities and recipes, with yields, cost, energy and carbon from the engines of voltloop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import polars as pl

from network_example.facts import (
    CHEMISTRIES,
    EVERBATT,
    METALS,
    Continent,
    eur_of_2022,
    metal_eur_per_t,
    prices,
)
from voltloop.catalogue import life_cycle, money, processes
from voltloop.economics import (
    feed_materials,
    pack_disassembly,
    process_balance,
    product_prices,
    product_revenue,
    recycling_economics,
    second_life_application,
)
from voltloop.footprint import Recycling, design, material, recycle

KG = 1000.0
_RAW = {"nickel": "nickel_in_salt", "cobalt": "cobalt_in_salt", "lithium": "lithium_carbonate"}


@dataclass(frozen=True)
class Step:
    """One activity: what a run takes in and gives, and what it costs.

    Attributes
    ----------
    activity, name, family
        As in ``activities.csv``.
    amounts
        Units by commodity: below 0 in, above 0 out.
    cost_eur, energy_kwh, labour_h, kg_co2e
        Per run, beside electricity and labour at the price of the place.
    room
        Share of the facility's capacity that a run takes.
    source
        Where the figures come from.
    """

    activity: str
    name: str
    family: str
    amounts: dict[str, float]
    cost_eur: float = 0.0
    energy_kwh: float = 0.0
    labour_h: float = 0.0
    kg_co2e: float = 0.0
    room: float = 1.0
    source: str = ""


@cache
def recycled(chemistry: str, feed: str, grid_g: float = 0.0) -> Recycling:
    """Burdens and products of one kilogram of feed through shredding and leaching."""
    return recycle(CHEMISTRIES[chemistry], "hydro", grid_g, feed)


def _parts(chemistry: str, feed: str, stage: str, grid_g: float) -> float:
    """Carbon [kg] of one stage, with the credit of the scrap that it sells."""
    found = recycled(chemistry, feed, grid_g)
    own = sum(part.impacts.co2e_kg for part in found.cut_off.parts if part.name.startswith(stage))
    if stage == "preprocessing":
        own += sum(
            part.impacts.co2e_kg
            for part in found.avoided_burden.parts
            if part.name.startswith("credit") and "scrap" in part.name
        )
    return own


def _energy_kwh(chemistry: str, feed: str, stage: str) -> float:
    """Electricity of a stage per kg of feed: what the carbon grows by with that of the grid."""
    return _parts(chemistry, feed, stage, 1000.0) - _parts(chemistry, feed, stage, 0.0)


def _scrap_eur(chemistry: str, feed: str) -> float:
    """Revenue of what shredding sells beside black mass, per kg of feed."""
    balance = process_balance(feed_materials(CHEMISTRIES[chemistry], feed), "hydro")
    sold = {name: kg for name, kg in balance.products_kg.items() if balance.sold_by[name] == "preprocessing"}
    return product_revenue(sold, product_prices(prices())) * prices().eur_per_usd


def handling_h(continent: Continent, chemistry: str) -> tuple[float, float]:
    """Hours of taking a tonne of packs apart to modules, overheads among them, and the other cost [EUR]."""
    kg = continent.given("pack_kwh_for_handling") * design(CHEMISTRIES[chemistry]).pack_kg_per_kwh
    idle, paid = (
        pack_disassembly(kg, depth="module", wage_usd_per_h=wage).cost_usd_per_kg for wage in (0.0, 1.0)
    )
    return (paid - idle) * KG, idle * KG * eur_of_2022()


def _running(plant: str, chemistry: str, feed: str) -> dict[str, float]:
    """Row of plant_running.csv: cost per kg through a plant, USD of 2022."""
    row = processes.plant_running().row(
        by_predicate=(pl.col("plant") == plant)
        & (pl.col("plant_of") == CHEMISTRIES[chemistry])
        & (pl.col("feed") == feed),
        named=True,
    )
    home = processes.places()["electricity_usd_per_kwh"][0]
    own = row["utilities_usd_per_kg"] - row["electricity_kwh_per_kg"] * home
    return {"own": own + row["effluent_usd_per_kg"], "reagents": row["reagents_usd_per_kg"] or 0.0}


def shredding(continent: Continent) -> list[Step]:
    """A tonne of packs, working or not, or of scrapped cells becomes black mass."""
    found = []
    for chemistry in CHEMISTRIES:
        for what, feed in (("pack", "pack"), ("core", "pack"), ("scrap", "cell")):
            running = _running("preprocessing", chemistry, feed)
            cost = (running["own"] + running["reagents"]) * KG * eur_of_2022() - _scrap_eur(
                chemistry, feed
            ) * KG
            hours = 0.0
            if what != "scrap":
                hours, other = handling_h(continent, chemistry)
                cost += other
            found.append(
                Step(
                    f"shred_{what}_{chemistry}",
                    f"Discharging, taking apart and shredding: {what}, {chemistry}",
                    "shredding",
                    {
                        f"{what}_{chemistry}": -1.0,
                        f"black_mass_{chemistry}": recycled(chemistry, feed).black_mass_kg,
                    },
                    cost,
                    _energy_kwh(chemistry, feed, "preprocessing") * KG,
                    hours,
                    _parts(chemistry, feed, "preprocessing", 0.0) * KG,
                    source=f"{EVERBATT}: preprocessing, disassembly to modules; scrap of copper, aluminium and steel "
                    "sold at catalogue prices and credited with the metal it displaces",
                )
            )
    return found


def leaching() -> list[Step]:
    """A tonne of black mass becomes nickel, cobalt and crude lithium carbonate."""
    found = []
    for chemistry in CHEMISTRIES:
        run, feed = recycled(chemistry, "pack"), "pack"
        per_t = 1.0 / run.black_mass_kg
        plant = recycling_economics(CHEMISTRIES[chemistry], "hydro", feed=feed)
        kilograms = plant.feed_t_per_yr * run.black_mass_kg * KG
        home = processes.places()["electricity_usd_per_kwh"][0]
        row = processes.plant_running().row(
            by_predicate=(pl.col("plant") == "hydro")
            & (pl.col("plant_of") == CHEMISTRIES[chemistry])
            & (pl.col("feed") == feed),
            named=True,
        )
        variable = plant.recovery_plant.vcop_usd_per_yr / kilograms - row["electricity_kwh_per_kg"] * home
        side = {
            name: kg
            for name, kg in plant.balance.products_kg.items()
            if name in ("manganese", "graphite_recovered", "graphite")
        }
        sold = product_revenue(side, product_prices(prices())) * prices().eur_per_usd * per_t
        amounts = {f"black_mass_{chemistry}": -1.0}
        for metal, product in (
            ("nickel", "nickel"),
            ("cobalt", "cobalt"),
            ("lithium", "lithium_carbonate_crude"),
        ):
            if run.products_kg.get(product):
                amounts[f"{metal}_recycled"] = run.products_kg[product] * per_t
        found.append(
            Step(
                f"leach_{chemistry}",
                f"Leaching of black mass: {chemistry}",
                "leaching",
                amounts,
                variable * KG * eur_of_2022() - sold * KG,
                _energy_kwh(chemistry, feed, "hydro") * per_t * KG,
                0.0,
                _parts(chemistry, feed, "hydro", 0.0) * per_t * KG,
                source=f"{EVERBATT}: hydrometallurgy at 10,000 t of feed a year; manganese and graphite sold at "
                "catalogue prices",
            )
        )
    return found


def restoring(continent: Continent) -> list[Step]:
    """A tonne of working packs becomes restored packs, or storage."""
    given = money.route_parameters()
    worn = (given["reman_soh_best"] - continent.given("core_soh")) / (
        given["reman_soh_best"] - given["reman_soh_worst"]
    )
    best, worst = given["reman_replaced_share_best"], given["reman_replaced_share_worst"]
    replaced = best + worn * (worst - best)
    store = second_life_application("grid_storage")
    found = []
    for chemistry, model in CHEMISTRIES.items():
        made = design(model)
        kwh = KG / made.pack_kg_per_kwh
        packs = kwh / continent.given("pack_kwh_for_handling")
        modules = made.kg_per_kwh("module") / made.pack_kg_per_kwh * replaced
        parts = (given["reman_unit_usd"] - 8.5 * 50.0) * prices().eur_per_usd
        cycled = life_cycle.restoring()
        test_kwh = kwh * cycled["test_cycles"] * (1.0 - cycled["test_efficiency"])
        reserve = restored_price(chemistry) * kwh * given["reman_reserve_share"]
        found += [
            Step(
                f"restore_{chemistry}",
                f"Remanufacturing: {chemistry}",
                "restoring",
                {
                    f"core_{chemistry}": -1.0,
                    f"module_{chemistry}": -modules,
                    f"restored_{chemistry}": kwh,
                    f"pack_{chemistry}": modules,
                },
                parts * packs + reserve,
                test_kwh,
                continent.given("restore_hours_per_pack") * packs,
                source="route parameters of the catalogue: replaced modules by state of health, hours and parts per "
                "pack, reserve for guarantee and fallout; test cycles of restoring.csv",
            ),
            Step(
                f"repurpose_{chemistry}",
                f"Second life in storage: {chemistry}",
                "restoring",
                {f"core_{chemistry}": -1.0, f"storage_{chemistry}": kwh},
                store["integration_usd_per_kwh"] * prices().eur_per_usd * kwh,
                test_kwh,
                store["test_usd_per_pack"] / 50.0 * packs,
                source="second_life_applications.csv: grid storage; test of four hours a pack",
            ),
        ]
    return found


def refining(continent: Continent) -> list[Step]:
    """A tonne of metal of raw material becomes battery salt."""
    left = 1.0 - continent.given("raw_carbon_share")
    return [
        Step(
            f"refine_{metal}",
            f"Refining: {metal}",
            f"refining_{metal}",
            {f"{metal}_raw": -1.0, f"{metal}_new": 1.0},
            metal_eur_per_t(metal) * (1.0 - continent.given(f"{metal}_raw_price_share")),
            kg_co2e=metal_kg(metal) * left * KG,
            source="price of the catalogue less the price of raw material (estimate); carbon of GREET 2022, part that "
            "arises in refining: estimate. Electricity is in the carbon",
        )
        for metal in METALS
    ]


def using(continent: Continent) -> list[Step]:
    """Cell plants take metal, new or recycled."""
    found = []
    for metal in METALS:
        crude = continent.given("crude_lithium_price_share") if metal == "lithium" else 0.0
        found += [
            Step(f"use_{metal}_new", f"Use of new {metal}", "using", {f"{metal}_new": -1.0, metal: 1.0}),
            Step(
                f"use_{metal}_recycled",
                f"Use of recycled {metal}",
                "using",
                {f"{metal}_recycled": -1.0, metal: 1.0},
                metal_eur_per_t(metal) * crude,
                source=f"{EVERBATT}: crude carbonate is worth half of battery grade" if crude else "",
            ),
        ]
    return found


def metal_kg(metal: str) -> float:
    """Carbon of a kilogram of new battery metal; of lithium, of carbonate."""
    return material(_RAW[metal]).co2e_kg


def steps(continent: Continent) -> list[Step]:
    """All activities."""
    return [
        *shredding(continent),
        *leaching(),
        *restoring(continent),
        *refining(continent),
        *using(continent),
    ]


@cache
def new_pack_eur_per_kwh(chemistry: str) -> float:
    """Cost of making a pack new."""
    row = money.chemistry_values().row(
        by_predicate=pl.col("chemistry") == ("LFP" if chemistry == "iron" else "NMC"), named=True
    )
    return float(row["new_pack_usd_per_kwh"]) * prices().eur_per_usd


def restored_price(chemistry: str) -> float:
    """Price of a restored pack [EUR/kWh]."""
    given = money.route_parameters()
    return new_pack_eur_per_kwh(chemistry) * given["reman_service_markup"] * given["reman_price_share_of_new"]
