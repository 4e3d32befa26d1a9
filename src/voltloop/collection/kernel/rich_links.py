"""Changing the plan under search: links, opened and closed tours, the undo log, the best plan."""

from __future__ import annotations

from typing import Any

from numba import njit
from numpy.typing import NDArray

from voltloop.collection.kernel.arrays import KernelProblem
from voltloop.collection.kernel.rich_state import (
    BEFORE_SKIP_EUR,
    BEFORE_TOURS_EUR,
    COST,
    COUNT,
    FROM,
    HUB,
    KIND,
    N_DIRTY,
    N_FREE_HUBS,
    N_FREE_TOURS,
    N_HUBS_GONE,
    N_HUBS_NEW,
    N_LOG,
    N_OUT,
    NEXT,
    NOWHERE,
    PLACE,
    PREV,
    RELOADS,
    ROUND,
    SKIP_EUR,
    TOUR,
    TOURS_EUR,
    State,
)
from voltloop.collection.kernel.rich_timetable import Indices

Rows = NDArray[Any]

__all__ = [
    "begin_round",
    "change_kind",
    "close_tour",
    "commit",
    "drop_hub",
    "drop_out",
    "has_stock",
    "keep_best",
    "open_tour",
    "put",
    "put_hub",
    "roll_back",
    "take",
    "take_resources",
    "touch",
    "write_visits",
]


@njit(cache=True)
def begin_round(s: State) -> None:
    """Start an iteration: an empty log, the costs remembered."""
    s.counts[N_LOG] = 0
    s.counts[N_HUBS_NEW] = 0
    s.counts[N_HUBS_GONE] = 0
    s.counts[ROUND] += 1
    s.sums[BEFORE_TOURS_EUR] = s.sums[TOURS_EUR]
    s.sums[BEFORE_SKIP_EUR] = s.sums[SKIP_EUR]


@njit(cache=True)
def touch(p: KernelProblem, s: State, t: int) -> None:
    """Write a tour to the undo log before its first change in an iteration."""
    if s.touched[t] == s.counts[ROUND]:
        return
    s.touched[t] = s.counts[ROUND]
    entry = s.counts[N_LOG]
    s.counts[N_LOG] += 1
    at = s.log_at[entry]
    s.log_tour[entry] = t
    s.log_row[entry] = s.tour[t]
    s.log_cost[entry] = s.cost[t]
    if s.tour[t, KIND] != NOWHERE:
        node = len(p.place) + 2 * t
        while node != NOWHERE:
            s.log_node[at] = node
            _copy(s.time, node, s.log_time, at)
            _copy(s.load, node, s.log_load, at)
            _copy(s.cargo, node, s.log_cargo, at)
            _copy(s.link, node, s.log_link, at)
            at += 1
            node = s.link[node, NEXT]
    s.log_at[entry + 1] = at


@njit(cache=True)
def _copy(source: Rows, a: int, target: Rows, b: int) -> None:
    # A loop, since assigning a slice builds two array headers first.
    for x in range(source.shape[1]):
        target[b, x] = source[a, x]


@njit(cache=True)
def roll_back(p: KernelProblem, s: State) -> None:
    """Undo the iteration."""
    for entry in range(s.counts[N_LOG]):
        t = s.log_tour[entry]
        take_resources(p, s, s.tour[t, KIND], -1)
        if s.tour[t, KIND] != NOWHERE:
            _forget(p, s, t)
    for entry in range(s.counts[N_LOG]):
        t = s.log_tour[entry]
        s.tour[t] = s.log_row[entry]
        s.cost[t] = s.log_cost[entry]
        take_resources(p, s, s.tour[t, KIND], 1)
        if s.tour[t, KIND] == NOWHERE:
            s.free_tour[s.counts[N_FREE_TOURS]] = t
            s.counts[N_FREE_TOURS] += 1
        for at in range(s.log_at[entry], s.log_at[entry + 1]):
            node = s.log_node[at]
            if node < len(p.place) and s.out_at[node] != NOWHERE:
                drop_out(s, node)
            _copy(s.log_time, at, s.time, node)
            _copy(s.log_load, at, s.load, node)
            _copy(s.log_cargo, at, s.cargo, node)
            _copy(s.log_link, at, s.link, node)
    for x in range(s.counts[N_HUBS_NEW]):
        s.free_hub[s.counts[N_FREE_HUBS]] = s.hub_new[x]
        s.counts[N_FREE_HUBS] += 1
    s.sums[TOURS_EUR] = s.sums[BEFORE_TOURS_EUR]
    s.sums[SKIP_EUR] = s.sums[BEFORE_SKIP_EUR]


