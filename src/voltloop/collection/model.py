"""What a tour problem is: stops, vehicles, drivers, days, roads, and the law of driving time.

Everything here is plain data. Times are whole seconds of the day, so that the solver, the timetable and the
independent checker calculate with the same integers. Money is in EUR, mass in kg, load points are those of
ADR 1.1.3.6 [1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.errors import InputError

__all__ = [
    "EU_DRIVING",
    "STOP_COLUMNS",
    "US_DRIVING",
    "Driver",
    "DrivingRules",
    "Problem",
    "Roads",
    "Stop",
    "VehicleKind",
]


@dataclass(frozen=True, slots=True)
class DrivingRules:
    """Limits on a driver's day, as data.

    Attributes
    ----------
    name
        The law and its paragraph.
    max_stretch_s
        Driving allowed without a break [s].
    break_s
        Length of the break that starts a new stretch [s].
    max_driving_s
        Driving allowed in one day [s].
    max_duty_s
        Longest time between leaving the depot and being back [s].
    rest_s
        Daily rest between two days of driving [s].
    service_is_break
        Whether loading for at least ``break_s`` counts as a break (USA: any 30 minutes without driving do;
        EU: loading is other work, it does not).

    Notes
    -----
    The split EU break (15 then 30 minutes) and the extended day (10 hours twice a week) are not used: plans are
    a little more cautious than the law asks.
    """

    name: str
    max_stretch_s: int
    break_s: int
    max_driving_s: int
    max_duty_s: int
    service_is_break: bool = False
    rest_s: int = 39_600

    def travel_s(self, driving_s: int) -> int:
        """Shortest time from departure to arrival for a drive without stops [s], breaks and daily rests included.

        Examples
        --------
        >>> EU_DRIVING.travel_s(16_200) == 16_200
        True
        >>> EU_DRIVING.travel_s(32_000) == 32_000 + 2_700
        True
        >>> EU_DRIVING.travel_s(36_000) == 36_000 + 2_700 + 39_600
        True
        """
        full_days, rest_of_drive = divmod(max(driving_s - 1, 0), self.max_driving_s)
        a_day = (self.max_driving_s - 1) // self.max_stretch_s
        breaks = full_days * a_day + rest_of_drive // self.max_stretch_s
        return driving_s + breaks * self.break_s + full_days * self.rest_s


EU_DRIVING: Final = DrivingRules("Regulation (EC) 561/2006 Art. 6 to 8", 16_200, 2_700, 32_400, 46_800)
"""4.5 h of driving, then 45 minutes; 9 h of driving; 13 h between two daily rests of 11 h."""

US_DRIVING: Final = DrivingRules("49 CFR 395.3", 28_800, 1_800, 39_600, 50_400, True, 36_000)
"""8 h of driving, then 30 minutes without driving; 11 h of driving within 14 h of duty."""


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
        Which matrices of :attr:`Problem.roads` this vehicle drives on.
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


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver, the depot that employs them, and the last day of their dangerous-goods certificate.

    ``certified_to`` None means that no certificate is known: such a driver never takes a load above the relief.
    """

    driver_id: str
    depot_id: str
    certified_to: date | None = None

    def is_certified(self, on: date) -> bool:
        """Whether the certificate is valid on a day, its last day included."""
        return self.certified_to is not None and self.certified_to >= on


