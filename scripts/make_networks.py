"""Build the scenario folders of the network examples: `python scripts/make_networks.py [OUT_FOLDER]`.

Reads ``examples/network/facts`` and the catalogue, asks the engines of voltloop for yields, cost, carbon, returns
and distances, and writes ``europe`` and ``north-america``. The same input gives the same folders. What is observed,
forecast or assumed stands in the column ``source`` of every row and in ``examples/network/README.md``.
"""

from __future__ import annotations

import csv
import sys
from datetime import date
from pathlib import Path
from typing import Any

from network_example.facts import (
    CHEMISTRIES,
    CONTINENTS,
    HERE,
    METALS,
    Continent,
    grid_kg_per_kwh,
    metal_eur_per_t,
)
from network_example.goods import commodities, displaced_kg, module_supply, storage_price
from network_example.lanes import mode_figures
from network_example.plants import cell_plants, facilities, sites, utilities
from network_example.processes import metal_kg, restored_price, steps
from network_example.returned import SOURCE, cells_gwh, flows, metals_t, scrap_t
from network_example.ways import lanes
from voltloop.catalogue import processes, vehicle_fleets
from voltloop.footprint import design, transport_kg_per_tkm

Table = list[dict[str, Any]]
Periods = list[tuple[str, list[int]]]
# New packs and modules are made with the electricity of China, where most are.
_MADE_WITH = "CHN"


def periods_of(continent: Continent) -> Periods:
    """Name and years of each period."""
    years, length = continent.years(), int(continent.given("years_per_period"))
    return [(str(years[at]), years[at : at + length]) for at in range(0, len(years), length)]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def activity_tables(continent: Continent) -> tuple[Table, Table]:
    activities, recipes = [], []
    units = {row["commodity"]: row["unit"] for row in commodities()}
    for step in steps(continent):
        activities.append(
            {
                "activity": step.activity,
                "name": step.name,
                "family": step.family,
                "cost_eur_per_run": round(step.cost_eur, 2),
                "energy_kwh_per_run": round(step.energy_kwh, 3),
                "labour_h_per_run": round(step.labour_h, 3),
                "kg_co2e_per_run": round(step.kg_co2e, 2),
                "room_per_run": step.room,
                "source": step.source,
            }
        )
        recipes += [
            {
                "activity": step.activity,
                "commodity": name,
                "amount_per_run": round(amount, 6),
                "unit": units[name],
                "source": step.source,
            }
            for name, amount in step.amounts.items()
        ]
    return activities, recipes


def world_share(continent: Continent) -> float:
    """Share of the continent in the batteries that IEA expects vehicles to need in 2030."""
    table = vehicle_fleets.vehicle_projection().filter(quantity="battery_demand", year=2030)
    own, world = (table.filter(region=name)["value"].sum() for name in (continent.projection, "World"))
    return float(own / world)