@njit(cache=True)
def _forget(p: KernelProblem, s: State, t: int) -> None:
    """Leave out all stops of a tour, whatever they cost; the log puts back those that were in a tour."""
    node = s.link[len(p.place) + 2 * t, NEXT]
    while s.link[node, NEXT] != NOWHERE:
        if node < len(p.place):
            s.link[node, TOUR] = NOWHERE
            _add_out(s, node)
        node = s.link[node, NEXT]


@njit(cache=True)
def commit(s: State) -> None:
    """Make the changes of the iteration lasting."""
    for entry in range(s.counts[N_LOG]):
        t = s.log_tour[entry]
        if s.tour[t, KIND] == NOWHERE:
            s.free_tour[s.counts[N_FREE_TOURS]] = t
            s.counts[N_FREE_TOURS] += 1
        if not s.is_dirty[t]:
            s.is_dirty[t] = True
            s.dirty[s.counts[N_DIRTY]] = t
            s.counts[N_DIRTY] += 1
    for x in range(s.counts[N_HUBS_GONE]):
        s.free_hub[s.counts[N_FREE_HUBS]] = s.hub_gone[x]
        s.counts[N_FREE_HUBS] += 1


@njit(cache=True)
def keep_best(p: KernelProblem, s: State) -> None:
    """Remember the present plan as the best: only the tours that changed since the last one are copied."""
    for x in range(s.counts[N_DIRTY]):
        t = s.dirty[x]
        s.is_dirty[t] = False
        s.best_kind[t] = s.tour[t, KIND]
        if s.tour[t, KIND] == NOWHERE:
            continue
        node = len(p.place) + 2 * t
        while node != NOWHERE:
            s.best_next[node] = s.link[node, NEXT]
            s.best_hub[node] = s.link[node, HUB]
            node = s.link[node, NEXT]
    s.counts[N_DIRTY] = 0


@njit(cache=True)
def _add_out(s: State, stop: int) -> None:
    s.out_at[stop] = s.counts[N_OUT]
    s.out[s.counts[N_OUT]] = stop
    s.counts[N_OUT] += 1


@njit(cache=True)
def drop_out(s: State, stop: int) -> None:
    """Strike a stop from those left out; its skip cost is up to the caller."""
    s.counts[N_OUT] -= 1
    last = s.out[s.counts[N_OUT]]
    s.out[s.out_at[stop]] = last
    s.out_at[last] = s.out_at[stop]
    s.out_at[stop] = NOWHERE


@njit(cache=True)
def put(p: KernelProblem, s: State, stop: int, after: int) -> None:
    """Put a stop that is left out behind a node of a touched tour; the tour is refreshed by the caller."""
    t = s.link[after, TOUR]
    _link(s, stop, after)
    s.tour[t, COUNT] += 1
    drop_out(s, stop)
    s.sums[SKIP_EUR] -= p.skip_eur[stop]


@njit(cache=True)
def take(p: KernelProblem, s: State, stop: int) -> None:
    """Take a stop out of a touched tour; the tour is refreshed by the caller."""
    s.tour[s.link[stop, TOUR], COUNT] -= 1
    _unlink(s, stop)
    _add_out(s, stop)
    s.sums[SKIP_EUR] += p.skip_eur[stop]


@njit(cache=True)
def put_hub(p: KernelProblem, s: State, hub: int, after: int) -> int:
    """Make a visit to the hub ``hub`` of ``reload_place`` behind a node of a touched tour; the node made."""
    s.counts[N_FREE_HUBS] -= 1
    node = s.free_hub[s.counts[N_FREE_HUBS]]
    s.hub_new[s.counts[N_HUBS_NEW]] = node
    s.counts[N_HUBS_NEW] += 1
    _link(s, node, after)
    s.link[node, HUB] = hub
    s.link[node, PLACE] = p.reload_place[hub]
    s.tour[s.link[node, TOUR], RELOADS] += 1
    return int(node)


@njit(cache=True)
def drop_hub(s: State, node: int) -> None:
    """Take a hub visit out of a touched tour."""
    s.tour[s.link[node, TOUR], RELOADS] -= 1
    _unlink(s, node)
    s.hub_gone[s.counts[N_HUBS_GONE]] = node
    s.counts[N_HUBS_GONE] += 1


@njit(cache=True)
def _link(s: State, node: int, after: int) -> None:
    behind = s.link[after, NEXT]
    s.link[after, NEXT] = node
    s.link[node, PREV] = after
    s.link[node, NEXT] = behind
    s.link[behind, PREV] = node
    s.link[node, TOUR] = s.link[after, TOUR]
    s.link[node, FROM] = NOWHERE


