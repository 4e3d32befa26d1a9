"""Planning days: classes of days that are alike, and which tour drives on which of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voltloop.collection.model import Problem
from voltloop.collection.schedule import Tour

__all__ = ["DayClass", "day_classes", "spread_over_days"]


@dataclass(frozen=True, slots=True)
class DayClass:
    """Consecutive planning days (from 1, both ends included) between which no deadline falls and crews are equal."""

    first: int
    last: int

    @property
    def days(self) -> int:
        """Number of days."""
        return self.last - self.first + 1


def day_classes(problem: Problem, stops: Sequence[int]) -> list[DayClass]:
    """Fewest runs of days such that within a run it does not matter for legality on which day a tour drives."""
    ends = {problem.last_day(stop) for stop in stops} | {problem.horizon}
    for day in range(1, problem.horizon):
        if any(crew[day] != crew[day - 1] for crew in problem.crews.values()):
            ends.add(day)
    firsts = [1, *(end + 1 for end in sorted(ends)[:-1])]
    return [DayClass(first, last) for first, last in zip(firsts, sorted(ends), strict=True)]


def spread_over_days(problem: Problem, tours: Sequence[Tour], group: DayClass) -> list[int]:
    """Give each tour a day within one class of days, early days first, tours with late stops before all others.

    The caller has made sure that the class as a whole has vehicles, drivers and certified drivers enough. Within
    a class all days are alike, and vehicles and certified drivers form two nested families of limits, so a day
    for every tour exists; the little transport problem below finds the earliest.

    Returns
    -------
    list[int]
        One planning day per tour.
    """
    if group.days == 1:
        return [group.first] * len(tours)
    homes: dict[str, list[int]] = defaultdict(list)
    for index, tour in enumerate(tours):
        homes[problem.fleet[tour.kind].depot_id].append(index)
    days = [0] * len(tours)
    for depot, members in homes.items():
        for index, day in zip(members, _spread(problem, tours, members, group, depot), strict=True):
            days[index] = day
    return days


def _spread(
    problem: Problem, tours: Sequence[Tour], members: list[int], group: DayClass, depot: str
) -> list[int]:
    from scipy.optimize import Bounds, LinearConstraint, milp

    drivers, certified = problem.crews[depot][group.first - 1]
    many, days = len(members), group.days
    if many <= min(drivers, 1):
        return [group.first] * many
    rows: list[np.ndarray] = []
    limits: list[float] = []

    def limit(chosen: list[int], most: int) -> None:
        if len(chosen) > most:
            for day in range(days):
                row = np.zeros((many, days))
                row[chosen, day] = 1
                rows.append(row.ravel())
                limits.append(most)

    limit(list(range(many)), drivers)
    limit([i for i, index in enumerate(members) if tours[index].needs_adr], certified)
    for kind in sorted({tours[index].kind for index in members}):
        limit([i for i, index in enumerate(members) if tours[index].kind == kind], problem.fleet[kind].count)
    once = np.kron(np.eye(many), np.ones(days))
    constraints = [LinearConstraint(once, 1, 1)]
    if rows:
        constraints.append(LinearConstraint(np.array(rows), -np.inf, np.array(limits)))
    size = np.array([tours[index].objective_eur for index in members])
    # What is late weighs more than any other wish for an early day.
    late = np.array([_late_stops(problem, tours[index]) for index in members])
    weight = 1 + size / max(size.max(), 1e-9) + 10.0 * late
    cost = np.kron(weight, np.arange(days))
    found = milp(cost, constraints=constraints, bounds=Bounds(0, 1), integrality=np.ones(many * days))
    if found.x is None:  # cannot happen while the class has room; the caller's check names the broken rule
        return [group.first + i % days for i in range(many)]
    return [group.first + int(day) for day in found.x.reshape(many, days).argmax(axis=1)]


def _late_stops(problem: Problem, tour: Tour) -> int:
    due = (problem.stop_list[stop].due_on for stop in tour.stops)
    return sum(day is not None and day < problem.days[0] for day in due)
