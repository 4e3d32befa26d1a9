"""A network's vehicles and drivers as the tour engine knows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

import polars as pl

from voltloop.collection import Driver, VehicleKind
from voltloop.findings import Finding, make

__all__ = ["drivers_of", "profile_of", "seconds", "vehicles_of"]

_ARTIC_FROM_KG, _RIGID_FROM_KG = 15_000.0, 3_000.0
"""Payloads from which a vehicle drives like an articulated or a rigid truck (a van carries at most 3.5 t gross)."""


def seconds(clock: time) -> int:
    """Seconds since midnight.

    Examples
    --------
    >>> seconds(time(8, 30))
    30600
    """
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def profile_of(payload_kg: float) -> str:
    """Road profile that a vehicle of this payload drives with: ``van``, ``rigid`` or ``artic``."""
    if payload_kg >= _ARTIC_FROM_KG:
        return "artic"
    return "rigid" if payload_kg >= _RIGID_FROM_KG else "van"


def vehicles_of(vehicles: pl.DataFrame, depots: Sequence[str]) -> tuple[VehicleKind, ...]:
    """Vehicles that stand at one of the depots, as the tour engine's kinds."""
    kinds = []
    for row in vehicles.filter(pl.col("depot_id").is_in(list(depots))).iter_rows(named=True):
        start, end = seconds(row["shift_start"]), seconds(row["shift_end"])
        kinds.append(
            VehicleKind(
                vehicle_type=row["vehicle_type"],
                depot_id=row["depot_id"],
                name=row["name"],
                count=row["count"],
                payload_kg=row["payload_kg"],
                floor_positions=row["floor_positions"],
                critical_boxes=row["critical_boxes"],
                is_adr_equipped=row["is_adr_equipped"],
                has_tail_lift=row["tail_lift"],
                fixed_cost_eur=row["fixed_cost_eur"],
                cost_eur_per_km=row["cost_eur_per_km"],
                cost_eur_per_h=row["cost_eur_per_h"],
                co2e_kg_per_km=row["co2e_kg_per_km"],
                shift_start_s=start,
                shift_end_s=end if end > start else 86_400,
                max_driving_s=int(row["max_driving_h"] * 3600),
                max_duty_s=int(row["max_shift_h"] * 3600),
                profile=profile_of(row["payload_kg"]),
            )
        )
    return tuple(kinds)


def drivers_of(
    drivers: pl.DataFrame, depots: Sequence[str], *, mode: str, days: Sequence[date]
) -> tuple[tuple[Driver, ...], tuple[Finding, ...]]:
    """Drivers at the depots, with the certificate that the mode asks for.

    By road in Europe a driver without certificate may carry what stays within the small-load relief (ADR 8.2.1). In the
    USA whoever carries hazardous materials must be trained (49 CFR 172.704), so that a driver without valid training
    carries nothing at all.
    """
    found: list[Driver] = []
    findings: list[Finding] = []
    for row in drivers.filter(pl.col("depot_id").is_in(list(depots))).sort("driver_id").iter_rows(named=True):
        us = mode == "road_us"
        valid_to = row["hazmat_training_valid_to"] if us else row["adr_certificate_valid_to"]
        if valid_to is not None and valid_to < days[-1]:
            findings.append(
                make("driver-certificate-lapses", where=f"driver {row['driver_id']}", value=valid_to)
            )
        if us and (valid_to is None or valid_to < days[-1]):
            continue
        found.append(Driver(row["driver_id"], row["depot_id"], valid_to))
    return tuple(found), tuple(findings)