@dataclass(frozen=True)
class Roads:
    """Distances and driving times between all places, for one kind of vehicle.

    Attributes
    ----------
    distance_km, duration_h
        Square arrays, row = from, column = to. ``inf`` or NaN where no road leads.
    """

    distance_km: NDArray[np.float64]
    duration_h: NDArray[np.float64]

    @cached_property
    def reachable(self) -> NDArray[np.bool_]:
        """Pairs that a road joins: both numbers finite and not negative."""
        finite = np.isfinite(self.distance_km) & np.isfinite(self.duration_h)
        return finite & (np.nan_to_num(self.distance_km) >= 0) & (np.nan_to_num(self.duration_h) >= 0)

    @cached_property
    def km(self) -> NDArray[np.float64]:
        """Distances with ``inf`` for every pair that no road joins."""
        return np.where(self.reachable, self.distance_km, np.inf)

    @cached_property
    def drive_s(self) -> NDArray[np.int64]:
        """Driving times in whole seconds, rounded up; -1 for every pair that no road joins."""
        hours = np.where(self.reachable, self.duration_h, 0.0)
        return np.where(self.reachable, np.ceil(hours * 3600.0 - 1e-6), -1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Stop:
    """One pick-up as the engines see it; see :data:`STOP_COLUMNS` for units and meaning."""

    pickup_id: str
    point_id: str
    place: int
    service_s: int
    service_by_hand_s: int
    open_s: int
    close_s: int
    mass_kg: float
    floor_positions: float
    points: float
    boxes: int
    needs_adr: bool
    needs_lift: bool
    depots: tuple[str, ...]
    due_day: int | None
    due_on: date | None
    prize_eur: float


STOP_COLUMNS: Final[dict[str, pl.DataType]] = {
    "pickup_id": pl.String(),
    "point_id": pl.String(),
    "place": pl.Int64(),
    "service_s": pl.Int64(),
    "service_by_hand_s": pl.Int64(),
    "open_s": pl.Int64(),
    "close_s": pl.Int64(),
    "mass_kg": pl.Float64(),
    "floor_positions": pl.Float64(),
    "points": pl.Float64(),
    "boxes": pl.Int64(),
    "needs_adr": pl.Boolean(),
    "needs_lift": pl.Boolean(),
    "depots": pl.List(pl.String()),
    "due_day": pl.Int64(),
    "due_on": pl.Date(),
    "prize_eur": pl.Float64(),
}
"""Columns of the table of stops.

``place`` indexes the road matrices. ``service_s`` is the time at the stop with a forklift or tail lift,
``service_by_hand_s`` without. Loading must *start* within ``open_s`` to ``close_s``. ``mass_kg`` is gross.
``points`` are load points, ``boxes`` certified boxes for critical batteries. ``needs_adr``: goods for which the
small-load relief cannot be used (transport category 0). ``depots`` may take the goods. ``due_day`` is the last
planning day (from 1) on which the stop must be served; null or later than the horizon: the stop is optional and
``prize_eur`` is what serving it now is worth. ``due_on`` is the same deadline as a date, for the words.
"""


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
        Matrices by profile name; every ``VehicleKind.profile`` must be a key.
    days
        The planning days in order, at least one.
    rules
        Law of driving time.
    relief_points
        Load points up to which a vehicle needs neither plates nor a certified driver; ``inf`` where the law
        knows no such limit.
    carbon_price_eur_per_t
        Price that turns kg CO2e into money in the objective.
    missed_penalty_eur
        What leaving out a required stop weighs in the objective; None: ten times the dearest direct tour.

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
    roads: Mapping[str, Roads]
    days: tuple[date, ...]
    rules: DrivingRules = EU_DRIVING
    relief_points: float = 1000.0
    carbon_price_eur_per_t: float = 0.0
    missed_penalty_eur: float | None = None

    def __post_init__(self) -> None:
        from voltloop.collection.checks import check_fleet, check_stops

        if not self.days:
            raise InputError(
                "The tour problem has no planning day. At least one is needed. Give the days to plan.",
                code="tours-no-day",
            )
        check_stops(self)
        check_fleet(self)

    @cached_property
    def stop_list(self) -> tuple[Stop, ...]:
        """The stops as plain values, in the order of the table."""
        columns = self.stops.select(list(STOP_COLUMNS)).rows(named=True)
        return tuple(Stop(**{**row, "depots": tuple(sorted(set(row["depots"] or [])))}) for row in columns)

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

    def last_day(self, stop: int) -> int:
        """Last planning day (from 1) on which a stop may be served."""
        due = self.stop_list[stop].due_day
        return self.horizon if due is None else min(max(due, 1), self.horizon)

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
            km = self.roads[kind.profile].km[self.depots[kind.depot_id]]
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
