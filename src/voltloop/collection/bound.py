"""A lower bound on the objective, so that a plan can say how far from the best it can be at most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.parts import Part

__all__ = ["lower_bound"]

_MIXES = (1.0, 0.75, 0.5, 0.25, 0.0)


def lower_bound(problem: Problem, part: Part) -> float:
    """Give a value [EUR] that no plan of this part can go below.

    Returns
    -------
    float
        Not negative. It counts tours and what is left out (prizes, penalties), like the objective.

    Notes
    -----
    *Shares.* Take a legal tour of kind k with stops S. Its load in resource r (mass, floor, boxes, loading time
    against duty) fits: sum of q[i, r] over S is at most Q[k, r]. So weights w[i] = sum over r of m[r] q[i, r] /
    Q[k, r], with m[r] >= 0 adding up to 1, add up to at most 1 over S. Split the tour's fixed cost by these
    weights; what is charged is never more than what is paid.

    *Radial part.* The tour is at least as long as the way to its farthest stop and back along shortest paths,
    R = max over S of r[i], and R >= R sum w[i] >= sum w[i] r[i].

    *Arc part.* Each stop is entered and left once, so the tour's length is at least the sum over S of half the
    cheapest arc in plus half the cheapest arc out (the depot's arcs are left out, which only lowers it).

    A mix a * radial + (1 - a) * arcs is at most the length too, for any a in [0, 1]. The loading time is paid in
    full. Hence c[i] = min over kinds of the charges to stop i satisfies sum over S of c[i] <= cost of the tour;
    with what an unserved stop weighs, sum over all stops of min(c[i], unserved[i]) is a bound on every plan.
    The best mix is taken. Shortest paths (not direct roads) keep it valid without the triangle inequality.
    """
    entries = [problem.stop_list[stop] for stop in part.stops]
    if not entries:
        return 0.0
    unserved = np.array([problem.unserved_eur(stop) for stop in part.stops])
    best = 0.0
    paths: dict[tuple[str, str], NDArray[np.float64]] = {}
    for mix in _MIXES:
        for resource in range(-1, 4):
            charge = np.full(len(entries), np.inf)
            for index in part.kinds:
                kind = problem.fleet[index]
                charge = np.minimum(charge, _charges(problem, kind, part.stops, mix, resource, paths))
            best = max(best, float(np.minimum(charge, unserved).sum()))
    return best


def _charges(
    problem: Problem,
    kind: VehicleKind,
    stops: Sequence[int],
    mix: float,
    resource: int,
    paths: dict[tuple[str, str], NDArray[np.float64]],
) -> NDArray[np.float64]:
    entries = [problem.stop_list[stop] for stop in stops]
    service = np.array([problem.service_s(stop, kind) for stop in stops], dtype=np.float64)
    duty = min(kind.max_duty_s, problem.rules.max_duty_s)
    amounts = (
        (np.array([e.mass_kg for e in entries]), kind.payload_kg),
        (np.array([e.floor_positions for e in entries]), kind.floor_positions),
        (np.array([float(e.boxes) for e in entries]), float(kind.critical_boxes)),
        (service, float(duty)),
    )
    share = np.zeros((4, len(stops)))
    for row, (amount, most) in enumerate(amounts):
        share[row] = np.divide(amount, most, out=np.where(amount > 0, np.inf, 0.0), where=most > 0)
    if resource < 0:
        # Equal parts of the resources that anything uses; the parts of unused ones are given away.
        used = [row for row in range(4) if np.isfinite(share[row]).all() and share[row].any()]
        weight = share[used].mean(axis=0) if used else np.zeros(len(stops))
    else:
        weight = share[resource]
    fits = (share <= 1 + 1e-9).all(axis=0)
    fits &= np.array([kind.depot_id in entry.depots for entry in entries])
    weight = np.where(fits, weight, 0.0)
    km, hours = _legs(problem, kind, stops, paths)
    per_h = kind.cost_eur_per_h
    per_km = problem.objective_per_km(kind)
    radial = weight * (km[0] * per_km + hours[0] * per_h)
    arcs = km[1] * per_km + hours[1] * per_h
    charge = weight * kind.fixed_cost_eur + mix * radial + (1 - mix) * arcs + service / 3600.0 * per_h
    return np.where(fits, charge, np.inf)


def _legs(
    problem: Problem,
    kind: VehicleKind,
    stops: Sequence[int],
    paths: dict[tuple[str, str], NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Kilometres and hours, each with two rows: radial per stop, half the cheapest arcs in and out per stop."""
    roads = problem.roads[kind.profile]
    found = []
    for name in ("km", "h"):
        key = (f"{name} {kind.profile}", kind.depot_id)
        if key not in paths:
            home = problem.depots[kind.depot_id]
            places = np.array([home, *(problem.stop_list[stop].place for stop in stops)])
            window = np.ix_(places, places)
            drive = roads.drive_s[window]
            matrix = roads.km[window] if name == "km" else np.where(drive >= 0, drive / 3600.0, np.inf)
            alone = matrix.copy()
            np.fill_diagonal(alone, np.inf)
            arcs = (alone.min(axis=0) + alone.min(axis=1))[1:] / 2
            both = np.stack([_round_trip(matrix), arcs])
            paths[key] = np.where(np.isfinite(both), both, 0.0)
        found.append(paths[key])
    return found[0], found[1]


def _round_trip(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shortest way from place 0 to each other place and back."""
    from scipy.sparse.csgraph import dijkstra

    finite = np.where(np.isfinite(matrix), np.maximum(matrix, 1e-12), 0.0)
    there = dijkstra(finite, indices=0)
    back = dijkstra(finite.T, indices=0)
    trip: NDArray[np.float64] = (there + back)[1:]
    return np.where(np.isfinite(trip), np.maximum(trip - 1e-6, 0.0), np.inf)
