"""PyVRP on a tour problem: the whole problem at once, with its own default iterated local search."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from tour_peers import Answer, Clock, Routes, is_plain, matrix, too_large
from tour_peers_savings import solve_savings
from tours_problem import LONG
from voltloop.collection.model import Problem, VehicleKind

if TYPE_CHECKING:
    import pyvrp

__all__ = ["solve_pyvrp"]

# Its matrices of lengths and times and the one they are made from, 64-bit numbers.
_BYTES_PER_LEG = 24
# Its own first solution takes half a minute at 10,000 stops; from savings it ends a whole percent better.
_FROM_SAVINGS = 5_000


def solve_pyvrp(problem: Problem, clock: Clock, seed: int) -> Answer:
    """Search with PyVRP until the clock ends; large problems with one capacity start from savings."""
    if note := too_large(problem, _BYTES_PER_LEG):
        return Answer(None, note=note)
    start = None
    if len(problem.stop_list) >= _FROM_SAVINGS and is_plain(problem):
        start = solve_savings(problem, clock).routes
    import pyvrp
    from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks
    from pyvrp.solve import SolveParams

    class Watch(IteratedLocalSearchCallbacks):
        def on_start(self, algorithm: pyvrp.IteratedLocalSearch) -> None:
            if algorithm.initial_solution.is_feasible():
                clock.found()

        def on_best(self, best: pyvrp.Solution) -> None:  # noqa: ARG002
            clock.found()

    data = _data(problem)
    params = SolveParams(ils=pyvrp.IteratedLocalSearchParams(callbacks=Watch()))
    ends = time.perf_counter() + clock.left_s
    result = pyvrp.solve(
        data,
        lambda _: time.perf_counter() >= ends,
        seed=seed,
        collect_stats=False,
        params=params,
        initial_solution=None if start is None else _solution(data, start),
    )
    routes = _routes(problem, result.best) if result.best.is_feasible() else None
    return Answer(routes, result.num_iterations, "" if start is None else "started from savings")


def _data(problem: Problem) -> pyvrp.ProblemData:
    import pyvrp

    depots = list(problem.depots)
    roads = matrix(problem)
    # Loads in the scale of the costs, as PyVRP's own reader has them: its penalties are whole numbers per unit of load.
    scale = next(iter(problem.roads.values())).scale
    profiles: dict[frozenset[int], int] = {}
    kinds = [_vehicle(problem, kind, profiles, scale) for kind in problem.fleet]
    shift = max(kind.shift_end_s - kind.shift_start_s for kind in problem.fleet)
    far = 2 * max(int(roads.max()), shift if shift < LONG else 0)
    matrices = [_barred(roads, places, far) for places in profiles]
    clients = [
        pyvrp.Client(
            location=stop.place,
            pickup=[math.ceil(stop.mass_kg * scale)],
            delivery=[math.ceil(stop.drop_mass_kg * scale)],
            service_duration=stop.service_s,
            tw_early=stop.open_s,
            release_time=stop.release_s,
            prize=round(0 if problem.is_required(index) else stop.prize_eur),
            required=problem.is_required(index),
            **({"tw_late": stop.close_s} if _closes(problem, stop.close_s) else {}),
        )
        for index, stop in enumerate(problem.stop_list)
    ]
    return pyvrp.ProblemData(
        [pyvrp.Location(0, 0)] * roads.shape[0],
        clients,
        [pyvrp.Depot(location=problem.depots[depot]) for depot in depots],
        kinds,
        matrices,
        matrices,
    )


def _closes(problem: Problem, close_s: int) -> bool:
    """Whether an end of a window binds; without any, PyVRP leaves the times out of its search."""
    return any(close_s < kind.shift_end_s for kind in problem.fleet)


def _vehicle(
    problem: Problem, kind: VehicleKind, profiles: dict[frozenset[int], int], scale: float
) -> pyvrp.VehicleType:
    import pyvrp

    depots = list(problem.depots)
    barred = frozenset(
        stop.place
        for stop in problem.stop_list
        if stop.vehicle_types and kind.vehicle_type not in stop.vehicle_types
    )
    limits = {}
    if any(_closes(problem, stop.close_s) for stop in problem.stop_list):
        limits = {"tw_early": kind.shift_start_s, "tw_late": kind.shift_end_s}
    if kind.max_duty_s < kind.shift_end_s - kind.shift_start_s:
        limits["shift_duration"] = kind.max_duty_s
    if kind.max_driving_s < kind.shift_end_s - kind.shift_start_s:
        limits["max_distance"] = kind.max_driving_s
    return pyvrp.VehicleType(
        num_available=kind.count,
        capacity=[math.floor(kind.payload_kg * scale)],
        start_depot=depots.index(kind.depot_id),
        end_depot=depots.index(kind.ends_at),
        fixed_cost=round(kind.fixed_cost_eur),
        unit_distance_cost=round(kind.cost_eur_per_km),
        profile=profiles.setdefault(barred, len(profiles)),
        reload_depots=[depots.index(hub) for hub in kind.reload_at],
        max_reloads=kind.max_reloads,
        **limits,
    )


def _barred(roads: np.ndarray, places: frozenset[int], far: int) -> np.ndarray:
    """Lengths of a profile whose vehicles may not go to some places: too far for any shift, but not absurdly far.

    With the largest number PyVRP knows, as its own reader takes, its first solution of PR12 takes over a minute.
    """
    if not places:
        return roads
    table, closed = roads.copy(), sorted(places)
    table[closed, :] = table[:, closed] = far
    np.fill_diagonal(table, 0)
    return table


def _routes(problem: Problem, solution: pyvrp.Solution) -> Routes:
    depots = list(problem.depots)
    found = []
    for route in solution.routes():
        kind = problem.fleet[route.vehicle_type()]
        visits = [
            visit.idx if visit.is_client() else -1 - kind.reload_at.index(depots[visit.idx])
            for visit in list(route)[1:-1]
        ]
        found.append((route.vehicle_type(), tuple(visits)))
    return tuple(found)


def _solution(data: pyvrp.ProblemData, start: Routes) -> pyvrp.Solution:
    import pyvrp

    return pyvrp.Solution(data, [pyvrp.Route(data, list(visits), kind) for kind, visits in start])
