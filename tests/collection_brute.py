"""The best plan of a tiny tour problem, by trying everything.

Every set of stops, order, vehicle, hub on the way, day and driver is tried. Only the timetable of a single tour is
the project's own (:func:`~voltloop.collection.schedule.plan_tour`), which has tests of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from voltloop.collection.model import Problem
from voltloop.collection.schedule import Tour, plan_tour

Planned = tuple[tuple[Tour, int], ...]


def best_by_brute_force(case: Problem) -> float:
    """Least objective over every plan, with what is left out and what leaving the usual weekday and driver weighs."""
    return best_plan(case)[0]


def best_plan(case: Problem) -> tuple[float, Planned]:
    """Give the least objective and tours with their days that reach it."""
    tours = all_tours(case)
    count = len(case.stop_list)
    best: tuple[float, Planned] = (float("inf"), ())

    def go(stop: int, free: frozenset[int], cost: float, used: Planned) -> None:
        nonlocal best
        if cost >= best[0]:
            return
        if stop == count:
            whole = cost + _drivers_eur(case, used)
            best = min(best, (whole, used), key=lambda entry: entry[0])
            return
        if stop not in free:
            go(stop + 1, free, cost, used)
            return
        for tour in tours:
            if min(tour.stops) == stop and free.issuperset(tour.stops):
                for day in range(max(tour.first_day, 1), tour.last_day + 1):
                    more = (*used, (tour, day))
                    if _drivers_eur(case, more) < float("inf"):
                        added = tour.objective_eur + _weekday_eur(case, tour, day)
                        go(stop + 1, free - set(tour.stops), cost + added, more)
        go(stop + 1, free - {stop}, cost + case.unserved_eur(stop), used)

    go(0, frozenset(range(count)), 0.0, ())
    return best


def all_tours(case: Problem) -> list[Tour]:
    """List the cheapest order of every vehicle, set of stops and need of a certificate."""
    best: dict[tuple[int, frozenset[int], bool], Tour] = {}
    for kind, size in itertools.product(range(len(case.fleet)), range(1, len(case.stop_list) + 1)):
        for order in itertools.permutations(range(len(case.stop_list)), size):
            for visits in _with_hubs(case, kind, order):
                tour = plan_tour(case, kind, visits)
                if tour is None:
                    continue
                key = (kind, frozenset(order), tour.needs_adr)
                if key not in best or tour.objective_eur < best[key].objective_eur:
                    best[key] = tour
    return list(best.values())


def _with_hubs(case: Problem, kind: int, order: Sequence[int]) -> Iterator[tuple[int, ...]]:
    entry = case.fleet[kind]
    most = min(entry.max_reloads, len(order) + 1) if entry.reload_at else 0
    for number in range(most + 1):
        for gaps in itertools.combinations(range(len(order) + 1), number):
            for hubs in itertools.product(range(len(entry.reload_at)), repeat=number):
                visits = list(order)
                for gap, hub in sorted(zip(gaps, hubs, strict=True), reverse=True):
                    visits.insert(gap, -1 - hub)
                yield tuple(visits)


def _weekday_eur(case: Problem, tour: Tour, day: int) -> float:
    today = case.days[day - 1].isoweekday()
    usual = [case.stop_list[stop].usual_weekday for stop in tour.stops]
    return case.consistency.weekday_eur * sum(other not in (None, today) for other in usual)


def _drivers_eur(case: Problem, used: Planned) -> float:
    """What the best choice of drivers weighs, infinite when vehicles or drivers do not suffice."""
    groups: dict[tuple[str, int], list[Tour]] = {}
    for tour, day in used:
        groups.setdefault((case.fleet[tour.kind].depot_id, day), []).append(tour)
    total = 0.0
    for (depot, day), tours in groups.items():
        for kind in {tour.kind for tour in tours}:
            if sum(tour.kind == kind for tour in tours) > case.fleet[kind].count:
                return float("inf")
        here = [driver for driver in case.drivers if driver.depot_id == depot]
        on = case.days[day - 1]
        weights = [
            sum(
                case.consistency.driver_eur
                * (case.stop_list[stop].usual_driver not in (None, driver.driver_id))
                for tour, driver in zip(tours, crew, strict=True)
                for stop in tour.stops
            )
            for crew in itertools.permutations(here, len(tours))
            if all(
                (driver.is_certified(on) or not tour.needs_adr) and driver.holds(tour.training, on)
                for tour, driver in zip(tours, crew, strict=True)
            )
        ]
        total += min(weights, default=float("inf"))
    return total
