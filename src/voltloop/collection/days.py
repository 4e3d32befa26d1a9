"""Planning days: classes of days that are alike, and which tour drives on which of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from voltloop.collection.consistency import weekday_costs
from voltloop.collection.crews import crew_limits, demand_of
from voltloop.collection.model import Problem
from voltloop.collection.schedule import Tour

__all__ = ["DayClass", "Taken", "day_classes", "spread_over_days"]

_NODES = 200


@dataclass(frozen=True, slots=True)
class DayClass:
    """Consecutive planning days (from 1, both ends included) between which no deadline falls and crews are equal."""

    first: int
    last: int

    @property
    def days(self) -> int:
        """Number of days."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Taken:
    """A vehicle (by position in the fleet) and driver that are not free on a day: their tour stands fast."""

    fleet: int
    day: int
    driver_id: str | None


def day_classes(problem: Problem, stops: Sequence[int], splits: Iterable[int] = ()) -> list[DayClass]:
    """Fewest runs of days such that within a run it does not matter for legality on which day a tour drives.

    Where usual weekdays count, every day is a run of its own.

    Parameters
    ----------
    splits
        Days that must be a run of their own, because a vehicle or driver is not free on them.
    """
    entries = [problem.stop_list[stop] for stop in stops]
    ends = {problem.last_day(stop) for stop in stops} | {entry.first_day - 1 for entry in entries}
    ends |= {end for day in splits for end in (day - 1, day)}
    for day in range(1, problem.horizon):
        if any(crew[day] != crew[day - 1] for crew in problem.crews.values()):
            ends.add(day)
    trained = [last for driver in problem.drivers for _, last in driver.trainings]
    ends |= {number for number, day in enumerate(problem.days, start=1) if day in trained}
    if problem.consistency.weekday_eur > 0 and any(entry.usual_weekday for entry in entries):
        ends |= set(range(1, problem.horizon))
    ends = {end for end in ends if 0 < end < problem.horizon} | {problem.horizon}
    firsts = [1, *(end + 1 for end in sorted(ends)[:-1])]
    return [DayClass(first, last) for first, last in zip(firsts, sorted(ends), strict=True)]


def spread_over_days(
    problem: Problem,
    planned: Sequence[tuple[Tour, DayClass]],
    taken: Sequence[Taken] = (),
    before: Mapping[int, int] | None = None,
) -> list[int]:
    """Give each chosen tour a day: what is late before all others, then the usual weekdays, then early days first.

    The choice has made sure that a legal day exists for every tour (vehicles and certified drivers form two nested
    families of limits within a class of days). The transport problem below looks at all days of a depot at once, so
    that a late tour takes a truck of the first day even if the choice put it into a later class.

    Parameters
    ----------
    planned
        Tours with the class of days that the choice gave them.
    taken
        Vehicles and drivers that are not free.
    before
        Day of each stop in an earlier plan; a tour keeps the day that most of its stops had, where it can.

    Returns
    -------
    list[int]
        One planning day (from 1) per tour, never after its last day.
    """
    homes: dict[str, list[int]] = defaultdict(list)
    for index, (tour, _) in enumerate(planned):
        homes[problem.fleet[tour.kind].depot_id].append(index)
    days = [0] * len(planned)
    for depot, members in homes.items():
        found = _spread(problem, [planned[index] for index in members], depot, taken, before or {})
        for index, day in zip(members, found, strict=True):
            days[index] = day
    return days


def _spread(
    problem: Problem,
    planned: Sequence[tuple[Tour, DayClass]],
    depot: str,
    taken: Sequence[Taken],
    before: Mapping[int, int],
) -> list[int]:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, kron

    tours, many, days = [tour for tour, _ in planned], len(planned), problem.horizon
    cells: list[tuple[int, int]] = []
    limits: list[int] = []
    for day in range(1, days + 1):
        for chosen, most in _limits(problem, tours, depot, day, taken):
            if len(chosen) > most:
                cells.extend((len(limits), tour * days + day - 1) for tour in chosen)
                limits.append(most)
    once = kron(coo_array(np.eye(many)), np.ones((1, days)), format="csr")
    constraints = [LinearConstraint(once, 1, 1)]
    if limits:
        at = tuple(np.array(cells).T)
        rows = coo_array((np.ones(len(cells)), at), shape=(len(limits), many * days))
        constraints.append(LinearConstraint(rows.tocsr(), -np.inf, np.array(limits)))
    number = np.arange(days)
    first = np.array([max(problem.stop_list[stop].first_day for stop in tour.stops) for tour in tours])
    last = np.array([tour.last_day for tour in tours])
    in_time = (number >= first[:, None] - 1) & (number < last[:, None])
    found = milp(
        _wishes(problem, tours, before).ravel(),
        constraints=constraints,
        bounds=Bounds(0, in_time.ravel().astype(float)),
        integrality=np.ones(many * days),
        options={"mip_rel_gap": 1e-6, "node_limit": _NODES},
    )
    if found.x is None:  # cannot happen while the classes have room; the caller's check names the broken rule
        return [group.first for _, group in planned]
    return [1 + int(day) for day in found.x.reshape(many, days).argmax(axis=1)]


def _wishes(problem: Problem, tours: Sequence[Tour], before: Mapping[int, int]) -> np.ndarray:
    """Weigh each tour on each day: what is late first, then the usual weekday and the day before, then early days."""
    weekdays = weekday_costs(problem, tours) / max(problem.consistency.weekday_eur, 1e-9)
    for row, tour in enumerate(tours):
        for stop in tour.stops:
            if stop in before:
                weekdays[row] += np.arange(1, problem.horizon + 1) != before[stop]
    size = np.array([tour.objective_eur for tour in tours])
    early = 1 + size / max(size.max(), 1e-9)
    most = weekdays.max(initial=0.0)
    if most > 0:  # an early day is no reason to leave a usual weekday
        early = early * 0.1 / (2 * problem.horizon)
    late = np.array([sum(problem.is_late(stop) for stop in tour.stops) for tour in tours])
    weight = early + 10.0 * (1 + most) * late
    return np.asarray(weekdays + weight[:, None] * np.arange(problem.horizon))


def _limits(
    problem: Problem, tours: Sequence[Tour], depot: str, day: int, taken: Sequence[Taken]
) -> Iterator[tuple[list[int], int]]:
    """List sets of tours, and how many of each the vehicles and drivers of a depot can take on a day."""
    gone = [entry for entry in taken if entry.day == day]
    for kind in sorted({tour.kind for tour in tours}):
        chosen = [index for index, tour in enumerate(tours) if tour.kind == kind]
        yield chosen, problem.fleet[kind].count - sum(entry.fleet == kind for entry in gone)
    away = {entry.driver_id for entry in gone if entry.driver_id is not None}
    demands = [demand_of(tour) for tour in tours]
    for group, most in crew_limits(problem, depot, day, demands, away):
        yield [index for index, demand in enumerate(demands) if demand in group], most
