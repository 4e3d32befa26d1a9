"""A sharper lower bound: linear covering by *relaxed* tours, priced exactly by dynamic programming.

Relaxed tours may come back to a stop (not at once) and keep only one blended capacity, so there are more of them
than legal tours and their cheapest cover costs no more than any plan. Column generation finds that cover's value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.bound import least_legs, lower_bound, may_arrive, most_trips
from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.parts import Part
from voltloop.collection.schedule import Tour, plan_tour

__all__ = ["DEFAULT_WORK", "best_bound", "relaxed_bound"]

_MOST_STEPS = 120
_PULL = 0.6
_ROUNDS = 20
_COLUMNS_PER_KIND = 12
_OVERHEAD = 2_000
DEFAULT_WORK: Final = 6e7
"""Work on the bounds of a whole problem unless more is asked for: a few seconds."""

# Shares of mass, floor, load points and time in the one capacity that a relaxed tour keeps.
_BLENDS: Final = ((0, 0, 0, 1.0), (0.6, 0, 0, 0.4), (0, 0.6, 0, 0.4), (0, 0, 0.6, 0.4), (0.3, 0.3, 0, 0.4))


@dataclass(frozen=True, slots=True)
class _Graph:
    """One vehicle kind's relaxed tours: cost and steps of capacity of each arc; node 0 is the depot."""

    kind: int
    nodes: NDArray[np.int64]  # positions in the part's stops
    cost: NDArray[np.float64]
    steps: NDArray[np.int64]
    capacity: int
    most_tours: int


def best_bound(
    problem: Problem, part: Part, tours: Sequence[Tour], *, most_work: float
) -> tuple[float, float]:
    """Give the better of both lower bounds [EUR], and the work spent of ``most_work``.

    ``tours`` may be empty; good ones make the sharp bound faster.
    """
    alone = [plan_tour(problem, kind, [stop]) for stop in part.stops for kind in part.kinds]
    known = [*tours, *(tour for tour in alone if tour is not None)]
    sharp, work = relaxed_bound(problem, part, known, most_work=most_work) if known else (None, 0.0)
    return max(lower_bound(problem, part), sharp or 0.0), work


def relaxed_bound(
    problem: Problem, part: Part, tours: Sequence[Tour], *, most_work: float = DEFAULT_WORK
) -> tuple[float | None, float]:
    """Give a value [EUR] that no plan of this part can go below, and the work spent on it.

    The value is None when it would take more than ``most_work``, or when a leg is too short to count.

    Parameters
    ----------
    tours
        Legal tours to start the covering from, at least one; they change the speed, not the validity.
    most_work
        Steps of the dynamic programme that may be spent, about 30 million a second.

    Notes
    -----
    For multipliers p >= 0 with p[i] at most what leaving stop i out weighs, every plan costs at least
    sum p[i] + sum over kinds of N[k] min(0, rho[k]), where rho[k] bounds cost minus multipliers of a tour of kind k
    from below and N[k] is how many such tours the vehicles and days allow. Also, with a[k] <= cost of any tour of
    kind k, the multipliers s p with s = min a[k] / (a[k] - min(0, rho[k])) leave no tour below zero, so s sum p[i] is
    a bound. Both are taken after each round, the best is kept.

    A tour's arcs cost kilometres and hours of driving and loading; waits and breaks are left out. Capacity blends
    mass, floor, load points and duty with weights adding up to 1, cut down to whole steps arc by arc. Each of these
    lowers rho, which keeps the bound valid.

    References
    ----------
    Christofides, Mingozzi, Toth (1981), Mathematical Programming 20, 255-282 (q-paths, 2-cycle elimination);
    Farley (1990), Operations Research 38(5), 922-923 (scaled multipliers).
    """
    position = {stop: index for index, stop in enumerate(part.stops)}
    graphs = _graphs(problem, part)
    if graphs is None:
        return None, 0.0
    work = float(sum(graph.capacity * (graph.cost.shape[0] ** 2 + _OVERHEAD) for graph in graphs)) * _ROUNDS
    if work > most_work:
        return None, 0.0
    unserved = np.array([problem.unserved_eur(stop) for stop in part.stops])
    columns = [(tour.objective_eur, [position[stop] for stop in tour.stops]) for tour in tours]
    for cost, stops in columns:
        # A tour of its own caps what a stop can be worth; huge penalties would only spoil the arithmetic.
        if len(stops) == 1:
            unserved[stops[0]] = min(unserved[stops[0]], cost)
    floor = [_price(graph, np.zeros(len(part.stops)))[0] for graph in graphs]
    best, centre = 0.0, np.zeros(len(part.stops))
    for _ in range(_ROUNDS):
        value, corner = _cover(columns, unserved)
        # Between the best multipliers so far and the present corner: corners alone swing to and fro.
        multipliers = _PULL * centre + (1 - _PULL) * corner if best else corner
        loss, scale, found = 0.0, 1.0, 0
        for graph, least in zip(graphs, floor, strict=True):
            rho, fresh = _price(graph, multipliers)
            if rho < 0:
                loss += graph.most_tours * rho
                scale = min(scale, least / (least - rho)) if least > 0 else 0.0
                columns.extend(fresh)
                found += len(fresh)
        total = float(multipliers.sum())
        reached = max(total + loss, total * scale)
        if reached > best:
            best, centre = reached, multipliers * (scale if total * scale >= total + loss else 1.0)
        if best >= value * (1 - 5e-3) or (not found and np.allclose(multipliers, corner)):
            break
    return best, work