def supply(continent: Continent, periods: Periods) -> Table:
    found: Table = []
    packed = processes.economics_parameters("transport")["packaging_hazmat_usd_per_kg"] * 1000 * 0.951
    per_t = {chemistry: design(model).pack_kg_per_kwh / 1000.0 for chemistry, model in CHEMISTRIES.items()}

    def add(site: str, what: str, period: str, amount: float, source: str, **more: float) -> None:
        if amount > 0.05:
            found.append(
                {
                    "site": site,
                    "commodity": what,
                    "period": period,
                    "amount_per_year": round(amount, 1),
                    "unit": "t",
                    **more,
                    "source": source,
                }
            )

    taken = {
        "price_eur_per_unit": round(packed, 2),
        "penalty_eur_per_unit": continent.given("untreated_eur_per_t"),
    }
    note = f"{SOURCE}; price: packaging of dangerous goods (EverBatt 2023)"
    for row in continent.rows("regions.csv"):
        share = float(row["share_of_country"])
        for chemistry in CHEMISTRIES:
            by_year = flows(continent, row["country"], chemistry)
            for period, years in periods:
                core, pack = (
                    mean([by_year[year][k] for year in years]) * share * per_t[chemistry] for k in (0, 1)
                )
                add(row["region"], f"core_{chemistry}", period, core, note, **taken)
                add(row["region"], f"pack_{chemistry}", period, pack, note, **taken)
    for plant, capacity in cell_plants(continent).items():
        for chemistry, gwh in capacity.items():
            for period, years in periods:
                lost = mean(
                    [scrap_t(continent, chemistry, cells_gwh(continent, gwh, year), year) for year in years]
                )
                add(
                    plant,
                    f"scrap_{chemistry}",
                    period,
                    lost,
                    "capacity of plants.csv times use and scrap of years.csv: estimate",
                    **taken,
                )
    carbon, _ = grid_kg_per_kwh(_MADE_WITH)
    for row in facilities(continent):
        if row["activities"] == "restoring":
            for chemistry in CHEMISTRIES:
                price, kg = module_supply(chemistry, carbon * 1000)
                found.append(
                    {
                        "site": row["site"],
                        "commodity": f"module_{chemistry}",
                        "period": "",
                        "amount_per_year": 1e6,
                        "unit": "t",
                        "price_eur_per_unit": round(price, 2),
                        "kg_co2e_per_unit": round(kg, 1),
                        "source": "new pack of the catalogue by mass of modules, made in China; no limit",
                    }
                )
    share = world_share(continent) * continent.given("world_share_ratio")
    for row in continent.rows("sources.csv"):
        metal, stage = row["commodity"].split("_")
        part = continent.given(f"{metal}_raw_price_share") if stage == "raw" else 1.0
        kg = metal_kg(metal) * 1000 * (continent.given("raw_carbon_share") if stage == "raw" else 1.0)
        amount = float(row["world_t_per_year"]) * (share if row["continent"] == "both" else 1.0)
        of = (
            f", times {share:.3f}, share of vehicle batteries in 2030 (IEA) times world_share_ratio: estimate"
            if row["continent"] == "both"
            else ""
        )
        found.append(
            {
                "site": row["site"],
                "commodity": row["commodity"],
                "period": "",
                "amount_per_year": round(amount),
                "unit": "t",
                "price_eur_per_unit": round(metal_eur_per_t(metal) * part, 2),
                "kg_co2e_per_unit": round(kg, 1),
                "source": f"{row['source']}{of}; price of the catalogue, share of raw material: estimate",
            }
        )
    return found


def demand(continent: Continent, periods: Periods) -> Table:
    found: Table = []
    carbon, _ = grid_kg_per_kwh(_MADE_WITH)
    for row in continent.rows("regions.csv"):
        share = float(row["share_of_country"]) * continent.given("service_share")
        for chemistry in CHEMISTRIES:
            by_year = flows(continent, row["country"], chemistry)
            for period, years in periods:
                wanted = mean([by_year[year][2] for year in years]) * share
                if wanted > 1:
                    found.append(
                        {
                            "site": row["region"],
                            "commodity": f"restored_{chemistry}",
                            "period": period,
                            "amount_per_year": round(wanted),
                            "unit": "kWh",
                            "price_eur_per_unit": round(restored_price(chemistry), 2),
                            "kg_co2e_per_unit": round(-displaced_kg(chemistry, "restored", carbon * 1000), 3),
                            "source": f"{SOURCE}; share of restored packs: estimate",
                        }
                    )
    shops = sorted({row["site"] for row in facilities(continent) if row["activities"] == "restoring"})
    for site in shops:
        for chemistry in CHEMISTRIES:
            found.append(
                {
                    "site": site,
                    "commodity": f"storage_{chemistry}",
                    "period": "",
                    "amount_per_year": round(continent.given("storage_market_gwh") * 1e6 / len(shops)),
                    "unit": "kWh",
                    "price_eur_per_unit": round(storage_price(continent), 2),
                    "kg_co2e_per_unit": round(-displaced_kg(chemistry, "storage", carbon * 1000), 3),
                    "source": "second_life_applications.csv, grid storage; sold there; displaces new LFP: estimate",
                }
            )
    for plant, capacity in cell_plants(continent).items():
        for period, years in periods:
            need = dict.fromkeys(METALS, 0.0)
            for chemistry, gwh in capacity.items():
                for year in years:
                    for metal, tonnes in metals_t(chemistry, cells_gwh(continent, gwh, year)).items():
                        need[metal] += tonnes / len(years)
            for metal, tonnes in need.items():
                if tonnes > 0.5:
                    found.append(
                        {
                            "site": plant,
                            "commodity": metal,
                            "period": period,
                            "amount_per_year": round(tonnes, 1),
                            "unit": "t",
                            "price_eur_per_unit": round(metal_eur_per_t(metal), 2),
                            "penalty_eur_per_unit": round(
                                metal_eur_per_t(metal) * continent.given("metal_penalty_ratio")
                            ),
                            "source": "plants.csv times use of years.csv (estimate), content of NMC811 and LFP cells",
                        }
                    )
    return found


