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
    legal = True
    for entry in range(s.counts[N_LOG]):
        t = s.log_tour[entry]
        if s.tour[t, KIND] == NOWHERE:
            continue
        if s.tour[t, RELOADS] > 0:
            legal = _drop_hubs(p, f, s, t) and legal
        if len(p.starts) > 1:
            legal = _cheapest_kind(p, f, s, t) and legal
        if has_optional:
            _close_unless_it_pays(p, s, t)
    return legal


@njit(cache=True)
def _drop_hubs(p: KernelProblem, f: Static, s: State, t: int) -> bool:
    first, kind = len(p.place) + 2 * t, s.tour[t, KIND]
    node = s.link[first, NEXT]
    at = 0
    while node != first + 1:
        behind = s.link[node, NEXT]
        if node < len(p.place):
            at += 1
        else:
            count = write_visits(p, s, t, kind, s.visits)
            for x in range(at, count - 1):
                s.visits[x] = s.visits[x + 1]
            if price_tour(p, kind, s.visits, count - 1, s.work)[0] < s.cost[t, COST] - _GAIN:
                drop_hub(s, node)
                if refresh(p, f, s, t) == inf:
                    return False
            else:
                at += 1
        node = behind
    return True


@njit(cache=True)
def _cheapest_kind(p: KernelProblem, f: Static, s: State, t: int) -> bool:
    kind = s.tour[t, KIND]
    best, best_eur = kind, s.cost[t, COST] - _GAIN
    peers = f.peer[kind + 1] - f.peer[kind]
    far = _FAR_KINDS if peers + 1 < len(p.starts) else 0
    for x in range(peers + far):
        other = f.peers[f.peer[kind] + x] if x < peers else below(s.rng, len(p.starts))
        if other != kind and _least_eur(p, s, t, other) < best_eur and has_stock(p, s, other, kind):
            count = write_visits(p, s, t, other, s.visits)
            if count >= 0:
                eur = price_tour(p, other, s.visits, count, s.work)[0]
                if eur < best_eur:
                    best, best_eur = other, eur
    if best == kind:
        return True
    change_kind(p, s, t, best)
    return bool(refresh(p, f, s, t) < inf)


@njit(cache=True)
def _least_eur(p: KernelProblem, s: State, t: int, kind: int) -> float:
    """Cost of a tour with another kind, but for waiting, loads and another road profile [EUR]."""
    first = len(p.place) + 2 * t
    km, old = s.time[first + 1, KM], s.tour[t, KIND]
    if p.starts[kind] != p.starts[old] or p.ends[kind] != p.ends[old]:
        profile = p.profile[kind]
        near, far = s.link[s.link[first, NEXT], PLACE], s.link[s.link[first + 1, PREV], PLACE]
        km += leg_km(p, p.starts[kind], near, profile) - leg_km(p, p.starts[old], near, profile)
        km += leg_km(p, far, p.ends[kind], profile) - leg_km(p, far, p.ends[old], profile)
    return float(p.fixed_eur[kind] + km * p.eur_per_km[kind])


@njit(cache=True)
def _close_unless_it_pays(p: KernelProblem, s: State, t: int) -> None:
    first = len(p.place) + 2 * t
    skip = 0.0
    node = s.link[first, NEXT]
    while node != first + 1:
        if node < len(p.place):
            skip += p.skip_eur[node]
        node = s.link[node, NEXT]
    if skip < s.cost[t, COST]:
        while s.tour[t, COUNT] > 0:
            node = s.link[first, NEXT]
            if node < len(p.place):
                take(p, s, node)
            else:
                drop_hub(s, node)
        tidy(p, s, t)
