"""Savings over near neighbours: a first plan for tens of thousands of stops within seconds."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from voltloop.collection.kernel.arrays import MATRIX, Floats, Ints, KernelProblem, KernelTours
from voltloop.collection.kernel.legs import leg_km, leg_s

__all__ = ["leg_eur", "savings"]


@njit(cache=True)
def leg_eur(p: KernelProblem, a: int, b: int, kind: int) -> float:
    """Cost of driving from one place to another with a vehicle of a kind, empty [EUR]; ``inf`` where no road leads."""
    eur = p.eur_per_km[kind] * leg_km(p, a, b, p.profile[kind])
    if p.eur_per_s[kind] != 0.0:
        eur += p.eur_per_s[kind] * leg_s(p, a, b, p.profile[kind])
    return float(eur)


def savings(p: KernelProblem, near: Ints, kind: int = 0, stops: Ints | None = None) -> KernelTours:
    """Tours by Clarke and Wright's savings, joined at their ends among near neighbours only.

    Parameters
    ----------
    p
        The problem. Only what driving costs and the capacities of the kind are looked at; a tour's loads fit in
        whatever order its stops are visited.
    near
        (N, k) near neighbours of each stop, as from :func:`~voltloop.collection.kernel.neighbours.neighbours`.
    kind
        The kind that drives all tours.
    stops
        The stops to serve; None for all of them.

    Returns
    -------
    KernelTours
        Tours over all the stops, a stop that fits with no other (or not at all) alone on its tour.

    References
    ----------
    Clarke, Wright (1964), Operations Research 12(4), 568-581.
    """
    chosen = np.arange(len(p.place), dtype=np.int32) if stops is None else stops
    wanted = np.zeros(len(p.place), np.bool_)
    wanted[chosen] = True
    directed = p.starts[kind] != p.ends[kind] or (p.metric == MATRIX and not _is_symmetric(p, kind))
    first, second, saved = _pairs(p, near, kind, wanted, directed)
    order = np.argsort(-saved, kind="stable")
    links = _join(first[order], second[order], p.pick + p.drop, p.room[kind], directed)
    begins, visits = _unroll(links, chosen, directed)
    return KernelTours(np.full(len(begins) - 1, kind, np.int32), begins, visits)


def _is_symmetric(p: KernelProblem, kind: int) -> bool:
    road = p.profile[kind]
    return np.array_equal(p.km[road], p.km[road].T) and np.array_equal(p.drive_s[road], p.drive_s[road].T)


@njit(cache=True)
def _pairs(
    p: KernelProblem, near: Ints, kind: int, wanted: NDArray[np.bool_], directed: bool
) -> tuple[Ints, Ints, Floats]:
    """Pairs of near stops that are worth joining, and what that saves."""
    stops, count = near.shape
    from_start, to_end = np.empty(stops), np.empty(stops)
    for stop in range(stops):
        from_start[stop] = leg_eur(p, p.starts[kind], p.place[stop], kind)
        to_end[stop] = leg_eur(p, p.place[stop], p.ends[kind], kind)
    room = 2 * stops * count if directed else stops * count
    first, second, saved = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room)
    found = 0
    for a in range(stops):
        for k in range(count):
            b = near[a, k]
            if not (wanted[a] and wanted[b]) or (b < a and np.any(near[b] == a)):
                continue  # the other stop lists this pair
            for turn in range(2 if directed else 1):
                i, j = (a, b) if turn == 0 else (b, a)
                gain = (
                    to_end[i] + p.fixed_eur[kind] + from_start[j] - leg_eur(p, p.place[i], p.place[j], kind)
                )
                if gain > 0.0:
                    first[found], second[found], saved[found] = i, j, gain
                    found += 1
    return first[:found], second[:found], saved[:found]


@njit(cache=True)
def _join(first: Ints, second: Ints, load: Floats, room: Floats, directed: bool) -> Ints:
    """Join tours at their ends in the order of the pairs; neighbours of each stop on its tour, -1 for an end.

    The two sides of a stop are before and after it where direction matters, and any otherwise.
    """
    stops, measures = load.shape
    links = np.full((stops, 2), -1, np.int32)
    tour = np.arange(stops)
    load = load.copy()
    for pair in range(len(first)):
        i, j = first[pair], second[pair]
        side_i = 1 if directed or links[i, 1] < 0 else 0
        side_j = 0 if directed or links[j, 0] < 0 else 1
        if links[i, side_i] >= 0 or links[j, side_j] >= 0:
            continue
        a, b = i, j
        while tour[a] != a:
            tour[a] = tour[tour[a]]
            a = tour[a]
        while tour[b] != b:
            tour[b] = tour[tour[b]]
            b = tour[b]
        fits = a != b
        for m in range(measures):
            fits = fits and load[a, m] + load[b, m] <= room[m] + 1e-6
        if fits:
            links[i, side_i], links[j, side_j] = j, i
            tour[b] = a
            load[a] += load[b]
    return links


@njit(cache=True)
def _unroll(links: Ints, chosen: Ints, directed: bool) -> tuple[Ints, Ints]:
    """Where each tour begins, and the stops in order of visit."""
    begins, visits = np.empty(len(chosen) + 1, np.int32), np.empty(len(chosen), np.int32)
    seen = np.zeros(len(links), np.bool_)
    tours, filled = 0, 0
    for start in chosen:
        is_end = links[start, 0] < 0 or (links[start, 1] < 0 and not directed)
        if seen[start] or not is_end:
            continue
        begins[tours] = filled
        tours += 1
        before, stop = -1, start
        while stop >= 0:
            seen[stop] = True
            visits[filled] = stop
            filled += 1
            after = links[stop, 1] if links[stop, 0] == before else links[stop, 0]
            before, stop = stop, after
    begins[tours] = filled
    return begins[: tours + 1].copy(), visits