@njit(cache=True)
def _unlink(s: State, node: int) -> None:
    before, behind = s.link[node, PREV], s.link[node, NEXT]
    s.link[before, NEXT] = behind
    s.link[behind, PREV] = before
    s.link[node, TOUR] = NOWHERE


@njit(cache=True)
def open_tour(p: KernelProblem, s: State, kind: int) -> int:
    """Open an empty tour of a kind whose resources have room; its number."""
    s.counts[N_FREE_TOURS] -= 1
    t = s.free_tour[s.counts[N_FREE_TOURS]]
    touch(p, s, t)
    first = len(p.place) + 2 * t
    s.tour[t, COUNT] = 0
    s.tour[t, RELOADS] = 0
    s.cost[t, COST] = 0.0
    for node in range(first, first + 2):
        s.link[node, TOUR] = t
        s.link[node, NEXT] = NOWHERE
        s.link[node, PREV] = NOWHERE
    s.link[first, NEXT] = first + 1
    s.link[first + 1, PREV] = first
    s.tour[t, KIND] = NOWHERE
    change_kind(p, s, t, kind)
    return int(t)


@njit(cache=True)
def close_tour(p: KernelProblem, s: State, t: int) -> None:
    """Close a touched tour that has no stop left."""
    first = len(p.place) + 2 * t
    while s.link[first, NEXT] != first + 1:
        drop_hub(s, s.link[first, NEXT])
    take_resources(p, s, s.tour[t, KIND], -1)
    s.sums[TOURS_EUR] -= s.cost[t, COST]
    s.cost[t, COST] = 0.0
    s.tour[t, KIND] = NOWHERE


@njit(cache=True)
def change_kind(p: KernelProblem, s: State, t: int, kind: int) -> None:
    """Give a touched tour another kind, and its hub visits the same places among that kind's hubs."""
    old = s.tour[t, KIND]
    take_resources(p, s, old, -1)
    take_resources(p, s, kind, 1)
    s.tour[t, KIND] = kind
    first = len(p.place) + 2 * t
    s.link[first, PLACE] = p.starts[kind]
    s.link[first + 1, PLACE] = p.ends[kind]
    anew = old == NOWHERE or p.profile[old] != p.profile[kind]
    s.link[s.link[first, NEXT], FROM] = NOWHERE
    node = s.link[first, NEXT]
    while node != first + 1:
        if anew:
            s.link[node, FROM] = NOWHERE
        if node >= len(p.place):
            s.link[node, HUB] = _same_hub(p, s.link[node, PLACE], kind)
        node = s.link[node, NEXT]
    s.link[first + 1, FROM] = NOWHERE


@njit(cache=True)
def _same_hub(p: KernelProblem, place: int, kind: int) -> int:
    for hub in range(p.reload[kind], p.reload[kind + 1]):
        if p.reload_place[hub] == place:
            return hub
    return NOWHERE


@njit(cache=True)
def take_resources(p: KernelProblem, s: State, kind: int, tours: int) -> None:
    """Count tours of a kind in (1) or out (-1); no kind counts nothing."""
    if kind != NOWHERE:
        for x in range(p.needs[kind], p.needs[kind + 1]):
            s.used[p.resource[x]] += tours


@njit(cache=True)
def has_stock(p: KernelProblem, s: State, kind: int, instead: int) -> bool:
    """Whether the resources allow one more tour of a kind, ``instead`` of one of another (-1: of none)."""
    take_resources(p, s, instead, -1)
    take_resources(p, s, kind, 1)
    has = True
    for x in range(p.needs[kind], p.needs[kind + 1]):
        has = has and s.used[p.resource[x]] <= p.stock[p.resource[x]]
    take_resources(p, s, kind, -1)
    take_resources(p, s, instead, 1)
    return has


@njit(cache=True)
def write_visits(p: KernelProblem, s: State, t: int, kind: int, visits: Indices) -> int:
    """Write a tour as visits of a vehicle of a kind, not always its own.

    Returns
    -------
    int
        How many visits; -1 when the kind does not know one of the tour's hubs.
    """
    stops = len(p.place)
    count = 0
    node = s.link[stops + 2 * t, NEXT]
    while node != stops + 2 * t + 1:
        if node < stops:
            visits[count] = node
        else:
            hub = _same_hub(p, s.link[node, PLACE], kind)
            if hub == NOWHERE:
                return -1
            visits[count] = -1 - hub
        count += 1
        node = s.link[node, NEXT]
    return count
