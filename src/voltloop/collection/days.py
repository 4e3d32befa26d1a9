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


def spread_over_days(problem: Problem, planned: Sequence[tuple[Tour, DayClass]]) -> list[int]:
    """Give each chosen tour a day: what is late before all others, then early days first.

    The choice has made sure that a legal day exists for every tour (vehicles and certified drivers form two nested
    families of limits within a class of days). The transport problem below looks at all days of a depot at once, so
    that a late tour takes a truck of the first day even if the choice put it into a later class.

    Parameters
    ----------
    planned
        Tours with the class of days that the choice gave them.

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
        found = _spread(problem, [planned[index] for index in members], depot)
        for index, day in zip(members, found, strict=True):
            days[index] = day
    return days


def _spread(problem: Problem, planned: Sequence[tuple[Tour, DayClass]], depot: str) -> list[int]:
    from scipy.optimize import Bounds, LinearConstraint, milp

    tours, many, days = [tour for tour, _ in planned], len(planned), problem.horizon
    rows: list[np.ndarray] = []
    limits: list[float] = []

    def limit(chosen: list[int], most: Sequence[int]) -> None:
        for day in range(days):
            if len(chosen) > most[day]:
                row = np.zeros((many, days))
                row[chosen, day] = 1
                rows.append(row.ravel())
                limits.append(most[day])

    crews = problem.crews[depot]
    limit(list(range(many)), [drivers for drivers, _ in crews])
    limit([i for i, tour in enumerate(tours) if tour.needs_adr], [certified for _, certified in crews])
    for kind in sorted({tour.kind for tour in tours}):
        limit([i for i, tour in enumerate(tours) if tour.kind == kind], [problem.fleet[kind].count] * days)
    once = np.kron(np.eye(many), np.ones(days))
    constraints = [LinearConstraint(once, 1, 1)]
    if rows:
        constraints.append(LinearConstraint(np.array(rows), -np.inf, np.array(limits)))
    size = np.array([tour.objective_eur for tour in tours])
    # What is late weighs more than any other wish for an early day.
    late = np.array([_late_stops(problem, tour) for tour in tours])
    weight = 1 + size / max(size.max(), 1e-9) + 10.0 * late
    in_time = np.array([[day < tour.last_day for day in range(days)] for tour in tours], dtype=float)
    found = milp(
        np.kron(weight, np.arange(days)),
        constraints=constraints,
        bounds=Bounds(0, in_time.ravel()),
        integrality=np.ones(many * days),
    )
    if found.x is None:  # cannot happen while the classes have room; the caller's check names the broken rule
        return [group.first for _, group in planned]
    return [1 + int(day) for day in found.x.reshape(many, days).argmax(axis=1)]


def _late_stops(problem: Problem, tour: Tour) -> int:
    return sum(problem.is_late(stop) for stop in tour.stops)
