"""Plain ways to plan tours, to start from and to compare with: savings, nearest neighbour, one truck per site.

All of them build only legal tours (each goes through the same timetable), but they do not count vehicles,
drivers or days: that flatters them, so what a plan saves against them is a cautious figure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from voltloop.collection.model import Problem
from voltloop.collection.schedule import Tour, plan_tour

__all__ = [
    "METHODS",
    "Baseline",
    "baselines",
    "nearest_neighbour",
    "one_truck_per_site",
    "one_truck_per_stop",
    "savings",
]

_NEIGHBOURS = 15


@dataclass(frozen=True, slots=True)
class Baseline:
    """One plain way's tours and figures.

    ``missed`` are stops that it could not serve at all. ``objective_eur`` is money plus priced carbon.
    """

    name: str
    tours: tuple[Tour, ...]
    missed: tuple[int, ...]
    cost_eur: float
    co2e_kg: float
    km: float
    objective_eur: float


def one_truck_per_stop(problem: Problem, stops: Sequence[int]) -> list[Tour]:
    """Each pick-up alone, with the cheapest vehicle that may fetch it."""
    alone = (_cheapest(problem, (stop,)) for stop in stops)
    return [tour for tour in alone if tour is not None]


def one_truck_per_site(problem: Problem, stops: Sequence[int]) -> list[Tour]:
    """Each site by itself: the pick-ups of one point together as far as one vehicle takes them, and nothing else."""
    sites: dict[str, list[int]] = {}
    for stop in stops:
        sites.setdefault(problem.stop_list[stop].point_id, []).append(stop)
    tours: list[Tour] = []
    for members in sites.values():
        tour: Tour | None = None
        for stop in members:
            larger = None if tour is None else _cheapest(problem, (*tour.stops, stop))
            if larger is None and tour is not None:
                tours.append(tour)
            tour = larger or _cheapest(problem, (stop,))
        if tour is not None:
            tours.append(tour)
    return tours


def nearest_neighbour(problem: Problem, stops: Sequence[int]) -> list[Tour]:
    """From the depot always on to the nearest stop that still fits, depot by depot.

    Every tour is built with each vehicle type of the depot; the one with the lowest objective per stop is kept.
    """
    homes = {tour.stops[0]: problem.fleet[tour.kind].depot_id for tour in one_truck_per_stop(problem, stops)}
    tours: list[Tour] = []
    for depot in sorted(set(homes.values())):
        open_stops = [stop for stop in stops if homes.get(stop) == depot]
        while open_stops:
            built = [
                tour
                for kind, entry in enumerate(problem.fleet)
                if entry.depot_id == depot and entry.count > 0
                for tour in [_grow(problem, kind, open_stops)]
                if tour is not None
            ]
            if not built:
                break
            best = min(built, key=lambda tour: (tour.objective_eur / len(tour.stops), tour.kind))
            tours.append(best)
            open_stops = [stop for stop in open_stops if stop not in best.stops]
    return tours


def _grow(problem: Problem, kind: int, stops: Sequence[int]) -> Tour | None:
    entry = problem.fleet[kind]
    roads = problem.roads[entry.profile]
    place, left = problem.depots[entry.depot_id], list(stops)
    tour: Tour | None = None
    while left:
        km = roads.km_of(place, np.array([problem.stop_list[stop].place for stop in left]))
        left = [stop for _, stop in sorted(zip(km.tolist(), left, strict=True))]
        for position, stop in enumerate(left):
            longer = plan_tour(problem, kind, (*(tour.stops if tour else ()), stop))
            if longer is not None:
                tour, place = longer, problem.stop_list[stop].place
                del left[position]
                break
        else:
            break
    return tour


def savings(problem: Problem, stops: Sequence[int]) -> list[Tour]:
    """Clarke and Wright's savings with a mixed fleet, several depots and every rule of the timetable.

    Starts with one tour per stop and joins the ends of two tours, greatest saving of distance first, whenever
    the joined tour is legal with some vehicle of the depot and lowers the objective.

    References
    ----------
    Clarke, Wright (1964), Operations Research 12(4), 568-581.
    """
    tour_of: dict[int, Tour] = {tour.stops[0]: tour for tour in one_truck_per_stop(problem, stops)}
    for first, second in _ranked_pairs(problem, tour_of):
        left, right = tour_of[first], tour_of[second]
        if left is right or (left.stops[-1] != first and left.stops[0] != first):
            continue
        if right.stops[0] != second and right.stops[-1] != second:
            continue
        head = left.stops if left.stops[-1] == first else left.stops[::-1]
        tail = right.stops if right.stops[0] == second else right.stops[::-1]
        joined = _cheapest(problem, head + tail)
        if joined is None:
            continue
        if joined.objective_eur < left.objective_eur + right.objective_eur - 1e-9:
            for stop in joined.stops:
                tour_of[stop] = joined
    return sorted(set(tour_of.values()), key=lambda tour: (tour.kind, tour.stops))


def _ranked_pairs(problem: Problem, tour_of: dict[int, Tour]) -> list[tuple[int, int]]:
    stops = np.array(sorted(tour_of), dtype=np.int64)
    if len(stops) < 2:
        return []
    kinds = [problem.fleet[tour_of[int(stop)].kind] for stop in stops]
    places = np.array([problem.stop_list[int(stop)].place for stop in stops])
    home = np.array([problem.depots[kind.depot_id] for kind in kinds])
    km_of = problem.roads[kinds[0].profile].km_of
    between = km_of(places[:, None], places[None, :])
    np.fill_diagonal(between, np.inf)
    saved = km_of(places, home)[:, None] + km_of(home, places)[None, :] - between
    near = np.argsort(between, axis=1, kind="stable")[:, : min(_NEIGHBOURS, len(stops) - 1)]
    pairs = [
        (-float(saved[i, j]), int(stops[i]), int(stops[j]))
        for i in range(len(stops))
        for j in near[i]
        if saved[i, j] > 0
    ]
    return [(first, second) for _, first, second in sorted(pairs)]


def _cheapest(problem: Problem, order: tuple[int, ...]) -> Tour | None:
    allowed = set.intersection(*(set(problem.stop_list[stop].depots) for stop in order))
    best: Tour | None = None
    for kind, entry in enumerate(problem.fleet):
        if entry.count > 0 and entry.ends_at in allowed:
            tour = plan_tour(problem, kind, order)
            if tour is not None and (best is None or tour.objective_eur < best.objective_eur):
                best = tour
    return best


METHODS: Final[dict[str, Callable[[Problem, Sequence[int]], list[Tour]]]] = {
    "savings": savings,
    "nearest neighbour": nearest_neighbour,
    "one truck per site": one_truck_per_site,
}
"""The plain ways by name."""


def baselines(problem: Problem, stops: Sequence[int]) -> list[Baseline]:
    """Plan the same stops in each plain way.

    Parameters
    ----------
    stops
        Positions in the table of stops; for a fair comparison those that the plan serves
        (:meth:`~voltloop.collection.plan.Plan.served`).
    """
    results = []
    for name, method in METHODS.items():
        tours = tuple(method(problem, stops))
        served = {stop for tour in tours for stop in tour.stops}
        results.append(
            Baseline(
                name,
                tours,
                tuple(stop for stop in stops if stop not in served),
                sum(tour.cost_eur for tour in tours),
                sum(tour.co2e_kg for tour in tours),
                sum(tour.km for tour in tours),
                sum(tour.objective_eur for tour in tours),
            )
        )
    return results
