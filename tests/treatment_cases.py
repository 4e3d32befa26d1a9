"""A few sites, lanes and batteries to choose treatments for."""

from __future__ import annotations

from datetime import date

import polars as pl

ON = date(2026, 11, 24)

SITES = {
    "shred": {"kind": "recycler_preprocess", "commodity_or_chemistry": "all Li-ion"},
    "furnace": {"kind": "recycler_pyromet", "commodity_or_chemistry": "NiCd, NiMH, Li-ion"},
    "restore": {"kind": "remanufacturer", "commodity_or_chemistry": "all OEM packs"},
    "store": {"kind": "second_life", "commodity_or_chemistry": "mixed packs"},
}


def sites(*names: str, **changes: object) -> pl.DataFrame:
    rows = [
        {"site_id": name, "name": name.title(), "operator": "Someone", "country": "DE", "status": "operating",
         "cancelled": "no", "accepts_damaged": "yes", "capacity": None, "capacity_unit": None, **SITES[name], **changes}
        for name in names or SITES
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"capacity": pl.Float64, "capacity_unit": pl.String})


def lanes(km: float = 100.0, **changes: object) -> pl.DataFrame:
    rows = [
        {"point_id": "p", "site_id": site, "distance_km": km, "duration_h": km / 70, "estimated": False,
         "used_ok": True, "waste_ok": True, "why_not": None, **changes}
        for site in SITES
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"why_not": pl.String})


def batteries(*rows: dict[str, object]) -> pl.DataFrame:
    base = {
        "battery_id": "b", "manufacturer": "Renault", "model": "Zoe", "chemistry": "NMC", "form": "pack",
        "quantity": 1, "energy_wh": 52_000.0, "mass_kg": 326.0, "site": "Garage Łódź", "country": "DE", "soh": 0.85,
        "condition": "ok", "reason": "end_of_life", "point_id": "p",
    }  # fmt: skip
    return pl.DataFrame(
        [{"row": number, **base, **row} for number, row in enumerate(rows, start=1)],
        schema_overrides={
            "soh": pl.Float64,
            "mass_kg": pl.Float64,
            "energy_wh": pl.Float64,
            "point_id": pl.String,
        },
        infer_schema_length=None,
    )
