"""A lower bound on the objective, so that a plan can say how far from the best it can be at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.parts import Part
from voltloop.collection.stops import Stop

__all__ = ["least_legs", "lower_bound", "may_arrive", "most_trips"]

_MIXES = (1.0, 0.75, 0.5, 0.25, 0.0)
_ROUNDS = 4
_BLENDS: Final = np.array([
    [1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 1.0],
    [0.5, 0.5, 0, 0], [0.5, 0, 0, 0.5], [0, 0.5, 0, 0.5], [0.25, 0.25, 0, 0.5], [0.2, 0.2, 0.2, 0.4],
    [0.25, 0, 0, 0.75], [0, 0.25, 0, 0.75], [0.75, 0, 0, 0.25], [0, 0.75, 0, 0.25],
])  # fmt: skip


def lower_bound(problem: Problem, part: Part) -> float:
    """Give a value [EUR] that no plan of this part can go below.

    Returns
    -------
    float
        Not negative. It counts tours and what is left out (prizes, penalties), like the objective.

    Notes
    -----
    *Shares.* Take a legal tour of kind k with stops S. Its load in resource r (mass, floor, boxes, duty) fits: the
    sum of q[i, r] over S is at most Q[k, r], where a stop's use of duty is its loading time and half the shortest
    legs in and out. So weights w[i] = sum over r of m[r] q[i, r] / Q[k, r], with m[r] >= 0 adding up to 1, add up to
    at most 1 over S. Split the tour's fixed cost by these weights; what is charged is never more than what is paid.

    *Radial part.* The tour is at least as long as the way to its farthest stop and back along shortest paths,
    R = max over S of r[i], and R >= R sum w[i] >= sum w[i] r[i].

    *Arc part.* Each stop is entered and left once, so the tour's length is at least the sum over S of half the
    cheapest arc in plus half the cheapest arc out (the depot's arcs are left out, which only lowers it).

    A mix a * radial + (1 - a) * arcs is at most the length too, for any a in [0, 1]. The loading time is paid in
    full. So for every kind the charges c[k, i] add up over S to no more than the tour costs, whatever m and a the
    kind uses. Hence with c[i] = min over k of c[k, i], and with what an unserved stop weighs, the sum over all
    stops of min(c[i], unserved[i]) is a bound on every plan. The m and a of each kind are improved one kind at a
    time. Shortest paths (not direct roads) keep the bound valid without the triangle inequality.

    *Unloading on the way.* A tour with v visits to hubs carries at most (v + 1) Q[k, r]; legs may lead over a hub.
    """
    if not part.stops or not part.kinds:
        return float(sum(problem.unserved_eur(stop) for stop in part.stops))
    unserved = np.array([problem.unserved_eur(stop) for stop in part.stops])
    paths: dict[tuple[object, ...], tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    options = np.stack([_charges(problem, problem.fleet[kind], part.stops, paths) for kind in part.kinds])
    kinds, ways, _ = options.shape
    totals = np.minimum(options.min(axis=0), unserved).sum(axis=1)
    chosen = np.full(kinds, int(totals.argmax()))
    best = float(totals.max())
    for _ in range(_ROUNDS):
        before = best
        for kind in range(kinds):
            others = np.delete(options[np.arange(kinds), chosen], kind, axis=0)
            ceiling = np.minimum(others.min(axis=0), unserved) if kinds > 1 else unserved
            sums = np.minimum(options[kind], ceiling).sum(axis=1)
            if float(sums.max()) > best:
                best, chosen[kind] = float(sums.max()), int(sums.argmax())
        if best <= before + 1e-9 or ways == 1:
            break
    return best


def _charges(
    problem: Problem,
    kind: VehicleKind,
    stops: Sequence[int],
    paths: dict[tuple[object, ...], tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> NDArray[np.float64]:
    """List what each stop pays, one row per way of splitting a tour of this kind; inf where it may not stop."""
    entries = [problem.stop_list[stop] for stop in stops]
    service = np.array([problem.service_s(stop, kind) for stop in stops], dtype=np.float64)
    km, hours = _legs(problem, kind, stops, paths)
    amounts = (
        (np.array([e.mass_kg for e in entries]), kind.payload_kg),
        (np.array([e.floor_positions for e in entries]), kind.floor_positions),
        (np.array([float(e.boxes) for e in entries]), float(kind.critical_boxes)),
        (service + hours[1] * 3600.0, float(min(kind.max_duty_s, problem.rules.max_duty_s))),
    )
    share = np.zeros((4, len(stops)))
    for row, (amount, most) in enumerate(amounts):
        share[row] = np.divide(amount, most, out=np.where(amount > 0, np.inf, 0.0), where=most > 0)
    fits = (share <= 1 + 1e-9).all(axis=0) & np.array([may_arrive(kind, entry) for entry in entries])
    share[:3] /= most_trips(kind)
    share = np.where(fits, share, 0.0)
    per_km, per_h = problem.objective_per_km(kind), kind.cost_eur_per_h
    radial = km[0] * per_km + hours[0] * per_h
    arcs = km[1] * per_km + hours[1] * per_h
    weights = _BLENDS @ share
    rows = [
        weights * kind.fixed_cost_eur + mix * weights * radial + (1 - mix) * arcs + service / 3600.0 * per_h
        for mix in _MIXES
    ]
    return np.where(fits, np.concatenate(rows), np.inf)


def _legs(
    problem: Problem,
    kind: VehicleKind,
    stops: Sequence[int],
    paths: dict[tuple[object, ...], tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Kilometres and hours, each with two rows: radial per stop, half the cheapest arcs in and out per stop."""
    key = (kind.profile, kind.depot_id, kind.ends_at, kind.reload_at if kind.max_reloads else ())
    if key not in paths:
        km, seconds = least_legs(problem, kind, stops)
        paths[key] = _radial_and_arcs(km), _radial_and_arcs(seconds / 3600.0)
    return paths[key]


def _radial_and_arcs(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    alone = matrix.copy()
    np.fill_diagonal(alone, np.inf)
    arcs = (alone.min(axis=0) + alone.min(axis=1))[1:] / 2
    both = np.stack([_round_trip(matrix), arcs])
    return np.where(np.isfinite(both), both, 0.0)


def least_legs(
    problem: Problem, kind: VehicleKind, stops: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the least kilometres and driving seconds from one stop to the next of a tour.

    Returns
    -------
    tuple
        Two (N + 1, N + 1) arrays: row 0 the depot where a tour begins, column 0 the one where it ends, then the stops.
        Over hubs where that is shorter, on any roads that a tunnel code may ask for; ``inf`` where none leads.
    """
    hubs = [problem.hub(name).place for name in kind.reload_at] if kind.max_reloads else []
    inner = [*(problem.stop_list[stop].place for stop in stops), *hubs]
    pairs = (
        np.array([problem.depots[kind.depot_id], *inner])[:, None],
        np.array([problem.depots[kind.ends_at], *inner])[None, :],
    )
    detours = {ways.get(kind.profile, kind.profile) for ways in problem.tunnel_profiles.values()}
    km = np.full((len(inner) + 1, len(inner) + 1), np.inf)
    seconds = km.copy()
    for profile in sorted({kind.profile} | detours):
        roads = problem.roads[profile]
        drive = roads.drive_s_of(*pairs).astype(np.float64)
        km = np.minimum(km, roads.km_of(*pairs))
        seconds = np.minimum(seconds, np.where(drive >= 0, drive, np.inf))
    size = len(stops) + 1
    for hub in range(size, len(inner) + 1):
        km = np.minimum(km, km[:, hub, None] + km[None, hub, :])
        seconds = np.minimum(seconds, seconds[:, hub, None] + seconds[None, hub, :])
    return km[:size, :size], seconds[:size, :size]


def most_trips(kind: VehicleKind) -> int:
    """How often a vehicle of this kind can be filled on one tour."""
    return 1 + (kind.max_reloads if kind.reload_at else 0)


def may_arrive(kind: VehicleKind, stop: Stop) -> bool:
    """Whether goods of a stop may go to the end of this kind's tours, or to a hub on the way."""
    return kind.ends_at in stop.depots or (
        kind.max_reloads > 0 and not set(kind.reload_at).isdisjoint(stop.depots)
    )


def _round_trip(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shortest way from place 0 to each other place and back."""
    from scipy.sparse.csgraph import dijkstra

    finite = np.where(np.isfinite(matrix), np.maximum(matrix, 1e-12), 0.0)
    there = dijkstra(finite, indices=0)
    back = dijkstra(finite.T, indices=0)
    trip: NDArray[np.float64] = (there + back)[1:]
    return np.where(np.isfinite(trip), np.maximum(trip - 1e-6, 0.0), np.inf)
