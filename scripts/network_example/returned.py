"""What comes back, what cell plants lose and what they need: the stock-flow engine over sales of vehicles."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import polars as pl

from network_example.facts import CHEMISTRIES, IEA_NAMES, METALS, NEW_CELLS, Continent
from voltloop.catalogue import vehicle_fleets
from voltloop.footprint import design
from voltloop.returns import StockFlowRules, stock_flow

FIRST_SALE = 2010
FLEETS = (("car", "BEV"), ("car", "PHEV"), ("van", "BEV"))
_LITHIUM_TO_CARBONATE = 73.891 / (2 * 6.94)
SOURCE = "forecast: stock-flow engine over sales of IEA 2025 (CC BY 4.0) and its projection of 2030"


@cache
def sales(continent: Continent, code: str, vehicle: str, powertrain: str) -> tuple[float, ...]:
    """Vehicles sold in a country in each year from 2010 to the end of the question.

    To 2024 as published; then all countries grow as their continent does to its projection of 2030, and stay.
    """
    table = vehicle_fleets.vehicle_sales().filter(vehicle_class=vehicle, powertrain=powertrain)
    own = dict(table.filter(region=IEA_NAMES[code]).select("year", "sales_vehicles").drop_nulls().iter_rows())
    whole = dict(table.filter(region=continent.projection).select("year", "sales_vehicles").iter_rows())
    expected = vehicle_fleets.vehicle_projection().filter(
        region=continent.projection, vehicle_class=vehicle, powertrain=powertrain, quantity="sales", year=2030
    )["value"]
    last = max(whole)
    growth = (float(expected[0]) / whole[last]) ** (1 / (2030 - last)) if len(expected) else 1.0
    later = continent.given("demand_growth_from_2030")
    found = [float(own.get(year, 0.0)) for year in range(FIRST_SALE, last + 1)]
    for year in range(last + 1, int(continent.given("last_year")) + 1):
        found.append(found[-1] * (growth if year <= 2030 else later))
    return tuple(found)


@cache
def flows(continent: Continent, code: str, chemistry: str) -> dict[int, tuple[float, float, float]]:
    """Energy [kWh as new] of a country by year: working packs worth keeping, packs to recycle, service packs fitted."""
    total: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    made = design(CHEMISTRIES[chemistry])
    lives = vehicle_fleets.vehicle_lives()
    for vehicle, powertrain in FLEETS:
        sold = sales(continent, code, vehicle, powertrain)
        years = range(FIRST_SALE, FIRST_SALE + len(sold))
        iron = [continent.in_year("lfp_share_sold", year) for year in years]
        shares = iron if chemistry == "iron" else [1 - share for share in iron]
        packs = [
            continent.given("phev_pack_kwh") if powertrain == "PHEV" else continent.in_year("pack_kwh", year)
            for year in years
        ]
        life = lives.row(by_predicate=pl.col("vehicle_class") == vehicle, named=True)
        rules = StockFlowRules(life["vehicle_mean_years"], life["battery_mean_years"], life["sd_years"])
        table = stock_flow(
            [number * share for number, share in zip(sold, shares, strict=True)],
            packs,
            pack_kwh_per_kg=1 / made.pack_kg_per_kwh,
            first_year=FIRST_SALE,
            rules=rules,
        ).table
        for row, pack in zip(table.iter_rows(named=True), packs, strict=True):
            held = total[row["year"]]
            held[0] += row["stored_gwh"] * 1e6
            held[1] += row["recycled_gwh"] * 1e6
            held[2] += row["replacement_batteries"] * pack
    return {year: (held[0], held[1], held[2]) for year, held in total.items()}


def cell_plants(continent: Continent) -> dict[str, dict[str, float]]:
    """Cells made a year at full use [GWh] by the largest plant of each country, which stands for all of them."""
    found: dict[str, dict[str, float]] = {}
    plants = [row for row in continent.rows("plants.csv") if row["kind"] == "cells"]
    # The United States are too wide for one place: each third of the capacity has its own.
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in plants:
        third = ("west", "middle", "east")[(float(row["lon"]) > -104) + (float(row["lon"]) > -84.6)]
        groups[f"US {third}" if row["country"] == "US" else row["country"]].append(row)
    for rows in groups.values():
        largest = max(rows, key=lambda row: float(row["capacity"]))
        iron = sum(
            float(row["capacity"])
            for row in rows
            if "LFP" in row["chemistry"] and "N" not in row["chemistry"]
        )
        total = sum(float(row["capacity"]) for row in rows)
        found[largest["plant"]] = {"iron": iron, "nickel": total - iron}
    return found


def cells_gwh(continent: Continent, capacity_gwh: float, year: int) -> float:
    """Cells made in a year."""
    return capacity_gwh * continent.in_year("cell_plant_use", year)


def metals_t(chemistry: str, gwh: float) -> dict[str, float]:
    """Metals that new cells hold; lithium as carbonate."""
    held = design(NEW_CELLS[chemistry]).content_kg_per_kwh("cell")
    scale = {metal: _LITHIUM_TO_CARBONATE if metal == "lithium" else 1.0 for metal in METALS}
    return {metal: held[metal] * scale[metal] * gwh * 1000.0 for metal in METALS}


def scrap_t(continent: Continent, chemistry: str, gwh: float, year: int) -> float:
    """Cells that are lost in making so many."""
    return (
        gwh * 1000.0 * continent.in_year("scrap_share", year) * design(NEW_CELLS[chemistry]).cell_kg_per_kwh
    )
