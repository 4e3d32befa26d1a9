"""Changes of a whole tour: another kind or depot, a hub visit less, or no tour at all."""

from __future__ import annotations

from math import inf
from typing import Final

from numba import njit

from voltloop.collection.kernel.arrays import KernelProblem
from voltloop.collection.kernel.legs import leg_km
from voltloop.collection.kernel.random import below
from voltloop.collection.kernel.rich_links import change_kind, drop_hub, has_stock, take, write_visits
from voltloop.collection.kernel.rich_ruin import tidy
from voltloop.collection.kernel.rich_segments import refresh
from voltloop.collection.kernel.rich_state import (
    COST,
    COUNT,
    KIND,
    KM,
    N_LOG,
    NEXT,
    NOWHERE,
    PLACE,
    PREV,
    RELOADS,
    State,
    Static,
)
from voltloop.collection.kernel.rich_timetable import price_tour

__all__ = ["polish"]

_FAR_KINDS: Final = 2
"""Kinds of other depots that are looked at for a tour."""

_GAIN: Final = 1e-7


@njit(cache=True)
def polish(p: KernelProblem, f: Static, s: State, has_optional: bool) -> bool:
    """Improve the tours touched in this iteration.

    Returns
    -------
    bool
        False when rounding let a change through that is not legal; the iteration must then be undone.
    """
    tour = s.tour
    legal = True
    for entry in range(s.counts[N_LOG]):
        t = s.log_tour[entry]
        if tour[t, KIND] == NOWHERE:
            continue
        if tour[t, RELOADS] > 0:
            legal = _drop_hubs(p, f, s, t) and legal
        if len(p.starts) > 1:
            legal = _cheapest_kind(p, f, s, t) and legal
        if has_optional:
            _close_unless_it_pays(p, s, t)
    return legal


@njit(cache=True)
def _drop_hubs(p: KernelProblem, f: Static, s: State, t: int) -> bool:
    stops, link, visits = len(p.place), s.link, s.visits
    first, kind = stops + 2 * t, s.tour[t, KIND]
    node = link[first, NEXT]
    at = 0
    while node != first + 1:
        behind = link[node, NEXT]
        if node < stops:
            at += 1
        else:
            count = write_visits(p, s, t, kind, visits)
            for x in range(at, count - 1):
                visits[x] = visits[x + 1]
            if price_tour(p, kind, visits, count - 1, s.work)[0] < s.cost[t, COST] - _GAIN:
                drop_hub(s, node)
                if refresh(p, f, s, t) == inf:
                    return False
            else:
                at += 1
        node = behind
    return True


@njit(cache=True)
def _cheapest_kind(p: KernelProblem, f: Static, s: State, t: int) -> bool:
    peer, starts, visits = f.peer, p.starts, s.visits
    kind = s.tour[t, KIND]
    best, best_eur = kind, s.cost[t, COST] - _GAIN
    peers = peer[kind + 1] - peer[kind]
    far = _FAR_KINDS if peers + 1 < len(starts) else 0
    for x in range(peers + far):
        other = f.peers[peer[kind] + x] if x < peers else below(s.rng, len(starts))
        if other != kind and _least_eur(p, s, t, other) < best_eur and has_stock(p, s, other, kind):
            count = write_visits(p, s, t, other, visits)
            if count >= 0:
                eur = price_tour(p, other, visits, count, s.work)[0]
                if eur < best_eur:
                    best, best_eur = other, eur
    if best == kind:
        return True
    change_kind(p, s, t, best)
    return bool(refresh(p, f, s, t) < inf)


@njit(cache=True)
def _least_eur(p: KernelProblem, s: State, t: int, kind: int) -> float:
    """Cost of a tour with another kind, but for waiting, loads and another road profile [EUR]."""
    ends, starts, link = p.ends, p.starts, s.link
    first = len(p.place) + 2 * t
    km, old = s.time[first + 1, KM], s.tour[t, KIND]
    if starts[kind] != starts[old] or ends[kind] != ends[old]:
        profile = p.profile[kind]
        near, far = link[link[first, NEXT], PLACE], link[link[first + 1, PREV], PLACE]
        km += leg_km(p, starts[kind], near, profile) - leg_km(p, starts[old], near, profile)
        km += leg_km(p, far, ends[kind], profile) - leg_km(p, far, ends[old], profile)
    return float(p.fixed_eur[kind] + km * p.eur_per_km[kind])


@njit(cache=True)
def _close_unless_it_pays(p: KernelProblem, s: State, t: int) -> None:
    stops, link = len(p.place), s.link
    first = stops + 2 * t
    skip = 0.0
    node = link[first, NEXT]
    while node != first + 1:
        if node < stops:
            skip += p.skip_eur[node]
        node = link[node, NEXT]
    if skip < s.cost[t, COST]:
        while s.tour[t, COUNT] > 0:
            node = link[first, NEXT]
            if node < stops:
                take(p, s, node)
            else:
                drop_hub(s, node)
        tidy(p, s, t)