def of_years(row: dict[str, str], periods: Periods) -> tuple[str, str]:
    """First and last period of a row that gives years."""
    first = next((name for name, years in periods if int(row["first_year"]) <= years[-1]), periods[-1][0])
    last = row.get("last_year")
    end = (
        next((name for name, years in reversed(periods) if int(last) >= years[0]), periods[0][0])
        if last
        else ""
    )
    return first, end


def rules(continent: Continent, periods: Periods) -> dict[str, Table]:
    """Tariffs, bans, targets and shocks."""
    found: dict[str, Table] = {"tariffs": [], "bans": [], "targets": [], "shocks": []}
    for row in continent.rows("trade.csv"):
        kept = {
            name: row[name]
            for name in ("from_place", "to_place", "commodities", "valid_from", "valid_until", "source")
        }
        if row["table"] == "tariffs":
            kept["rate"] = row["rate"]
        found[row["table"]].append(kept)
    for row in continent.rows("targets.csv"):
        metal = row["metal"]
        first, _ = of_years(row, periods)
        found["targets"].append(
            {
                "target": row["target"],
                "kind": "recycled_content",
                "commodities": f"{metal}_recycled",
                "of_commodities": f"{metal}_recycled;{metal}_new",
                "share": row["share"],
                "first_period": first,
                "penalty_eur_per_t": round(metal_eur_per_t(metal)),
                "source": f"{row['source']}; penalty of the metal's price: estimate",
            }
        )
    for row in continent.rows("shocks.csv"):
        first, last = of_years(row, periods)
        found["shocks"].append(
            {
                "shock": row["shock"],
                "kind": row["kind"],
                "what": row["what"],
                "factor": row["factor"],
                "first_period": first,
                "last_period": last,
                "weight": row["weight"],
                "days_to_recover": row["days_to_recover"],
                "source": row["source"],
            }
        )
    return found


def modes() -> Table:
    road, rail = mode_figures("road"), mode_figures("rail")
    return [
        {
            "mode": "road",
            "cost_eur_per_tkm": road["cost_eur_per_tkm"],
            "cost_eur_per_t": road["cost_eur_per_t"],
            "dangerous_goods_factor": road["dangerous_goods_factor"],
            "kg_co2e_per_tkm": round(transport_kg_per_tkm("artic_40t"), 5),
            "speed_km_per_day": 600,
            "fixed_days": 1,
            "source": "modes.csv of the catalogue; UK DESNZ 2025",
        },
        {
            "mode": "rail",
            "cost_eur_per_tkm": rail["cost_eur_per_tkm"],
            "cost_eur_per_t": 10,
            "dangerous_goods_factor": rail["dangerous_goods_factor"],
            "kg_co2e_per_tkm": round(transport_kg_per_tkm("rail"), 5),
            "speed_km_per_day": 500,
            "fixed_days": 4,
            "source": "modes.csv of the catalogue; UK DESNZ 2025",
        },
    ]


def tables(continent: Continent) -> dict[str, Table]:
    """All tables of a scenario."""
    periods = periods_of(continent)
    activities, recipes = activity_tables(continent)
    return {
        "periods": [
            {"period": name, "first_on": date(years[0], 1, 1).isoformat(), "years": len(years)}
            for name, years in periods
        ],
        "commodities": commodities(),
        "sites": sites(continent),
        "activities": activities,
        "recipes": recipes,
        "facilities": facilities(continent),
        "utilities": utilities(continent, periods),
        "modes": modes(),
        "lanes": lanes(continent),
        "supply": supply(continent, periods),
        "demand": demand(continent, periods),
        **rules(continent, periods),
    }


def write(continent: Continent, folder: Path) -> None:
    """Write the folder of a scenario."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables(continent).items():
        columns = list(dict.fromkeys(key for row in rows for key in row))
        path = folder / f"{name}.csv"
        if not rows:
            path.unlink(missing_ok=True)
            continue
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
            writer.writeheader()
            writer.writerows(rows)
        print(f"{continent.key}/{name}.csv: {len(rows)} rows")
    note = (
        "Made by scripts/make_networks.py from facts and the catalogue; forecasts and estimates, row by row."
    )
    (folder / "scenario.toml").write_text(
        f'name = "{continent.name}"\ncurrency = "EUR"\ndiscount_rate = {continent.given("discount_rate")}\n'
        f'carbon_price_eur_per_t = 100\nholding_rate = 0.08\nnote = "{note}"\n',
        encoding="utf-8",
    )


def main(out: Path) -> None:
    for continent in CONTINENTS.values():
        write(continent, out / continent.key)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) if len(sys.argv) == 2 else HERE)
