"""Vehicles by type and depot, drivers with their certificates, and hubs on the way."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

__all__ = ["Driver", "Hub", "VehicleKind"]


@dataclass(frozen=True, slots=True)
class VehicleKind:
    """One type of vehicle at one depot.

    Attributes
    ----------
    vehicle_type, depot_id, name
        Together they are unique in a problem; the name tells two fleets of one type at one depot apart.
    count
        Vehicles of this type that stand ready each day.
    payload_kg, floor_positions, critical_boxes
        Capacities: gross mass of packages, pallet positions, certified boxes for critical batteries aboard.
    is_adr_equipped
        Carries plates, extinguishers and kit for loads above the small-load relief.
    has_tail_lift
        Loads heavy packages where the site has no forklift.
    fixed_cost_eur, cost_eur_per_km, cost_eur_per_h, co2e_kg_per_km
        What a tour costs and emits. Hours are hours of duty.
    shift_start_s, shift_end_s
        Earliest departure from and latest return to the depot, seconds of the day.
    max_driving_s, max_duty_s
        Limits of this vehicle's crew [s]; the tighter of these and the law's holds.
    profile
        Which entry of :attr:`Problem.roads` this vehicle drives on.
    volume_m3
        Capacity in volume; ``inf`` where only mass and floor count.
    permits
        What the vehicle is approved or licensed for besides the plates (a tank, a body, a waste licence). It serves
        a stop only when it has all of the stop's ``permits``.
    end_depot_id
        Where its tours end and their goods arrive; empty: where they began.
    max_reloads, reload_at
        How often on a tour it may unload and go on, and the ids (of :attr:`Problem.depots` or
        :attr:`Problem.hubs`) where.
    co2e_kg_per_tkm
        What carrying a tonne for a kilometre emits besides ``co2e_kg_per_km``, which is then that of the empty vehicle.
    """

    vehicle_type: str
    depot_id: str
    count: int
    payload_kg: float
    floor_positions: float
    critical_boxes: int = 0
    is_adr_equipped: bool = False
    has_tail_lift: bool = False
    fixed_cost_eur: float = 0.0
    cost_eur_per_km: float = 0.0
    cost_eur_per_h: float = 0.0
    co2e_kg_per_km: float = 0.0
    shift_start_s: int = 6 * 3600
    shift_end_s: int = 18 * 3600
    max_driving_s: int = 9 * 3600
    max_duty_s: int = 12 * 3600
    profile: str = "road"
    name: str = ""
    volume_m3: float = math.inf
    permits: frozenset[str] = frozenset()
    end_depot_id: str = ""
    max_reloads: int = 0
    reload_at: tuple[str, ...] = ()
    co2e_kg_per_tkm: float = 0.0

    @property
    def ends_at(self) -> str:
        """Depot where its tours end."""
        return self.end_depot_id or self.depot_id


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver, the depot that employs them, and the last day of their dangerous-goods certificate.

    ``certified_to`` None means that no certificate is known: such a driver never takes a load above the relief.
    ``trainings`` are further certificates by name with their last day; a driver serves a stop only when they hold all
    of the stop's ``training``.
    """

    driver_id: str
    depot_id: str
    certified_to: date | None = None
    trainings: tuple[tuple[str, date], ...] = ()

    def is_certified(self, on: date) -> bool:
        """Whether the certificate is valid on a day, its last day included."""
        return self.certified_to is not None and self.certified_to >= on

    def holds(self, training: Iterable[str], on: date) -> bool:
        """Whether every training named is valid on a day, its last day included."""
        valid = {name for name, last in self.trainings if last >= on}
        return valid.issuperset(training)


@dataclass(frozen=True, slots=True)
class Hub:
    """A place where a vehicle unloads on the way and goes on; ``unload_s`` is the time that takes [s]."""

    place: int
    unload_s: int = 0
