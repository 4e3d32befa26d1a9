"""Places for a stop that change more than its neighbours: a hub visit, another kind for a tour, a new tour.

Each is priced by the whole tour.
"""

from __future__ import annotations

from math import inf
from typing import Final, cast

import numpy as np
from numba import njit

from voltloop.collection.kernel.arrays import KernelProblem
from voltloop.collection.kernel.legs import leg_km
from voltloop.collection.kernel.random import unit
from voltloop.collection.kernel.rich_links import has_stock, write_visits
from voltloop.collection.kernel.rich_state import (
    AFTER,
    BEFORE,
    COST,
    DRIVE,
    KEPT,
    KIND,
    KM,
    LEG_KM,
    N_FREE_HUBS,
    N_FREE_TOURS,
    NEXT,
    NOWHERE,
    PICKED,
    PLACE,
    TOUR,
    State,
    Static,
)
from voltloop.collection.kernel.rich_timetable import SLACK, price_alone, price_tour

__all__ = [
    "BLINK",
    "HUB_AFTER",
    "HUB_BEFORE",
    "NEW",
    "PLAIN",
    "Spot",
    "exact_eur",
    "no_spot",
    "note_rival",
    "seek_new_tour",
    "try_rivals",
    "with_hub",
]

BLINK: Final = 0.01
"""Share of good places passed over (Christiaens, Vanden Berghe 2020, sec. 5.3)."""

# Ways of putting a stop somewhere. Numpy's integers, since each of Python's would be compiled as a type of its own.
PLAIN: Final = cast("int", np.int64(0))
HUB_BEFORE: Final = cast("int", np.int64(1))
HUB_AFTER: Final = cast("int", np.int64(2))
NEW: Final = cast("int", np.int64(3))

# Cost [EUR], node behind which the stop comes, way (plain, hub before, hub after, new tour), hub, kind of the tour.
Spot = tuple[float, int, int, int, int]


@njit(cache=True)
def no_spot(limit: float) -> Spot:
    """Return what stands for no place at all: places must cost less than ``limit`` [EUR]."""
    return limit, NOWHERE, NOWHERE, NOWHERE, NOWHERE


@njit(cache=True)
def with_hub(p: KernelProblem, f: Static, s: State, c: int, i: int, kind: int, best: Spot) -> Spot:
    """Return the better of the best place so far and a stop behind ``i`` with a hub visit before or after it."""
    stops, reload, link = len(p.place), p.reload, s.link
    if not p.allowed[c, kind]:
        return best
    j = link[i, NEXT]
    for way in (HUB_BEFORE, HUB_AFTER):
        # A hub next to a hub or to the start or end of the tour would empty an empty vehicle, or serve no need.
        at_end = link[j, NEXT] == NOWHERE and p.goods[c] & p.end_clash[kind]
        if (way == HUB_BEFORE and i >= stops) or (way == HUB_AFTER and j >= stops and not at_end):
            continue
        if not _may_split(p, f, s, c, i, kind, way):
            continue
        for hub in range(reload[kind], reload[kind + 1]):
            eur = _hub_eur(p, s, c, i, kind, way, hub, best[0])
            if eur < best[0] and unit(s.rng) >= BLINK:
                best = (eur, int(i), int(way), int(hub), int(kind))
    return best


@njit(cache=True)
def _may_split(p: KernelProblem, f: Static, s: State, c: int, i: int, kind: int, way: int) -> bool:
    """Whether a stop fits on its part of the trip that a hub visit before or after it splits behind ``i``."""
    cargo, load = s.cargo, s.load
    if f.has_goods:
        half = 0 if way == HUB_AFTER else 2
        if (cargo[i, half] & p.clash[c]) | (cargo[i, half + 1] & p.goods[c]):
            return False
    for m in range(p.room.shape[1]):
        room = p.room[kind, m] + SLACK
        pick, drop = p.pick[c, m], p.drop[c, m]
        picked, kept = load[i, 4 * m + PICKED], load[i, 4 * m + KEPT]
        if way == HUB_AFTER:
            if load[i, 4 * m + BEFORE] - kept + drop > room or picked + pick > room:
                return False
        elif kept + drop > room or load[i, 4 * m + AFTER] - picked + pick > room:
            return False
    return True


