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
    counts, sums = s.counts, s.sums
    counts[N_LOG] = 0
    counts[N_HUBS_NEW] = 0
    counts[N_HUBS_GONE] = 0
    counts[ROUND] += 1
    sums[BEFORE_TOURS_EUR] = sums[TOURS_EUR]
    sums[BEFORE_SKIP_EUR] = sums[SKIP_EUR]


@njit(cache=True)
def touch(p: KernelProblem, s: State, t: int) -> None:
    """Write a tour to the undo log before its first change in an iteration."""
    counts, link, log_at = s.counts, s.link, s.log_at
    touched, tour = s.touched, s.tour
    if touched[t] == counts[ROUND]:
        return
    touched[t] = counts[ROUND]
    entry = counts[N_LOG]
    counts[N_LOG] += 1
    at = log_at[entry]
    s.log_tour[entry] = t
    s.log_row[entry] = tour[t]
    s.log_cost[entry] = s.cost[t]
    if tour[t, KIND] != NOWHERE:
        node = len(p.place) + 2 * t
        while node != NOWHERE:
            s.log_node[at] = node
            _copy(s.time, node, s.log_time, at)
            _copy(s.load, node, s.log_load, at)
            _copy(s.cargo, node, s.log_cargo, at)
            _copy(link, node, s.log_link, at)
            at += 1
            node = link[node, NEXT]
    log_at[entry + 1] = at


@njit(cache=True)
def _copy(source: Rows, a: int, target: Rows, b: int) -> None:
    # A loop, since assigning a slice builds two array headers first.
    for x in range(source.shape[1]):
        target[b, x] = source[a, x]


@njit(cache=True)
def roll_back(p: KernelProblem, s: State) -> None:
    """Undo the iteration."""
    counts, log_at, log_tour = s.counts, s.log_at, s.log_tour
    sums, tour = s.sums, s.tour
    for entry in range(counts[N_LOG]):
        t = log_tour[entry]
        take_resources(p, s, tour[t, KIND], -1)
        if tour[t, KIND] != NOWHERE:
            _forget(p, s, t)
    for entry in range(counts[N_LOG]):
        t = log_tour[entry]
        tour[t] = s.log_row[entry]
        s.cost[t] = s.log_cost[entry]
        take_resources(p, s, tour[t, KIND], 1)
        if tour[t, KIND] == NOWHERE:
            s.free_tour[counts[N_FREE_TOURS]] = t
            counts[N_FREE_TOURS] += 1
        for at in range(log_at[entry], log_at[entry + 1]):
            node = s.log_node[at]
            if node < len(p.place) and s.out_at[node] != NOWHERE:
                drop_out(s, node)
            _copy(s.log_time, at, s.time, node)
            _copy(s.log_load, at, s.load, node)
            _copy(s.log_cargo, at, s.cargo, node)
            _copy(s.log_link, at, s.link, node)
    for x in range(counts[N_HUBS_NEW]):
        s.free_hub[counts[N_FREE_HUBS]] = s.hub_new[x]
        counts[N_FREE_HUBS] += 1
    sums[TOURS_EUR] = sums[BEFORE_TOURS_EUR]
    sums[SKIP_EUR] = sums[BEFORE_SKIP_EUR]


@njit(cache=True)
def _forget(p: KernelProblem, s: State, t: int) -> None:
    """Leave out all stops of a tour, whatever they cost; the log puts back those that were in a tour."""
    stops, link = len(p.place), s.link
    node = link[stops + 2 * t, NEXT]
    while link[node, NEXT] != NOWHERE:
        if node < stops:
            link[node, TOUR] = NOWHERE
            _add_out(s, node)
        node = link[node, NEXT]


@njit(cache=True)
def commit(s: State) -> None:
    """Make the changes of the iteration lasting."""
    counts, is_dirty = s.counts, s.is_dirty
    for entry in range(counts[N_LOG]):
        t = s.log_tour[entry]
        if s.tour[t, KIND] == NOWHERE:
            s.free_tour[counts[N_FREE_TOURS]] = t
            counts[N_FREE_TOURS] += 1
        if not is_dirty[t]:
            is_dirty[t] = True
            s.dirty[counts[N_DIRTY]] = t
            counts[N_DIRTY] += 1
    for x in range(counts[N_HUBS_GONE]):
        s.free_hub[counts[N_FREE_HUBS]] = s.hub_gone[x]
        counts[N_FREE_HUBS] += 1


@njit(cache=True)
def keep_best(p: KernelProblem, s: State) -> None:
    """Remember the present plan as the best: only the tours that changed since the last one are copied."""
    counts, link, tour = s.counts, s.link, s.tour
    for x in range(counts[N_DIRTY]):
        t = s.dirty[x]
        s.is_dirty[t] = False
        s.best_kind[t] = tour[t, KIND]
        if tour[t, KIND] == NOWHERE:
            continue
        node = len(p.place) + 2 * t
        while node != NOWHERE:
            s.best_next[node] = link[node, NEXT]
            s.best_hub[node] = link[node, HUB]
            node = link[node, NEXT]
    counts[N_DIRTY] = 0


@njit(cache=True)
def _add_out(s: State, stop: int) -> None:
    counts = s.counts
    s.out_at[stop] = counts[N_OUT]
    s.out[counts[N_OUT]] = stop
    counts[N_OUT] += 1


