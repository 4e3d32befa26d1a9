"""Small stores for tests: one area and its lots, with everything stated that rules may ask for."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from voltloop.compliance import StoreResult, check_store

ON = date(2026, 11, 24)

SOUND_AREA: dict[str, Any] = {
    "area_id": "A",
    "site_id": "S",
    "area_kind": "indoor",
    "site_kind": "warehouse",
    "area_m2": 50.0,
    "fire_rating_min": 120.0,
    "is_fire_compartment": True,
    "detection": True,
    "suppression": True,
    "explosion_control": True,
    "technical_report": True,
    "fire_plan": True,
    "permit": True,
    "epa_id": True,
    "waste_label": True,
    "other_goods": False,
    "conductive_or_combustible": False,
    "containers": "approved",
    "container_m3": 0.2,
    "group_distance_m": 4.0,
    "distance_m": 6.0,
    "building_distance_m": 10.0,
    "lot_line_distance_m": 10.0,
    "impermeable_floor": True,
    "weather_cover": True,
    "suitable_containers": True,
    "protected_from_harm": True,
    "ventilated": True,
    "warning_sign": True,
    "upright_insulated": True,
    "terminals_protected": True,
    "inspected": True,
    "thermal_watch": True,
    "insurer_agreed": False,
    "storage_concept": False,
    "large_scale_fire_test": False,
    "soc_plan": False,
}

SOUND_LOT: dict[str, Any] = {
    "lot_id": "L",
    "area_id": "A",
    "chemistry": "li_ion",
    "state": "used",
    "is_waste": False,
    "quantity": 1,
    "energy_wh": 50.0,
    "mass_kg": 0.5,
    "volume_m3": 0.001,
    "soc": 0.2,
    "stack_height_m": 2.0,
    "since_on": "2026-11-20",
}


def area(country: str, **changes: Any) -> dict[str, Any]:
    """An area that keeps every rule, with changes; None leaves a fact out."""
    return {**SOUND_AREA, "country": country, **changes}


def lot(name: str = "L", **changes: Any) -> dict[str, Any]:
    """A lot that keeps every rule, with changes; None leaves a fact out."""
    return {**SOUND_LOT, "lot_id": name, **changes}


def checked(areas: list[dict[str, Any]], lots: list[dict[str, Any]], on: date = ON) -> StoreResult:
    return check_store(table(areas), table(lots), on)


def table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a table of text, as a file gives it."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    names = names or ["lot_id", "area_id"]
    text = {name: [None if row.get(name) is None else str(row[name]) for row in rows] for name in names}
    return pl.DataFrame(text, schema=dict.fromkeys(names, pl.String))


def codes(result: StoreResult, rule: str = "") -> list[str]:
    """Codes of the findings that concern a rule."""
    return result.findings.filter(pl.col("rule").fill_null("").str.contains(rule, literal=True))[
        "code"
    ].to_list()
