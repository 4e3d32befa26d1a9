"""Read vehicles and drivers of the network folder into the tour problem's terms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from voltloop.collection.model import Driver, VehicleKind

__all__ = ["drivers_from_table", "fleet_from_table"]


def fleet_from_table(
    vehicles: pl.DataFrame, *, profiles: Mapping[str, str] | None = None
) -> tuple[VehicleKind, ...]:
    """Read the rows of vehicles.csv, blanks already filled.

    Parameters
    ----------
    vehicles
        Columns of ``vehicles.csv``. ``shift_start`` and ``shift_end`` are times or "HH:MM"; an end before the
        start means the next day; an end equal to it is a shift of no length, in which nothing drives. May be absent:
        ``volume_m3``, ``permits`` and ``reload_at`` (names joined by ";"), ``ends_at``, ``max_reloads``,
        ``co2e_kg_per_tkm``.
    profiles
        Road profile by vehicle type; "road" for the others.
    """
    kinds = []
    for row in vehicles.iter_rows(named=True):
        start, end = _seconds(row["shift_start"]), _seconds(row["shift_end"])
        end += 86_400 if end < start else 0
        kinds.append(
            VehicleKind(
                vehicle_type=row["vehicle_type"],
                depot_id=row["depot_id"],
                name=row.get("name") or "",
                count=int(row["count"]),
                payload_kg=float(row["payload_kg"]),
                floor_positions=float(row["floor_positions"]),
                critical_boxes=int(row["critical_boxes"] or 0),
                is_adr_equipped=bool(row["is_adr_equipped"]),
                has_tail_lift=bool(row["tail_lift"]),
                fixed_cost_eur=float(row["fixed_cost_eur"]),
                cost_eur_per_km=float(row["cost_eur_per_km"]),
                cost_eur_per_h=float(row["cost_eur_per_h"]),
                co2e_kg_per_km=float(row["co2e_kg_per_km"]),
                shift_start_s=start,
                shift_end_s=end,
                max_driving_s=round(float(row["max_driving_h"]) * 3600),
                max_duty_s=round(float(row["max_shift_h"]) * 3600),
                profile=(profiles or {}).get(row["vehicle_type"], "road"),
                volume_m3=math.inf if row.get("volume_m3") is None else float(row["volume_m3"]),
                permits=frozenset(_names(row.get("permits"))),
                end_depot_id=row.get("ends_at") or "",
                max_reloads=int(row.get("max_reloads") or 0),
                # Who may unload on the way and names no place does so at home.
                reload_at=_names(row.get("reload_at"))
                or ((row["depot_id"],) if row.get("max_reloads") else ()),
                co2e_kg_per_tkm=float(row.get("co2e_kg_per_tkm") or 0.0),
            )
        )
    return tuple(kinds)


def drivers_from_table(
    drivers: pl.DataFrame, *, certificate: str = "adr_certificate_valid_to", requires: str | None = None
) -> tuple[Driver, ...]:
    """Read the rows of drivers.csv.

    Parameters
    ----------
    certificate
        Column with the last day of the certificate for loads above the relief.
    requires
        Column that must not be blank for a driver to be planned at all (USA: ``hazmat_training_valid_to``, which is
        then also the certificate); None for none.
    """
    return tuple(
        Driver(row["driver_id"], row["depot_id"], row[certificate])
        for row in drivers.iter_rows(named=True)
        if requires is None or row[requires] is not None
    )


def _names(cell: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (cell or "").split(";") if name.strip())


def _seconds(value: Any) -> int:
    if isinstance(value, str):
        hours, minutes = value.split(":")[:2]
        return int(hours) * 3600 + int(minutes) * 60
    return int(value.hour) * 3600 + int(value.minute) * 60 + int(value.second)