@njit(cache=True)
def drop_out(s: State, stop: int) -> None:
    """Strike a stop from those left out; its skip cost is up to the caller."""
    counts, out, out_at = s.counts, s.out, s.out_at
    counts[N_OUT] -= 1
    last = out[counts[N_OUT]]
    out[out_at[stop]] = last
    out_at[last] = out_at[stop]
    out_at[stop] = NOWHERE


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
    counts, link = s.counts, s.link
    counts[N_FREE_HUBS] -= 1
    node = s.free_hub[counts[N_FREE_HUBS]]
    s.hub_new[counts[N_HUBS_NEW]] = node
    counts[N_HUBS_NEW] += 1
    _link(s, node, after)
    link[node, HUB] = hub
    link[node, PLACE] = p.reload_place[hub]
    s.tour[link[node, TOUR], RELOADS] += 1
    return int(node)


@njit(cache=True)
def drop_hub(s: State, node: int) -> None:
    """Take a hub visit out of a touched tour."""
    counts = s.counts
    s.tour[s.link[node, TOUR], RELOADS] -= 1
    _unlink(s, node)
    s.hub_gone[counts[N_HUBS_GONE]] = node
    counts[N_HUBS_GONE] += 1


@njit(cache=True)
def _link(s: State, node: int, after: int) -> None:
    link = s.link
    behind = link[after, NEXT]
    link[after, NEXT] = node
    link[node, PREV] = after
    link[node, NEXT] = behind
    link[behind, PREV] = node
    link[node, TOUR] = link[after, TOUR]
    link[node, FROM] = NOWHERE


@njit(cache=True)
def _unlink(s: State, node: int) -> None:
    link = s.link
    before, behind = link[node, PREV], link[node, NEXT]
    link[before, NEXT] = behind
    link[behind, PREV] = before
    link[node, TOUR] = NOWHERE


@njit(cache=True)
def open_tour(p: KernelProblem, s: State, kind: int) -> int:
    """Open an empty tour of a kind whose resources have room; its number."""
    counts, link, tour = s.counts, s.link, s.tour
    counts[N_FREE_TOURS] -= 1
    t = s.free_tour[counts[N_FREE_TOURS]]
    touch(p, s, t)
    first = len(p.place) + 2 * t
    tour[t, COUNT] = 0
    tour[t, RELOADS] = 0
    s.cost[t, COST] = 0.0
    for node in range(first, first + 2):
        link[node, TOUR] = t
        link[node, NEXT] = NOWHERE
        link[node, PREV] = NOWHERE
    link[first, NEXT] = first + 1
    link[first + 1, PREV] = first
    tour[t, KIND] = NOWHERE
    change_kind(p, s, t, kind)
    return int(t)


@njit(cache=True)
def close_tour(p: KernelProblem, s: State, t: int) -> None:
    """Close a touched tour that has no stop left."""
    cost, link, tour = s.cost, s.link, s.tour
    first = len(p.place) + 2 * t
    while link[first, NEXT] != first + 1:
        drop_hub(s, link[first, NEXT])
    take_resources(p, s, tour[t, KIND], -1)
    s.sums[TOURS_EUR] -= cost[t, COST]
    cost[t, COST] = 0.0
    tour[t, KIND] = NOWHERE


@njit(cache=True)
def change_kind(p: KernelProblem, s: State, t: int, kind: int) -> None:
    """Give a touched tour another kind, and its hub visits the same places among that kind's hubs."""
    stops, profile, link = len(p.place), p.profile, s.link
    tour = s.tour
    old = tour[t, KIND]
    take_resources(p, s, old, -1)
    take_resources(p, s, kind, 1)
    tour[t, KIND] = kind
    first = stops + 2 * t
    link[first, PLACE] = p.starts[kind]
    link[first + 1, PLACE] = p.ends[kind]
    anew = old == NOWHERE or profile[old] != profile[kind]
    link[link[first, NEXT], FROM] = NOWHERE
    node = link[first, NEXT]
    while node != first + 1:
        if anew:
            link[node, FROM] = NOWHERE
        if node >= stops:
            link[node, HUB] = _same_hub(p, link[node, PLACE], kind)
        node = link[node, NEXT]
    link[first + 1, FROM] = NOWHERE


@njit(cache=True)
def _same_hub(p: KernelProblem, place: int, kind: int) -> int:
    reload = p.reload
    for hub in range(reload[kind], reload[kind + 1]):
        if p.reload_place[hub] == place:
            return hub
    return NOWHERE


@njit(cache=True)
def take_resources(p: KernelProblem, s: State, kind: int, tours: int) -> None:
    """Count tours of a kind in (1) or out (-1); no kind counts nothing."""
    needs = p.needs
    if kind != NOWHERE:
        for x in range(needs[kind], needs[kind + 1]):
            s.used[p.resource[x]] += tours


@njit(cache=True)
def has_stock(p: KernelProblem, s: State, kind: int, instead: int) -> bool:
    """Whether the resources allow one more tour of a kind, ``instead`` of one of another (-1: of none)."""
    needs, resource = p.needs, p.resource
    take_resources(p, s, instead, -1)
    take_resources(p, s, kind, 1)
    has = True
    for x in range(needs[kind], needs[kind + 1]):
        has = has and s.used[resource[x]] <= p.stock[resource[x]]
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
    link = s.link
    stops = len(p.place)
    count = 0
    node = link[stops + 2 * t, NEXT]
    while node != stops + 2 * t + 1:
        if node < stops:
            visits[count] = node
        else:
            hub = _same_hub(p, link[node, PLACE], kind)
            if hub == NOWHERE:
                return -1
            visits[count] = -1 - hub
        count += 1
        node = link[node, NEXT]
    return count
