"""A small network to test with: regions with packs, two candidate shredders, a plant that buys."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.network.scenario import TABLES, Scenario, scenario_of

SITES = [
    {"site": "berlin", "country": "DE", "lat": 52.5, "lon": 13.4, "areas": "EU"},
    {"site": "paris", "country": "FR", "lat": 48.9, "lon": 2.3, "areas": "EU"},
    {"site": "hub_de", "country": "DE", "lat": 51.3, "lon": 12.4, "areas": "EU"},
    {"site": "hub_fr", "country": "FR", "lat": 49.2, "lon": 4.0, "areas": "EU"},
    {"site": "plant", "country": "BE", "lat": 51.2, "lon": 4.4, "areas": "EU"},
]


def tables(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "periods": [
            {"period": "2027", "first_on": date(2027, 1, 1)},
            {"period": "2028", "first_on": date(2028, 1, 1)},
        ],
        "commodities": [
            {"commodity": "pack", "unit": "pack", "mass_kg_per_unit": 400.0, "family": "battery"},
            {
                "commodity": "black_mass",
                "unit": "t",
                "mass_kg_per_unit": 1000.0,
                "value_eur_per_unit": 4000.0,
            },
            {"commodity": "scrap", "unit": "t", "mass_kg_per_unit": 1000.0},
        ],
        "sites": SITES,
        "activities": [
            {
                "activity": "shred",
                "cost_eur_per_run": 100.0,
                "energy_kwh_per_run": 50.0,
                "kg_co2e_per_run": 20.0,
            }
        ],
        "recipes": [
            {"activity": "shred", "commodity": "pack", "amount_per_run": -1.0, "unit": "pack"},
            {"activity": "shred", "commodity": "black_mass", "amount_per_run": 0.2, "unit": "t"},
            {"activity": "shred", "commodity": "scrap", "amount_per_run": 0.2, "unit": "t"},
        ],
        "facilities": [
            {
                "facility": f"shredder_{where}",
                "site": f"hub_{where}",
                "activities": "shred",
                "status": "candidate",
                "capacity_runs_per_year": 1500.0,
                "open_eur": 200_000.0,
                "fixed_eur_per_year": 50_000.0,
            }
            for where in ("de", "fr")
        ],
        "utilities": [
            {"place": "*", "electricity_eur_per_kwh": 0.2, "electricity_kg_co2e_per_kwh": 0.3},
            {"place": "FR", "electricity_eur_per_kwh": 0.15, "electricity_kg_co2e_per_kwh": 0.05},
        ],
        "modes": [
            {
                "mode": "road",
                "cost_eur_per_tkm": 0.15,
                "kg_co2e_per_tkm": 0.07,
                "speed_km_per_day": 600.0,
                "connects": True,
                "longest_km": 2000.0,
            }
        ],
        "supply": [
            {
                "site": "berlin",
                "commodity": "pack",
                "amount_per_year": 1000.0,
                "unit": "pack",
                "least_share": 1.0,
            },
            {
                "site": "paris",
                "commodity": "pack",
                "amount_per_year": 800.0,
                "unit": "pack",
                "least_share": 1.0,
            },
        ],
        "demand": [
            {
                "site": "plant",
                "commodity": "black_mass",
                "amount_per_year": 1000.0,
                "unit": "t",
                "price_eur_per_unit": 3000.0,
            },
            {"site": "plant", "commodity": "scrap", "amount_per_year": 1000.0, "unit": "t"},
        ],
    }
    return made | changes


def small(**changes: Any) -> Scenario:
    settings = {
        name: changes.pop(name)
        for name in ("discount_rate", "carbon_price_eur_per_t", "holding_rate")
        if name in changes
    }
    return scenario_of("small", **settings, **tables(**changes))


def write(scenario: Scenario, folder: Path, toml: str = 'name = "small"\ncurrency = "EUR"\n') -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "scenario.toml").write_text(toml)
    for table in TABLES:
        frame = scenario.table(table)
        if frame.height:
            yes_no = [name for name, kind in frame.schema.items() if kind == pl.Boolean]
            frame.with_columns(
                pl.when(pl.col(name)).then(pl.lit("yes")).otherwise(pl.lit("no")).alias(name)
                for name in yes_no
            ).write_csv(folder / f"{table}.csv")
    return folder