@njit(cache=True)
def _hub_eur(
    p: KernelProblem, s: State, c: int, i: int, kind: int, way: int, hub: int, limit: float
) -> float:
    """Cost of a stop with a hub visit behind ``i`` [EUR]; ``inf`` when some rule of time forbids it."""
    place, link, visits = p.place, s.link, s.visits
    t, j, profile = link[i, TOUR], link[i, NEXT], p.profile[kind]
    first, second = place[c], p.reload_place[hub]
    if way == HUB_BEFORE:
        first, second = second, first
    km = leg_km(p, link[i, PLACE], first, profile) + leg_km(p, first, second, profile)
    km += leg_km(p, second, link[j, PLACE], profile) - s.time[j, LEG_KM]
    if not km * p.eur_per_km[kind] < limit:
        return inf
    count = write_visits(p, s, t, kind, visits)
    at = 0
    node = len(place) + 2 * t
    while node != i:
        node = link[node, NEXT]
        at += 1
    for x in range(count - 1, at - 1, -1):
        visits[x + 2] = visits[x]
    visits[at] = c if way == HUB_AFTER else -1 - hub
    visits[at + 1] = -1 - hub if way == HUB_AFTER else c
    return float(price_tour(p, kind, visits, count + 2, s.work)[0] - s.cost[t, COST])


@njit(cache=True)
def note_rival(s: State, t: int, i: int, more_km: float) -> None:
    """Remember the nearest tours whose kind refuses the stop, one node each."""
    rival, rival_km = s.rival, s.rival_km
    worst = 0
    for x in range(len(rival)):
        if rival[x] == NOWHERE:
            rival_km[x] = inf
        elif s.link[rival[x], TOUR] == t:
            if more_km < rival_km[x]:
                rival[x], rival_km[x] = i, more_km
            return
        if rival_km[x] > rival_km[worst]:
            worst = x
    if more_km < rival_km[worst]:
        rival[worst], rival_km[worst] = i, more_km


@njit(cache=True)
def try_rivals(p: KernelProblem, f: Static, s: State, c: int, best: Spot) -> Spot:
    """Return the better of the best place so far and one in a tour noted by :func:`note_rival`."""
    rival = s.rival
    for x in range(len(rival)):
        if rival[x] != NOWHERE:
            best = _in_peer(p, f, s, c, rival[x], s.rival_km[x], best)
    return best


@njit(cache=True)
def _in_peer(p: KernelProblem, f: Static, s: State, c: int, i: int, more_km: float, best: Spot) -> Spot:
    """Return the better of the best place so far and the one behind ``i`` with another kind for the tour."""
    peer, cost = f.peer, s.cost
    t = s.link[i, TOUR]
    kind = s.tour[t, KIND]
    km = s.time[len(p.place) + 2 * t + 1, KM] + more_km
    for x in range(peer[kind], peer[kind + 1]):
        other = f.peers[x]
        # Of another road profile this is an estimate.
        least = p.fixed_eur[other] + km * p.eur_per_km[other] + cost[t, DRIVE] * p.eur_per_s[other]
        if least - cost[t, COST] >= best[0] or not p.allowed[c, other] or not has_stock(p, s, other, kind):
            continue
        eur = exact_eur(p, s, c, i, other)
        if eur < best[0] and unit(s.rng) >= BLINK:
            best = (eur, int(i), PLAIN, NOWHERE, int(other))
    return best


@njit(cache=True)
def seek_new_tour(p: KernelProblem, f: Static, s: State, c: int, best: Spot) -> Spot:
    """Return the better of the best place so far and a tour of the stop alone.

    The stop's own list of kinds, cheapest first, is tried until one has resources left, then all kinds.
    """
    solo, solo_eur, visits = f.solo, f.solo_eur, s.visits
    if s.counts[N_FREE_TOURS] == 0:
        return best
    for x in range(solo.shape[1]):
        kind = solo[c, x]
        if kind == NOWHERE:
            return best
        if solo_eur[c, x] >= best[0]:
            return best
        if unit(s.rng) >= BLINK and has_stock(p, s, kind, NOWHERE):
            _, hub = price_alone(p, kind, c, visits, s.work)
            if hub != NOWHERE and s.counts[N_FREE_HUBS] == 0:
                return best
            return solo_eur[c, x], NOWHERE, NEW, int(hub), int(kind)
    for kind in range(len(p.starts) if f.has_more_kinds[c] else 0):
        if p.allowed[c, kind] and has_stock(p, s, kind, NOWHERE):
            eur, hub = price_alone(p, kind, c, visits, s.work)
            if eur < best[0] and (hub == NOWHERE or s.counts[N_FREE_HUBS] > 0):
                best = (float(eur), NOWHERE, NEW, int(hub), int(kind))
    return best


@njit(cache=True)
def exact_eur(p: KernelProblem, s: State, c: int, i: int, kind: int) -> float:
    """Cost of putting a stop behind a node and giving its tour a kind, from the whole tour [EUR]."""
    stops, link, visits = len(p.place), s.link, s.visits
    t = link[i, TOUR]
    count = write_visits(p, s, t, kind, visits)
    if count < 0:
        return inf
    at = 0
    node = link[stops + 2 * t, NEXT]
    if i != stops + 2 * t:
        at = 1
        while node != i:
            node = link[node, NEXT]
            at += 1
    for x in range(count, at, -1):
        visits[x] = visits[x - 1]
    visits[at] = c
    return float(price_tour(p, kind, visits, count + 1, s.work)[0] - s.cost[t, COST])
