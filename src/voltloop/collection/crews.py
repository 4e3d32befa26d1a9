"""Which driver takes which tour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.consistency import driver_costs
from voltloop.collection.model import Driver, Problem
from voltloop.collection.schedule import Tour

__all__ = ["Demand", "crew_limits", "demand_of", "name_drivers", "unions"]

Demand = tuple[bool, frozenset[str]]
"""What a tour asks of its driver: the dangerous-goods certificate, and trainings."""

_MOST_UNIONS: Final = 32

_SPARED_EUR: Final = 1e-3


def demand_of(tour: Tour) -> Demand:
    """Give what a tour asks of its driver."""
    return tour.needs_adr, frozenset(tour.training)


def crew_limits(
    problem: Problem, depot_id: str, day: int, demands: Iterable[Demand], away: Collection[str] = ()
) -> list[tuple[frozenset[Demand], int]]:
    """List sets of demands, and how many tours with one of them the drivers of a depot can take on a day.

    Parameters
    ----------
    away
        Drivers who are not free that day.

    Notes
    -----
    Every tour finds a driver of its own when for each set of demands the tours with one of them are no more than the
    drivers who meet one of them (Hall 1935). It is enough to ask this of every union of the demands' sets of
    drivers; with more than 32 unions only of the single sets and of all drivers, which may be too little.
    """
    on = problem.days[day - 1]
    here = [
        driver for driver in problem.drivers if driver.depot_id == depot_id and driver.driver_id not in away
    ]
    able = {
        (certificate, training): frozenset(
            driver.driver_id
            for driver in here
            if (driver.is_certified(on) or not certificate) and driver.holds(training, on)
        )
        for certificate, training in dict.fromkeys(demands)
    }
    return [
        (frozenset(demand for demand, drivers in able.items() if drivers <= union), len(union))
        for union in sorted(unions(able.values(), _MOST_UNIONS), key=sorted)
    ]


def unions(sets: Iterable[frozenset[str]], most: int) -> set[frozenset[str]]:
    """Join sets in every way; where that gives more than ``most``, keep the sets and the union of all."""
    single = set(sets)
    found = set(single)
    for one in single:
        found |= {one | other for other in found}
        if len(found) > most:
            return single | {frozenset().union(*single)}
    return found


def name_drivers(
    problem: Problem, planned: Sequence[tuple[Tour, int]], given: Mapping[int, str] | None = None
) -> list[str | None]:
    """Give each tour of a plan a driver of its depot.

    Parameters
    ----------
    planned
        Tours with their planning day (from 1).
    given
        Drivers that stand fast, by position in ``planned``.

    Returns
    -------
    list
        A driver id per tour. On each day as many tours as possible get a driver who may take them (certificate,
        training), each driver has one tour at most, and among all such assignments the one is taken that weighs least
        by :func:`~voltloop.collection.consistency.driver_costs`. None for a tour that no driver is left for.

    Notes
    -----
    Per depot and day a linear assignment problem, solved exactly. Between equal assignments certificates that a tour
    does not need are spared, so that they stay free for what comes in late.
    """
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    given = given or {}
    away = {(planned[index][1], driver) for index, driver in given.items()}
    for index, (tour, day) in enumerate(planned):
        if index in given:
            continue
        groups[problem.fleet[tour.kind].depot_id, day].append(index)
    named: list[str | None] = [given.get(index) for index in range(len(planned))]
    for (depot, day), members in groups.items():
        drivers = sorted(
            (one for one in problem.drivers if one.depot_id == depot and (day, one.driver_id) not in away),
            key=lambda one: one.driver_id,
        )
        found = _assign(problem, [planned[index][0] for index in members], drivers, day)
        for index, driver in zip(members, found, strict=True):
            named[index] = driver
    return named


def _assign(problem: Problem, tours: Sequence[Tour], drivers: Sequence[Driver], day: int) -> list[str | None]:
    from scipy.optimize import linear_sum_assignment

    found: list[str | None] = [None] * len(tours)
    may = _may_drive(problem, tours, drivers, day)
    weights = driver_costs(problem, tours, drivers) + _idle_skills(problem, tours, drivers, day)
    # Dearer than every assignment together: a pair that may not be is taken only when there is no other way.
    never = 1.0 + 2.0 * float(weights.sum())
    for row, column in zip(*linear_sum_assignment(np.where(may, weights, never)), strict=True):
        if may[row, column]:
            found[row] = drivers[column].driver_id
    return found


def _may_drive(
    problem: Problem, tours: Sequence[Tour], drivers: Sequence[Driver], day: int
) -> NDArray[np.bool_]:
    on = problem.days[day - 1]
    certified = np.array([driver.is_certified(on) for driver in drivers], dtype=bool)
    may = np.array([certified | (not tour.needs_adr) for tour in tours], dtype=bool)
    for row, tour in enumerate(tours):
        if tour.training:
            may[row] &= [driver.holds(tour.training, on) for driver in drivers]
    return may.reshape(len(tours), len(drivers))


def _idle_skills(
    problem: Problem, tours: Sequence[Tour], drivers: Sequence[Driver], day: int
) -> NDArray[np.float64]:
    on = problem.days[day - 1]
    held = np.array(
        [driver.is_certified(on) + sum(last >= on for _, last in driver.trainings) for driver in drivers], dtype=float
    )  # fmt: skip
    used = np.array([tour.needs_adr + len(tour.training) for tour in tours], dtype=float)
    spare = np.maximum(held[None, :] - used[:, None], 0.0)
    return np.asarray(_SPARED_EUR * spare)
