"""What a tour problem is: stops, vehicles, drivers, days, roads, and the law of driving time.

Everything here is plain data. Times are whole seconds of the day, so that the solver, the timetable and the
independent checker calculate with the same integers. Money is in EUR, mass in kg, load points are those of
ADR 1.1.3.6 [1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from voltloop.collection.driving import EU_DRIVING, US_DRIVING, DrivingRules
from voltloop.collection.roads import Roads, RoadSource
from voltloop.collection.stops import OPTIONAL_STOP_COLUMNS, STOP_COLUMNS, Stop, stop_of
from voltloop.collection.vehicles import Driver, Hub, VehicleKind
from voltloop.errors import InputError
from voltloop.findings import Finding

__all__ = [
    "EU_DRIVING",
    "OPTIONAL_STOP_COLUMNS",
    "STOP_COLUMNS",
    "US_DRIVING",
    "Consistency",
    "Driver",
    "DrivingRules",
    "Hub",
    "Problem",
    "Roads",
    "Stop",
    "VehicleKind",
]


@dataclass(frozen=True, slots=True)
class Consistency:
    """What a visit on another weekday, or by another driver, than the usual one weighs in the objective [EUR]."""

    weekday_eur: float = 0.0
    driver_eur: float = 0.0


@dataclass(frozen=True)
class Problem:
    """A tour problem: everything the engine needs and nothing else.

    Parameters
    ----------
    stops
        Table with the columns of :data:`STOP_COLUMNS`.
    fleet
        Vehicles by type and depot.
    drivers
        Drivers by depot. A tour takes one driver for the day.
    depots
        Place index of each depot by id.
    roads
        Roads by profile name; every ``VehicleKind.profile`` must be a key.
    days
        The planning days in order, at least one.
    rules
        Law of driving time.
    relief_points
        Load points up to which a vehicle needs neither plates nor a certified driver; ``inf`` where the law
        knows no such limit.
    carbon_price_eur_per_t
        Price that turns kg CO2e into money in the objective.
    hubs
        Places besides the depots where a vehicle may unload on the way, by id.
    clashes
        Pairs of goods classes that may not ride on the same trip; a set of one class: goods of two stops in that class
        may not.
    tunnel_profiles
        Road profile that replaces a profile when the goods' tunnel code counts: category B to E, then profile.
    consistency
        What keeping the usual weekday and driver is worth.
    missed_penalty_eur
        What leaving out a required stop weighs in the objective; None: ten times the dearest direct tour.

    Notes
    -----
    What is wrong with one vehicle type does not stop the planning of the others: ``fleet`` then differs from what was
    given (hubs that do not exist are left out, a type whose end depot does not exist has a count of 0), and
    :attr:`findings` says so. What is wrong with one stop is in :attr:`stop_faults`.

    Raises
    ------
    InputError
        A column is missing or has blanks, an id is used twice, a place lies outside the matrices, a number is
        negative or not a number.
    """

    stops: pl.DataFrame
    fleet: tuple[VehicleKind, ...]
    drivers: tuple[Driver, ...]
    depots: Mapping[str, int]
    roads: Mapping[str, RoadSource]
    days: tuple[date, ...]
    rules: DrivingRules = EU_DRIVING
    relief_points: float = 1000.0
    carbon_price_eur_per_t: float = 0.0
    missed_penalty_eur: float | None = None
    hubs: Mapping[str, Hub] = field(default_factory=dict)
    clashes: frozenset[frozenset[str]] = frozenset()
    tunnel_profiles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    consistency: Consistency = Consistency()

    def __post_init__(self) -> None:
        from voltloop.collection.checks import check_fleet, check_roads, check_stops, usable_fleet

        if not self.days:
            raise InputError(
                "The tour problem has no planning day. At least one is needed. Give the days to plan.",
                code="tours-no-day",
            )
        check_stops(self)
        check_roads(self)
        check_fleet(self)
        fleet, findings = usable_fleet(self)
        object.__setattr__(self, "fleet", fleet)
        object.__setattr__(self, "_fleet_findings", findings)

    @cached_property
    def _given_stops(self) -> tuple[Stop, ...]:
        given = [name for name in OPTIONAL_STOP_COLUMNS if name in self.stops.columns]
        rows = self.stops.select([*STOP_COLUMNS, *given]).rows(named=True)
        return tuple(stop_of(row) for row in rows)

    @cached_property
    def stop_faults(self) -> Mapping[int, Finding]:
        """Stops that say something that cannot be, with what it is; nobody may serve them."""
        from voltloop.collection.checks import stop_fault

        found = ((index, stop_fault(stop)) for index, stop in enumerate(self._given_stops))
        return {index: fault for index, fault in found if fault is not None}

    @cached_property
    def stop_list(self) -> tuple[Stop, ...]:
        """The stops as plain values, in the order of the table; no depot may take what :attr:`stop_faults` names."""
        faults = self.stop_faults
        return tuple(
            replace(stop, depots=()) if index in faults else stop
            for index, stop in enumerate(self._given_stops)
        )

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with vehicle types, and wishes of stops that cannot be kept; the planning goes on without."""
        from voltloop.collection.checks import unknown_drivers, unknown_weekdays

        found: tuple[Finding, ...] = self.__dict__["_fleet_findings"]
        return (
            *found,
            *unknown_weekdays(self._given_stops),
            *unknown_drivers(self._given_stops, self.drivers),
        )

    def hub(self, place_id: str) -> Hub:
        """Place where a vehicle unloads on the way: a hub, or a depot, where unloading takes no time of its own."""
        found = self.hubs.get(place_id)
        return Hub(self.depots[place_id]) if found is None else found

    @cached_property
    def clashing(self) -> Mapping[str, frozenset[str]]:
        """Per goods class those that may not ride with it."""
        classes = {name for pair in self.clashes for name in pair}
        return {
            name: frozenset(
                other for pair in self.clashes if name in pair for other in (pair - {name} or pair)
            )
            for name in classes
        }

    @property
    def horizon(self) -> int:
        """Number of planning days."""
        return len(self.days)

    def is_required(self, stop: int) -> bool:
        """Whether a stop must be served within the planning days."""
        due = self.stop_list[stop].due_day
        return due is not None and due <= self.horizon

    @cached_property
    def crews(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """Per depot and planning day: drivers in all, and drivers with a certificate valid that day."""
        crews = {}
        for depot in self.depots:
            here = [driver for driver in self.drivers if driver.depot_id == depot]
            crews[depot] = tuple(
                (len(here), sum(driver.is_certified(day) for driver in here)) for day in self.days
            )
        return crews

    @cached_property
    def _last_days(self) -> tuple[int, ...]:
        return tuple(
            self.horizon if stop.due_day is None else min(max(stop.due_day, 1), self.horizon)
            for stop in self.stop_list
        )

    def last_day(self, stop: int) -> int:
        """Last planning day (from 1) on which a stop may be served."""
        return self._last_days[stop]

    def service_s(self, stop: int, kind: VehicleKind) -> int:
        """Seconds that a vehicle of this kind spends at a stop."""
        entry = self.stop_list[stop]
        return entry.service_s if kind.has_tail_lift else entry.service_by_hand_s

    def objective_per_km(self, kind: VehicleKind) -> float:
        """Money and priced carbon of one kilometre [EUR/km]."""
        return kind.cost_eur_per_km + kind.co2e_kg_per_km * self.carbon_price_eur_per_t / 1000.0

    @cached_property
    def penalty_eur(self) -> float:
        """What leaving out a required stop weighs in the objective [EUR]."""
        if self.missed_penalty_eur is not None:
            return self.missed_penalty_eur
        dearest = 100.0
        for kind in self.fleet:
            roads = self.roads[kind.profile]
            km = roads.km_of(self.depots[kind.depot_id], np.arange(roads.place_count))
            far = float(np.max(km[np.isfinite(km)], initial=0.0))
            hours = kind.max_duty_s / 3600.0
            cost = kind.fixed_cost_eur + 2 * far * self.objective_per_km(kind) + hours * kind.cost_eur_per_h
            dearest = max(dearest, cost)
        return 10.0 * dearest

    def is_late(self, stop: int) -> bool:
        """Whether a stop should have been served before the first planning day."""
        due = self.stop_list[stop].due_on
        return due is not None and due < self.days[0]

    def unserved_eur(self, stop: int) -> float:
        """Weigh leaving out a stop in the objective: its prize, or the penalty when it is required.

        Leaving out what is late already weighs twice: it comes before what is due within the planning days.
        """
        if self.is_required(stop):
            return self.penalty_eur * (2.0 if self.is_late(stop) else 1.0)
        return max(self.stop_list[stop].prize_eur, 0.0)
