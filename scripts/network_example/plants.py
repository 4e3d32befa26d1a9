"""Sites, facilities and utilities: plants that stand, and places where hubs may open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from network_example.facts import (
    EVERBATT,
    Continent,
    country,
    electricity_eur_per_kwh,
    eur_of_2022,
    grid_kg_per_kwh,
    read,
    wage_eur_per_h,
)
from network_example.returned import cell_plants
from voltloop.catalogue import processes
from voltloop.economics import annuity_factor, plant_finance, plant_isbl_usd

Table = list[dict[str, Any]]
EU = {
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "NL",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
}
_PLANT = {"shred": "preprocessing", "hydromet": "hydro"}
_FAMILY = {"shred": "shredding", "hydromet": "leaching", "restore": "restoring"}
_ISO3 = {"CA": "CAN", "US": "USA", "MX": "MEX", "KR": "KOR", "CN": "CHN"}
_LIFE_YR, _INTEREST = 10.0, 0.10
ABROAD = (
    ("kr_gunsan", "Black mass plants of Korea", "KR", 35.97, 126.70, "korea_black_mass_t"),
    ("cn_jingmen", "Black mass plants of China", "CN", 31.03, 112.20, "china_black_mass_t"),
)


@dataclass(frozen=True)
class Cost:
    """What a plant costs: fixed capital, and per year with its annuity or without [EUR]."""

    capital_eur: float
    yearly_eur: float
    running_eur: float


@cache
def plant_cost(continent: Continent, kind: str, tonnes: float, code: str) -> Cost:
    """Cost of a plant for so many tonnes through it a year, in a country."""
    plant = _PLANT[kind]
    fixed = continent.given("labour_fixed_share")
    hours = processes.economics_parameters("recycling")["operator_hours_per_yr"]
    hours *= fixed + (1.0 - fixed) * tonnes / 10_000.0
    factor = {"CN": 0.61, "KR": 0.8}.get(code, continent.given("equipment_factor_europe"))
    finance = plant_finance(
        throughput_t_per_yr=tonnes,
        isbl_usd=plant_isbl_usd(plant, tonnes, feed="cell") * factor,
        raw_materials_usd_per_yr=0.0,
        utilities_usd_per_yr=0.0,
        effluent_usd_per_yr=0.0,
        operating_labor_usd_per_yr=hours * wage_eur_per_h(code) / eur_of_2022(),
        rd_usd_per_yr=0.0,
    )
    rate = eur_of_2022()
    return Cost(
        finance.fixed_capital_usd * rate, finance.total_cost_usd_per_yr * rate, finance.fcop_usd_per_yr * rate
    )


def _workshop(continent: Continent, tonnes: float, code: str) -> Cost:
    size = tonnes / continent.given("restore_shop_t")
    staff = (
        continent.given("restore_fixed_staff")
        * continent.given("hours_per_year")
        * wage_eur_per_h(code)
        * size
    )
    capital = continent.given("restore_open_eur") * size
    return Cost(capital, staff + capital * annuity_factor(_INTEREST, _LIFE_YR), staff)


def cost_of(continent: Continent, kind: str, tonnes: float, code: str) -> Cost:
    """Cost of any kind of facility."""
    return (
        _workshop(continent, tonnes, code) if kind == "restore" else plant_cost(continent, kind, tonnes, code)
    )


def known_plants(continent: Continent) -> list[dict[str, str]]:
    """Plants that run or open at a known time."""
    return [
        row
        for row in continent.rows("plants.csv")
        if row["kind"] != "cells" and "pilot" not in row["chemistry"]
        if row["status"] == "operating" or row["start_year"]
    ]


def facilities(continent: Continent) -> Table:
    """Rows of ``facilities.csv``."""
    found: Table = []
    for row in known_plants(continent):
        kind = row["kind"]
        tonnes = float(row["capacity"] or continent.given("restore_known_t"))
        cost = cost_of(continent, kind, tonnes, row["country"])
        told = "capacity as read" if row["capacity"] else "capacity: estimate"
        found.append(
            {
                "facility": f"{row['plant']}_{kind}",
                "site": row["plant"],
                "activities": _FAMILY[kind],
                "status": "existing",
                "capacity_runs_per_year": tonnes,
                "fixed_eur_per_year": round(cost.running_eur),
                "close_eur": round(cost.capital_eur * continent.given("close_share")),
                "source": f"{told} ({row['source']}); cost a year without capital: {_cost_source(kind)}",
            }
        )
    for row in continent.rows("candidates.csv"):
        code = row["region"][:2].upper()
        found += [_candidate(continent, kind, row["region"], code) for kind in _FAMILY if row[kind] == "yes"]
    found += _refineries(continent) + _users(continent) + _abroad(continent)
    return found


def _cost_source(kind: str) -> str:
    if kind == "restore":
        return "estimates of facts/assumptions.csv, wage of the country"
    return f"{EVERBATT}, plant_finance of voltloop, wage of the country (catalogue)"


def _candidate(continent: Continent, kind: str, site: str, code: str) -> dict[str, Any]:
    first, steps = {
        "shred": ("shred_hub_t", "shred_most_steps"),
        "hydromet": ("hydromet_plant_t", "hydromet_most_steps"),
        "restore": ("restore_shop_t", "restore_most_steps"),
    }[kind]
    tonnes, most = continent.given(first), int(continent.given(steps))
    small, large = cost_of(continent, kind, tonnes, code), cost_of(continent, kind, tonnes * (most + 1), code)
    share = continent.given("restore_step_share") if kind == "restore" else 1.0
    return {
        "facility": f"{site}_{kind}",
        "site": site,
        "activities": _FAMILY[kind],
        "status": "candidate",
        "capacity_runs_per_year": tonnes,
        "open_eur": round(small.capital_eur * continent.given("permit_share")),
        "fixed_eur_per_year": round(small.yearly_eur),
        "close_eur": round(small.capital_eur * continent.given("close_share")),
        "step_runs_per_year": tonnes,
        "step_eur": round(
            (large.capital_eur - small.capital_eur) / most * share * continent.given("permit_share")
        ),
        "step_fixed_eur_per_year": round((large.yearly_eur - small.yearly_eur) / most * share),
        "most_steps": most,
        "source": f"{_cost_source(kind)}; annuity of {_LIFE_YR:g} years at {_INTEREST:.0%}; permits: estimate",
    }


def _refineries(continent: Continent) -> Table:
    return [
        {
            "facility": f"{row['site']}_{row['metal']}",
            "site": row["site"],
            "activities": f"refining_{row['metal']}",
            "status": "existing",
            "capacity_runs_per_year": float(row["capacity_t_per_year"]),
            "source": row["source"],
        }
        for row in continent.rows("refineries.csv")
    ]


def _users(continent: Continent) -> Table:
    lithium = "use_lithium_new;use_lithium_recycled"
    return [
        {
            "facility": f"{plant}_intake",
            "site": plant,
            "activities": "using" if capacity["nickel"] else lithium,
            "status": "existing",
            "source": "no limit of its own",
        }
        for plant, capacity in cell_plants(continent).items()
    ]


def _abroad(continent: Continent) -> Table:
    found: Table = []
    for site, _, code, _, _, given in ABROAD:
        tonnes = continent.given(given)
        cost = plant_cost(continent, "hydromet", tonnes, code)
        found.append(
            {
                "facility": f"{site}_hydromet",
                "site": site,
                "activities": "leaching",
                "status": "existing",
                "capacity_runs_per_year": tonnes,
                "cost_eur_per_run": round(cost.yearly_eur / tonnes, 2),
                "source": f"room: estimate; whole cost of a plant of that size as a fee, {_cost_source('hydromet')}",
            }
        )
    return found


def sites(continent: Continent) -> Table:
    """Rows of ``sites.csv``: regions, plants, cell plants, refineries and mines."""
    found: dict[str, dict[str, Any]] = {}

    def add(key: str, name: str, code: str, lat: str | float, lon: str | float, source: str) -> None:
        areas = ["EU"] if code in EU else []
        found.setdefault(
            key,
            {
                "site": key,
                "name": name,
                "country": code,
                "lat": float(lat),
                "lon": float(lon),
                "areas": ";".join([*areas, continent.key] if code not in _OVERSEAS else areas),
                "source": source,
            },
        )

    for row in continent.rows("regions.csv"):
        add(row["region"], row["name"], row["country"], row["lat"], row["lon"], row["source"])
    for row in known_plants(continent):
        add(row["plant"], row["name"], row["country"], row["lat"], row["lon"], row["source"])
    plants = {row["plant"]: row for row in continent.rows("plants.csv")}
    for plant in cell_plants(continent):
        row = plants[plant]
        add(plant, f"{row['name']} and neighbours", row["country"], row["lat"], row["lon"], row["source"])
    for row in [*continent.rows("refineries.csv"), *continent.rows("sources.csv")]:
        add(row["site"], row["name"], row["country"], row["lat"], row["lon"], row["source"])
    for site, name, code, lat, lon, _ in ABROAD:
        add(site, name, code, lat, lon, "place of a large plant; stands for the country")
    return list(found.values())


_OVERSEAS = {"KR", "CN", "CD", "ID", "AU", "CL", "AR", "PH"}


def utilities(continent: Continent, periods: list[tuple[str, list[int]]]) -> Table:
    """Rows of ``utilities.csv``: electricity and labour by country, by period where the grid changes."""
    found: Table = []
    codes = sorted({row["country"] for row in sites(continent)} - (_OVERSEAS - {"KR", "CN"}))
    places = [(code, code, _ISO3.get(code) or _iso3(code)) for code in codes]
    places += [
        (row["region"], row["region"][:2].upper(), row["grid"])
        for row in continent.rows("candidates.csv")
        if row["grid"]
    ]
    zones = {row["region"]: row["grid"] for row in continent.rows("candidates.csv") if row["grid"]}
    places += [
        (row["plant"], row["country"], _nearest_zone(row, zones)) for row in known_plants(continent) if zones
    ]
    for place, code, zone in places:
        carbon, source = grid_kg_per_kwh(zone)
        for period, years in periods:
            ratio = sum(continent.in_year("grid_ratio", year) for year in years) / len(years)
            found.append(
                {
                    "place": place,
                    "first_period": period,
                    "last_period": period,
                    "electricity_eur_per_kwh": electricity_eur_per_kwh(code),
                    "electricity_kg_co2e_per_kwh": round(carbon * ratio, 5),
                    "labour_eur_per_h": wage_eur_per_h(code),
                    "source": f"grid: {source}, and its path to 2036 (estimate); price and wage: countries.csv of the "
                    "catalogue, 2024",
                }
            )
    return found


def _nearest_zone(row: dict[str, str], zones: dict[str, str]) -> str:
    """Zone of the grid of the candidate that lies nearest, for plants of North America."""
    regions = {region["region"]: region for region in read("regions.csv")}
    return min(
        zones.items(),
        key=lambda item: (
            (float(regions[item[0]]["lat"]) - float(row["lat"])) ** 2
            + (0.8 * (float(regions[item[0]]["lon"]) - float(row["lon"]))) ** 2
        ),
    )[1]


def _iso3(code: str) -> str:
    return str(country(code)["iso3"])
