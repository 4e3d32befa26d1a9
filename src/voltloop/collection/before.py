"""What an earlier plan leaves for the next: tours to start from, tours that stand fast, what a change costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.consistency import weekday_costs
from voltloop.collection.days import DayClass, Taken
from voltloop.collection.loads import first_fault
from voltloop.collection.model import Problem
from voltloop.collection.plan import Name, Plan
from voltloop.collection.schedule import Tour, plan_tour
from voltloop.errors import InputError, nearest

__all__ = ["NOTHING", "Before", "Fixed", "read_before"]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A tour that stays exactly as it is, with its planning day and what it is called."""

    tour: Tour
    day: int
    name: Name


@dataclass(frozen=True)
class Before:
    """An earlier plan as the search sees it.

    Attributes
    ----------
    tours
        Position in the fleet, visits and planning day of the tours that may change.
    fixed
        Tours that may not.
    taken
        Vehicles and drivers that are not free because of the latter.
    change_eur
        What serving a stop with another vehicle kind, or on another day, than before weighs [EUR].
    places
        Position in the fleet and planning day of each stop that had a tour.
    """

    tours: tuple[tuple[int, tuple[int, ...], int], ...] = ()
    fixed: tuple[Fixed, ...] = ()
    taken: tuple[Taken, ...] = ()
    change_eur: float = 0.0
    places: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def days(self) -> set[int]:
        """Days that differ from their neighbours because somebody is away."""
        return {entry.day for entry in self.taken}

    def extra_eur(
        self, problem: Problem, tours: Sequence[Tour], classes: Sequence[DayClass]
    ) -> NDArray[np.float64]:
        """Price leaving this plan and the usual weekdays, by tour and class of days [EUR]; (T, K)."""
        weekdays = weekday_costs(problem, tours)
        extra = np.zeros((len(tours), len(classes)))
        for k, group in enumerate(classes):
            extra[:, k] = weekdays[:, group.first - 1 : group.last].min(axis=1)
            if self.change_eur > 0:
                extra[:, k] += [self.change_eur * self._moved(tour, group) for tour in tours]
        return extra

    def _moved(self, tour: Tour, group: DayClass) -> int:
        was = [self.places[stop] for stop in tour.stops if stop in self.places]
        return sum(fleet != tour.kind or not group.first <= day <= group.last for fleet, day in was)

    def moved(self, planned: Iterable[tuple[Tour, int]]) -> int:
        """Count the stops that had a tour and now have another vehicle kind, another day, or none."""
        now = {stop: (tour.kind, day) for tour, day in planned for stop in tour.stops}
        return sum(now.get(stop) != was for stop, was in self.places.items())


NOTHING: Final = Before()
"""No plan before."""


def read_before(
    problem: Problem, plan: Plan, frozen: Collection[str] = (), change_eur: float = 0.0
) -> Before:
    """Read an earlier plan, as far as it still makes sense.

    Pick-ups that are gone are left out of their tours; tours of vehicles or days that are gone are dropped.

    Parameters
    ----------
    frozen
        Ids of tours that are already driving.

    Raises
    ------
    InputError
        A frozen tour is unknown, its day is not a planning day, its vehicle type or one of its pick-ups is gone, or
        it is not legal any more.
    """
    known = set(plan.tours["tour_id"])
    for tour_id in frozen:
        if tour_id not in known:
            raise InputError(
                f'Frozen tour "{tour_id}" is not in the plan to start from.{nearest(tour_id, known)} Expected one of '
                f"its {len(known)} tours. Correct the id, or give the plan that the tour is from.",
                code="tours-frozen-unknown",
            )
    reader = _Reader(problem, plan)
    tours, fixed = [], []
    places: dict[int, tuple[int, int]] = {}
    for row in plan.tours.iter_rows(named=True):
        if row["tour_id"] in frozen:
            fixed.append(reader.fixed(row))
            continue
        fleet, day, visits = reader.fleet(row), reader.day(row), reader.visits(row)
        if fleet is None or day is None or visits is None:
            continue
        stops = [visit for visit in visits if visit >= 0]
        if stops:
            tours.append((fleet, tuple(visits), day))
            places |= dict.fromkeys(stops, (fleet, day))
    taken = tuple(Taken(entry.tour.kind, entry.day, entry.name.driver_id) for entry in fixed)
    return Before(tuple(tours), tuple(fixed), taken, change_eur, places)


class _Reader:
    def __init__(self, problem: Problem, plan: Plan) -> None:
        self._problem = problem
        self._kinds = {
            (kind.depot_id, kind.vehicle_type, kind.name): index for index, kind in enumerate(problem.fleet)
        }
        self._days = {day: number for number, day in enumerate(problem.days, start=1)}
        self._stops = {stop.pickup_id: index for index, stop in enumerate(problem.stop_list)}
        self._visits: dict[str, list[tuple[int, str, bool]]] = defaultdict(list)
        for table, name in ((plan.stops, "pickup_id"), (plan.reloads, "hub_id")):
            for row in table.select("tour_id", "seq", name).iter_rows():
                self._visits[row[0]].append((row[1], row[2], name == "hub_id"))

    def fleet(self, row: Mapping[str, Any]) -> int | None:
        return self._kinds.get((row["depot_id"], row["vehicle_type"], row["vehicle_name"] or ""))

    def day(self, row: Mapping[str, Any]) -> int | None:
        return self._days.get(row["day"])

    def visits(self, row: Mapping[str, Any]) -> list[int] | None:
        """Visits in the problem's numbers without pick-ups that are gone; None when a hub is gone."""
        fleet = self.fleet(row)
        hubs = self._problem.fleet[fleet].reload_at if fleet is not None else ()
        found = []
        for _, name, is_hub in sorted(self._visits[row["tour_id"]]):
            if is_hub:
                if name not in hubs:
                    return None
                found.append(-1 - hubs.index(name))
            elif name in self._stops:
                found.append(self._stops[name])
        return found

    def fixed(self, row: Mapping[str, Any]) -> Fixed:
        fleet, day, visits = self.fleet(row), self.day(row), self.visits(row)
        gone = [
            name for _, name, is_hub in self._visits[row["tour_id"]] if not is_hub and name not in self._stops
        ]
        if fleet is None:
            self._refuse(
                row, f'there is no vehicle type "{row["vehicle_type"]}" at depot "{row["depot_id"]}"'
            )
        elif day is None:
            self._refuse(row, f"{row['day']} is not a planning day")
        elif gone:
            self._refuse(row, f'pick-up "{gone[0]}" is not in the table of stops')
        elif visits is None:
            self._refuse(row, "its vehicle may no longer unload at one of its hubs")
        else:
            tour = plan_tour(self._problem, fleet, visits)
            if tour is not None and tour.first_day <= day <= tour.last_day:
                return Fixed(tour, day, Name(row["tour_id"], row["driver_id"], row["vehicle_no"]))
            fault = first_fault(self._problem, self._problem.fleet[fleet], visits)
            self._refuse(row, f"it is no longer legal ({fault or 'time or day'})")
        raise AssertionError  # pragma: no cover - every refusal raises

    def _refuse(self, row: Mapping[str, Any], why: str) -> None:
        raise InputError(
            f'Frozen tour "{row["tour_id"]}" cannot stay as it is: {why}. Expected a tour that this problem allows. '
            "Leave it out of the frozen tours, or give the problem that it was planned for.",
            code="tours-frozen-broken",
        )
