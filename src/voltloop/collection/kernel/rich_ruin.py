"""Taking strings of stops out of neighbouring tours.

References
----------
Christiaens, Vanden Berghe (2020): Slack Induction by String Removals for Vehicle Routing Problems. Transportation
Science 54(2), 417-433, sec. 5.2, eq. 5-9.
"""

from __future__ import annotations

from math import inf
from typing import Final

from numba import njit

from voltloop.collection.kernel.arrays import KernelProblem
from voltloop.collection.kernel.random import below, unit
from voltloop.collection.kernel.rich_links import close_tour, drop_hub, take, touch
from voltloop.collection.kernel.rich_segments import refresh
from voltloop.collection.kernel.rich_state import (
    COUNT,
    KIND,
    N_FREE_TOURS,
    N_LOG,
    N_OUT,
    N_POOL,
    NEXT,
    NOWHERE,
    PREV,
    RELOADS,
    ROUND,
    TOUR,
    State,
    Static,
)

__all__ = ["ruin", "tidy"]

AVERAGE: Final = 10
"""Average number of stops taken out."""

LONGEST: Final = 10
"""Longest string."""

_SPLIT: Final = 0.5
_WIDEN: Final = 0.8
"""Chance that a split string keeps one more stop; the paper has 0.01, which ended longer on RC1_10_5."""
_OUT_TRIED: Final = 10


@njit(cache=True)
def ruin(p: KernelProblem, f: Static, s: State) -> None:
    """Take strings out of tours near a random stop; they and near stops left out go to the pool."""
    around, counts, rng = f.around, s.counts, s.rng
    tour = s.tour
    stops = len(p.place)
    counts[N_POOL] = 0
    seed = below(rng, stops)
    tours = len(tour) - counts[N_FREE_TOURS]
    longest = min(float(LONGEST), (stops - counts[N_OUT]) / max(tours, 1))
    most = 4.0 * AVERAGE / (1.0 + longest) - 1.0
    strings = int(unit(rng) * most + 1.0)
    for x in range(-1, around.shape[1]):
        n = seed if x < 0 else around[seed, x]
        if n == NOWHERE or counts[N_LOG] >= strings:
            break
        t = s.link[n, TOUR]
        if t != NOWHERE and s.touched[t] != counts[ROUND]:
            touch(p, s, t)
            _take_string(p, s, t, n, longest)
    for entry in range(counts[N_LOG]):
        t = s.log_tour[entry]
        tidy(p, s, t)
        if tour[t, KIND] != NOWHERE and refresh(p, f, s, t) == inf:
            # Without its neighbours a stop may lack a rest; such a tour is built anew.
            _take_all(p, s, t)
    _add_left_out(f, s, seed)


@njit(cache=True)
def _take_string(p: KernelProblem, s: State, t: int, n: int, longest: float) -> None:
    stops, link, rng = len(p.place), s.link, s.rng
    count = s.tour[t, COUNT]
    size = int(unit(rng) * min(float(count), longest)) + 1
    kept = 0
    if size > 1 and size < count and unit(rng) < _SPLIT:
        kept = 1
        while size + kept < count and unit(rng) < _WIDEN:
            kept += 1
    window = size + kept
    before = _stops_beside(s, n, PREV, window - 1)
    after = _stops_beside(s, n, NEXT, window - 1)
    fewest = max(0, window - 1 - after)
    back = fewest + below(rng, min(before, window - 1) - fewest + 1)
    node = n
    while back > 0:
        node = link[node, PREV]
        if node < stops:
            back -= 1
    skip_from = 1 + below(rng, size - 1) if kept else window
    for x in range(window):
        behind = link[node, NEXT]
        while behind >= stops and link[behind, NEXT] != NOWHERE:
            behind = link[behind, NEXT]
        if x < skip_from or x >= skip_from + kept:
            take(p, s, node)
            _to_pool(s, node)
        node = behind


@njit(cache=True)
def _stops_beside(s: State, n: int, way: int, most: int) -> int:
    """Count the stops before or after a stop in its tour, at most ``most``."""
    link = s.link
    count = 0
    node = link[n, way]
    while node != NOWHERE and count < most:
        if node < len(s.out_at):
            count += 1
        node = link[node, way]
    return count


@njit(cache=True)
def _take_all(p: KernelProblem, s: State, t: int) -> None:
    stops = len(p.place)
    first = stops + 2 * t
    while s.tour[t, COUNT] > 0:
        node = s.link[first, NEXT]
        if node < stops:
            take(p, s, node)
            _to_pool(s, node)
        else:
            drop_hub(s, node)
    close_tour(p, s, t)


@njit(cache=True)
def tidy(p: KernelProblem, s: State, t: int) -> None:
    """Drop the hub visits of a touched tour that empty an empty vehicle; close the tour when no stop is left."""
    stops, link, tour = len(p.place), s.link, s.tour
    if tour[t, COUNT] == 0:
        close_tour(p, s, t)
        return
    if tour[t, RELOADS] == 0:
        return
    first = stops + 2 * t
    node = link[first, NEXT]
    while node != first + 1:
        behind = link[node, NEXT]
        if node >= stops:
            is_last = behind == first + 1 and not _must_unload(p, s, t, node)
            if link[node, PREV] >= stops or is_last:
                drop_hub(s, node)
        node = behind


@njit(cache=True)
def _must_unload(p: KernelProblem, s: State, t: int, node: int) -> bool:
    """Whether goods of the trip that ends at a hub may not ride on to the end of the tour."""
    refused, goods, link = p.end_clash[s.tour[t, KIND]], p.goods, s.link
    if not refused:
        return False
    node = link[node, PREV]
    while node < len(p.place):
        if goods[node] & refused:
            return True
        node = link[node, PREV]
    return False


@njit(cache=True)
def _to_pool(s: State, stop: int) -> None:
    counts = s.counts
    s.pool[counts[N_POOL]] = stop
    counts[N_POOL] += 1


@njit(cache=True)
def _add_left_out(f: Static, s: State, seed: int) -> None:
    """Put stops that were left out before, near the seed or drawn from all, into the pool."""
    around, counts, rng = f.around, s.counts, s.rng
    taken = counts[N_POOL]
    if counts[N_OUT] == taken:
        return
    tried = 0
    for x in range(-1, around.shape[1]):
        n = seed if x < 0 else around[seed, x]
        if n == NOWHERE or tried == _OUT_TRIED:
            break
        if s.out_at[n] != NOWHERE and not _in_pool(s, n, taken) and unit(rng) < 0.5:
            _to_pool(s, n)
            tried += 1
    n = s.out[below(rng, counts[N_OUT])]
    if not _in_pool(s, n, counts[N_POOL]):
        _to_pool(s, n)


@njit(cache=True)
def _in_pool(s: State, stop: int, size: int) -> bool:
    found = False
    for x in range(size):
        found = found or s.pool[x] == stop
    return found
