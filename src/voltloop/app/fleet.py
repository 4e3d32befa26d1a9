"""A network's vehicles and drivers as the tour engine knows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from voltloop.app.network_cells import dated_of
from voltloop.collection import Driver, VehicleKind, drivers_from_table, fleet_from_table
from voltloop.findings import Finding, make

__all__ = ["certificates_of", "drivers_of", "profile_of", "vehicles_of"]

_ARTIC_FROM_KG, _RIGID_FROM_KG = 15_000.0, 3_000.0
"""Payloads from which a vehicle drives like an articulated or a rigid truck (a van is at most 3.5 t gross)."""


def profile_of(payload_kg: float) -> str:
    """Road profile that a vehicle of this payload drives with: ``van``, ``rigid`` or ``artic``.

    Examples
    --------
    >>> [profile_of(payload) for payload in (900, 9000, 24_000)]
    ['van', 'rigid', 'artic']
    """
    if payload_kg >= _ARTIC_FROM_KG:
        return "artic"
    return "rigid" if payload_kg >= _RIGID_FROM_KG else "van"


def vehicles_of(
    vehicles: pl.DataFrame, sites: pl.DataFrame, depots: Sequence[str]
) -> tuple[VehicleKind, ...]:
    """Vehicles that bring goods to one of the depots, as the tour engine's kinds.

    A shift that goes over midnight is left as it is; any other ends by the time at which the depot where its tours end
    takes in goods last. Places to unload on the way count where they are among the depots.
    """
    closing = sites.select("closes_at", arrives_at="site_id")
    overnight = pl.col("shift_end") <= pl.col("shift_start")
    here = (
        vehicles.with_columns(pl.coalesce("ends_at", "depot_id").alias("arrives_at"))
        .filter(pl.col("arrives_at").is_in(list(depots)))
        .join(closing, on="arrives_at", how="left", maintain_order="left")
        .with_columns(
            pl.when(overnight)
            .then("shift_end")
            .otherwise(pl.min_horizontal("shift_end", "closes_at"))
            .alias("shift_end")
        )
    )
    largest = here.group_by("vehicle_type").agg(pl.col("payload_kg").max()).iter_rows()
    kinds = fleet_from_table(here, profiles={name: profile_of(payload) for name, payload in largest})
    return tuple(_reloading(kind, depots) for kind in kinds)


def _reloading(kind: VehicleKind, depots: Collection[str]) -> VehicleKind:
    at = tuple(site for site in kind.reload_at if site in depots)
    return replace(kind, reload_at=at, max_reloads=kind.max_reloads if at else 0)


def drivers_of(
    drivers: pl.DataFrame, depots: Sequence[str], *, mode: str, days: Sequence[date]
) -> tuple[tuple[Driver, ...], tuple[Finding, ...]]:
    """Drivers at the depots, with the certificate that the mode asks for.

    By road in Europe a driver without certificate may carry what stays within the small-load relief (ADR 8.2.1). In
    the USA whoever carries hazardous materials must be trained (49 CFR 172.704), so that a driver whose training is
    not valid on every planned day carries nothing at all.
    """
    column = "hazmat_training_valid_to" if mode == "road_us" else "adr_certificate_valid_to"
    here = drivers.filter(pl.col("depot_id").is_in(list(depots))).sort("driver_id")
    lapsing = here.filter(pl.col(column) < days[-1])
    findings = [
        make("driver-certificate-lapses", where=f"driver {row['driver_id']}", field=column, value=row[column])
        for row in lapsing.iter_rows(named=True)
    ]
    if mode == "road_us":
        here = here.filter(pl.col(column) >= days[-1])
    trainings = [dated_of(cell) or () for cell in here["trainings"]]
    found = zip(drivers_from_table(here, certificate=column), trainings, strict=True)
    return tuple(replace(driver, trainings=held) for driver, held in found), tuple(findings)


def certificates_of(drivers: pl.DataFrame) -> dict[str, dict[str, date]]:
    """Give the certificates that stand in columns of their own: by driver, then kind of credential."""
    columns = {"adr_certificate_valid_to": "adr_driver", "hazmat_training_valid_to": "hazmat_training"}
    return {
        row["driver_id"]: {kind: row[name] for name, kind in columns.items() if row[name] is not None}
        for row in drivers.iter_rows(named=True)
    }