def _graphs(problem: Problem, part: Part) -> list[_Graph] | None:
    """Build the graph of each vehicle kind that may serve something; None when one of them cannot be built."""
    graphs: list[_Graph] = []
    for kind in part.kinds:
        entry = problem.fleet[kind]
        nodes = np.array(
            [i for i, stop in enumerate(part.stops) if _may(problem, entry, stop)], dtype=np.int64
        )
        if len(nodes):
            graph = _best_graph(problem, kind, part, nodes)
            if graph is None:
                return None
            graphs.append(graph)
    return graphs


def _cover(
    columns: Sequence[tuple[float, Sequence[int]]], unserved: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Solve the linear covering; its value and the multiplier of each stop."""
    from scipy.optimize import linprog
    from scipy.sparse import csc_array, eye_array, hstack

    rows = np.concatenate([np.asarray(stops, dtype=np.int64) for _, stops in columns])
    where = np.repeat(np.arange(len(columns)), [len(stops) for _, stops in columns])
    visits = csc_array((np.ones(len(rows)), (rows, where)), shape=(len(unserved), len(columns)))
    matrix = -hstack([visits, eye_array(len(unserved), format="csc")], format="csc")
    cost = np.concatenate([np.array([cost for cost, _ in columns]), unserved])
    found = linprog(cost, A_ub=matrix, b_ub=-np.ones(len(unserved)), method="highs")
    # Within bounds whatever the solver's tolerance: then they are valid multipliers in any case.
    multipliers: NDArray[np.float64] = np.clip(-found.ineqlin.marginals, 0.0, unserved)
    return float(found.fun), multipliers


def _best_graph(problem: Problem, kind: int, part: Part, nodes: NDArray[np.int64]) -> _Graph | None:
    """Build the graph whose capacity binds most on average; None when an arc is shorter than a step."""
    entry = problem.fleet[kind]
    stops = [part.stops[i] for i in nodes]
    km, drive_s = least_legs(problem, entry, stops)
    service = np.array([0.0, *(problem.service_s(stop, entry) for stop in stops)])
    seconds = np.where(np.isfinite(drive_s), drive_s, 0.0) + service[None, :]
    cost = km * problem.objective_per_km(entry)
    cost = cost + seconds / 3600.0 * entry.cost_eur_per_h
    cost[0, :] += entry.fixed_cost_eur
    np.fill_diagonal(cost, np.inf)
    use = _uses(problem, entry, stops, seconds)
    blends: list[NDArray[np.float64]] = [
        np.tensordot(np.array(blend), np.stack(use), axes=1) for blend in _BLENDS
    ]
    inner = ~np.eye(len(stops) + 1, dtype=bool)
    inner[:, 0] = False
    best = max(blends, key=lambda blend: float(np.mean(blend[inner])))
    least = float(np.min(best[inner], initial=np.inf))
    capacity = min(_MOST_STEPS, max(48, int(np.ceil(1.0 / max(least, 1e-9)))))
    steps = np.floor(best * capacity + 1e-9).astype(np.int64)
    if int(np.min(steps[inner], initial=1)) < 1:
        return None
    most = entry.count * problem.horizon
    drivers = sum(count for count, _ in problem.crews[entry.depot_id])
    return _Graph(kind, nodes, cost, steps, capacity, min(most, drivers))


def _may(problem: Problem, kind: VehicleKind, stop: int) -> bool:
    entry = problem.stop_list[stop]
    return (
        may_arrive(kind, entry)
        and entry.mass_kg <= kind.payload_kg + 1e-6
        and entry.floor_positions <= kind.floor_positions + 1e-6
        and entry.boxes <= kind.critical_boxes
        and (kind.has_tail_lift or not entry.needs_lift)
        and (kind.is_adr_equipped or (not entry.needs_adr and entry.points <= problem.relief_points + 1e-6))
    )


def _uses(
    problem: Problem, kind: VehicleKind, stops: Sequence[int], seconds: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Share of mass, floor, points and duty that each arc uses up; a legal tour uses at most 1 of each."""
    duty = max(1, min(kind.max_duty_s, problem.rules.max_duty_s, kind.shift_end_s - kind.shift_start_s))
    relief = np.inf if kind.is_adr_equipped else problem.relief_points
    entries = [problem.stop_list[stop] for stop in stops]
    size = seconds.shape[0]
    found = []
    for amounts, most in (
        ([entry.mass_kg for entry in entries], kind.payload_kg),
        ([entry.floor_positions for entry in entries], kind.floor_positions),
        ([entry.points for entry in entries], relief),
    ):
        room = most * most_trips(kind)
        share = np.array([0.0, *amounts]) / room if 0 < room < np.inf else np.zeros(size)
        found.append(np.broadcast_to(share[None, :], (size, size)))
    found.append(seconds / duty)
    return found


def _price(graph: _Graph, multipliers: NDArray[np.float64]) -> tuple[float, list[tuple[float, list[int]]]]:
    """Least cost minus multipliers of a relaxed tour, and the best relaxed tours that are below zero."""
    size = graph.cost.shape[0]
    gain = np.concatenate([[0.0], multipliers[graph.nodes]])
    reduced = graph.cost - gain[None, :]
    layers = graph.capacity + 1
    value = np.full((2, layers, size), np.inf)
    before = np.full((2, layers, size), -1, dtype=np.int64)
    rank = np.zeros((2, layers, size), dtype=np.int64)
    across, own = np.arange(size)[:, None], np.arange(size)
    for level in range(layers):
        source = level - graph.steps
        reach = (source >= 0) & (own[None, :] > 0) & (across > 0)
        at = np.where(reach, source, 0)
        second = before[0, at, across] == own[None, :]
        candidate = np.where(second, value[1, at, across], value[0, at, across]) + reduced
        candidate[~reach] = np.inf
        candidate[0] = np.where(graph.steps[0] == level, reduced[0], np.inf)
        candidate[0, 0] = np.inf
        for label in (0, 1):
            first = candidate.argmin(axis=0)
            value[label, level] = candidate[first, own]
            before[label, level] = first
            rank[label, level] = second[first, own] & (first > 0)
            candidate[first, own] = np.inf
    home = _home(graph, value[0], reduced[:, 0])
    ends = np.argsort(home.min(axis=0), kind="stable")[:_COLUMNS_PER_KIND]
    found = []
    for end in ends:
        level = int(home[:, end].argmin())
        if home[level, end] < -1e-6:
            stops = _trace(graph, before, rank, level, int(end))
            visits = [0, *stops, 0]
            cost = float(sum(graph.cost[a, b] for a, b in pairwise(visits)))
            found.append((cost, [int(graph.nodes[stop - 1]) for stop in stops]))
    return float(home.min()), found


def _home(graph: _Graph, value: NDArray[np.float64], back: NDArray[np.float64]) -> NDArray[np.float64]:
    """Value of each state with the way home added, inf where the way home no longer fits."""
    levels = np.arange(value.shape[0])[:, None]
    fits = levels + graph.steps[:, 0][None, :] <= graph.capacity
    home: NDArray[np.float64] = np.where(fits, value + back[None, :], np.inf)
    home[:, 0] = np.inf
    return home


def _trace(
    graph: _Graph, before: NDArray[np.int64], rank: NDArray[np.int64], level: int, end: int
) -> list[int]:
    stops, label = [end], 0
    while True:
        here = stops[-1]
        previous, next_label = int(before[label, level, here]), int(rank[label, level, here])
        if previous == 0:
            return stops[::-1]
        level -= int(graph.steps[previous, here])
        stops.append(previous)
        label = next_label
