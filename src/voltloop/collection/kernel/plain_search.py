"""Ruin and recreate where nothing but one capacity limits: the compiled loops.

References
----------
Christiaens, Vanden Berghe (2020): Slack induction by string removals for vehicle routing problems. Transportation
Science 54(2), 417-433: strings and split strings (algorithm 2), insertion with blinks (algorithm 3).
"""

from __future__ import annotations

from math import inf, log
from typing import Final

from numba import njit

from voltloop.collection.kernel.arrays import Floats, Ints
from voltloop.collection.kernel.plain_legs import Law, Legs, between_stops, leg_between
from voltloop.collection.kernel.plain_state import (
    BEST,
    CURRENT,
    DIRTY,
    FROM_PREV,
    ITERATION,
    MARK,
    NEXT,
    OPEN,
    PREV,
    TO_NEXT,
    TOUR,
    Journal,
    Longs,
    Near,
    Tours,
    link,
)
from voltloop.collection.kernel.random import State, below, unit

__all__ = ["run"]

_AVERAGE_REMOVED: Final = 10.0
_LONGEST_STRING: Final = 10.0
_SPLIT: Final = 0.5
_KEEP_ONE_MORE: Final = 0.8
_BLINK: Final = 0.01

# Ruins begin near a point that moves along the numbering of the stops, one stop on every other time: what is worked on
# stays in the cache, which makes 40 % more iterations at 30,000 stops.
_NEIGHBOURHOOD: Final = 1000
_TIMES_PER_STOP: Final = 2

_NOWHERE: Final = -1
_NEW_TOUR: Final = -2


@njit(cache=True)
def run(
    tours: Tours, log_: Journal, near: Near, legs: Legs, room: int, random: State, heat: Floats, times: int
) -> None:
    """Ruin and recreate a number of times.

    Parameters
    ----------
    room
        Capacity of a vehicle, in the units of ``Tours.load``.
    heat
        Temperature [EUR], and the factor by which it changes at each iteration. The former is kept up to date.
    """
    # Arrays are taken out of their tuples once, here: each time that costs a locked count of references.
    node, leg, load, used, size, counts, eur = tours
    strings, string_eur, removed, removed_eur, order, key, ruined, dirty, best_next = log_
    near_stop, near_leg = near
    law, point, depot, road = legs
    for _ in range(times):
        counts[ITERATION] += 1
        cuts, outside, change = _ruin(
            node,
            leg,
            load,
            used,
            size,
            counts,
            ruined,
            strings,
            string_eur,
            removed,
            removed_eur,
            near_stop,
            law,
            point,
            depot,
            road,
            random,
        )
        # Drawn beforehand: what costs more than may be accepted is given up half-way.
        limit = -heat[0] * log(1.0 - unit(random))
        heat[0] *= heat[1]
        _arrange(removed, outside, load, depot, order, key, random)
        inserted = 0
        for i in range(outside):
            stop = order[i]
            best, after = limit - change, _NOWHERE
            alone = depot[stop, 0] + depot[stop, 1] + law.eur_per_tour
            if alone < best and counts[OPEN] < len(size):
                best, after = alone, _NEW_TOUR
            best, after = _best_place(
                node,
                leg,
                used,
                near_stop,
                near_leg,
                law,
                point,
                depot,
                road,
                random,
                stop,
                room - load[stop],
                best,
                after,
            )
            if after == _NOWHERE:
                break
            _insert(node, leg, load, used, size, counts, law, point, depot, road, stop, after)
            change += best
            inserted += 1
        if inserted < outside:
            _take_out(node, leg, load, used, size, counts, law, point, depot, road, order, inserted)
            _put_back(
                node, leg, load, used, size, counts, strings, string_eur, removed, removed_eur, cuts, outside
            )
            continue
        for i in range(cuts):
            _mark(node, dirty, counts, strings[i, 0])
        for i in range(outside):
            _mark(node, dirty, counts, order[i])
            _mark(node, dirty, counts, node[order[i], PREV])
        eur[CURRENT] += change
        if eur[CURRENT] < eur[BEST] * (1.0 - 1e-13):
            eur[BEST] = eur[CURRENT]
            for i in range(counts[DIRTY]):
                changed = dirty[i]
                best_next[changed] = node[changed, NEXT]
                node[changed, MARK] = 0
            counts[DIRTY] = 0


@njit(cache=True)
def _ruin(
    node: Ints,
    leg: Floats,
    load: Longs,
    used: Longs,
    size: Ints,
    counts: Longs,
    ruined: Longs,
    strings: Ints,
    string_eur: Floats,
    removed: Ints,
    removed_eur: Floats,
    near: Ints,
    law: Law,
    point: Floats,
    depot: Floats,
    road: Floats,
    random: State,
) -> tuple[int, int, float]:
    """Take strings of stops out of tours around a random stop; how many strings and stops, and the change of cost."""
    stops = len(load)
    longest = min(_LONGEST_STRING, stops / max(counts[OPEN], 1))
    wanted = int(1.0 + unit(random) * (4.0 * _AVERAGE_REMOVED / (1.0 + longest) - 1.0))
    seed = (counts[ITERATION] // _TIMES_PER_STOP + below(random, min(_NEIGHBOURHOOD, stops))) % stops
    cuts, outside, change = 0, 0, 0.0
    for k in range(-1, near.shape[1]):
        centre = seed if k < 0 else near[seed, k]
        tour = node[centre, TOUR]
        if tour < 0 or ruined[tour] == counts[ITERATION]:
            continue
        ruined[tour] = counts[ITERATION]
        length = min(int(1.0 + unit(random) * min(float(size[tour]), longest)), size[tour])
        kept = 0
        if 1 < length < size[tour] and unit(random) < _SPLIT:
            kept = 1
            while length + kept < size[tour] and unit(random) < _KEEP_ONE_MORE:
                kept += 1
        first = _window(node, stops, random, centre, length + kept)
        head = length if kept == 0 else below(random, length + 1)
        for part in range(2):
            take = head if part == 0 else length - head
            if part == 1:
                for _ in range(kept):
                    first = node[first, NEXT]
            if take == 0:
                continue
            prev, stop, gone = node[first, PREV], first, 0
            change -= leg[prev, TO_NEXT]
            strings[cuts, 0], strings[cuts, 1], strings[cuts, 2] = prev, outside, tour
            for _ in range(take):
                removed[outside], removed_eur[outside] = stop, leg[stop, FROM_PREV]
                outside += 1
                gone += load[stop]
                string_eur[cuts] = leg[stop, TO_NEXT]
                change -= leg[stop, TO_NEXT]
                node[stop, TOUR] = -1
                # Nothing is worth inserting beside a stop that is out.
                leg[stop, TO_NEXT], leg[stop, FROM_PREV] = -inf, -inf
                stop = node[stop, NEXT]
            strings[cuts, 3] = stop
            cuts += 1
            link(node, leg, prev, stop, leg_between(law, point, depot, road, prev, stop))
            change += leg[prev, TO_NEXT]
            used[tour] -= gone
            size[tour] -= take
            first = stop
        if size[tour] == 0:
            counts[OPEN] -= 1
            change -= law.eur_per_tour
        wanted -= 1
        if wanted == 0:
            break
    return cuts, outside, change


@njit(cache=True)
def _window(node: Ints, stops: int, random: State, centre: int, length: int) -> int:
    """First stop of a string of a length that holds the centre, each possible one as likely as the others."""
    first, before = centre, 0
    while before < length - 1 and node[first, PREV] < stops:
        first = node[first, PREV]
        before += 1
    last, after = centre, 0
    while after < length - 1 and node[last, NEXT] < stops:
        last = node[last, NEXT]
        after += 1
    for _ in range(below(random, before + after + 2 - length)):
        first = node[first, NEXT]
    return first


@njit(cache=True)
def _put_back(
    node: Ints,
    leg: Floats,
    load: Longs,
    used: Longs,
    size: Ints,
    counts: Longs,
    strings: Ints,
    string_eur: Floats,
    removed: Ints,
    removed_eur: Floats,
    cuts: int,
    end: int,
) -> None:
    """Undo a ruin: every string where it was, last first."""
    for i in range(cuts - 1, -1, -1):
        last, begin, tour = strings[i, 0], strings[i, 1], strings[i, 2]
        if size[tour] == 0:
            counts[OPEN] += 1
        for j in range(begin, end):
            stop = removed[j]
            link(node, leg, last, stop, removed_eur[j])
            node[stop, TOUR] = tour
            used[tour] += load[stop]
            last = stop
        link(node, leg, last, strings[i, 3], string_eur[i])
        size[tour] += end - begin
        end = begin


@njit(cache=True)
def _arrange(
    removed: Ints, outside: int, load: Longs, depot: Floats, order: Ints, key: Floats, random: State
) -> None:
    """Order of putting back: random, greatest load first, farthest from the depot first or closest first."""
    draw = unit(random) * 11.0
    for i in range(outside):
        stop = removed[i]
        if draw < 4.0:
            rank = unit(random)
        elif draw < 8.0:
            rank = -float(load[stop])
        elif draw < 10.0:
            rank = -depot[stop, 0]
        else:
            rank = depot[stop, 0]
        j = i
        while j > 0 and key[j - 1] > rank:
            key[j], order[j] = key[j - 1], order[j - 1]
            j -= 1
        key[j], order[j] = rank, stop


@njit(cache=True)
def _best_place(
    node: Ints,
    leg: Floats,
    used: Longs,
    near: Ints,
    near_eur: Floats,
    law: Law,
    point: Floats,
    depot: Floats,
    road: Floats,
    random: State,
    stop: int,
    free: int,
    best: float,
    after: int,
) -> tuple[float, int]:
    """Cheapest place beside near neighbours with a load of at most ``free``: its cost, and the node before it.

    A place that costs no less than ``best`` is not looked for. Between a neighbour and a node that is farther away
    or has been looked at, a stop costs at least twice the leg to the neighbour less the leg it replaces: most places
    are ruled out by that alone.
    """
    stops = len(depot)
    to_depot = min(depot[stop, 0], depot[stop, 1])
    for k in range(near.shape[1]):
        other, there = near[stop, k], near_eur[stop, k]
        least = there + min(there, to_depot) - best
        if least < leg[other, TO_NEXT] and used[node[other, TOUR]] <= free:
            beyond = node[other, NEXT]
            onward = depot[stop, 1] if beyond >= stops else between_stops(law, point, road, stop, beyond)
            eur = there + onward - leg[other, TO_NEXT]
            if eur < best and unit(random) >= _BLINK:
                best, after = eur, other
        if least < leg[other, FROM_PREV] and used[node[other, TOUR]] <= free:
            beyond = node[other, PREV]
            onward = depot[stop, 0] if beyond >= stops else between_stops(law, point, road, beyond, stop)
            eur = there + onward - leg[other, FROM_PREV]
            if eur < best and unit(random) >= _BLINK:
                best, after = eur, beyond
    return best, after


@njit(cache=True)
def _insert(
    node: Ints,
    leg: Floats,
    load: Longs,
    used: Longs,
    size: Ints,
    counts: Longs,
    law: Law,
    point: Floats,
    depot: Floats,
    road: Floats,
    stop: int,
    after: int,
) -> None:
    tour = 0
    if after == _NEW_TOUR:
        while size[tour] > 0:
            tour += 1
        after = len(load) + tour
        counts[OPEN] += 1
    else:
        tour = node[after, TOUR]
    before = node[after, NEXT]
    link(node, leg, after, stop, leg_between(law, point, depot, road, after, stop))
    link(node, leg, stop, before, leg_between(law, point, depot, road, stop, before))
    node[stop, TOUR] = tour
    used[tour] += load[stop]
    size[tour] += 1


@njit(cache=True)
def _take_out(
    node: Ints,
    leg: Floats,
    load: Longs,
    used: Longs,
    size: Ints,
    counts: Longs,
    law: Law,
    point: Floats,
    depot: Floats,
    road: Floats,
    order: Ints,
    inserted: int,
) -> None:
    """Undo insertions, last first."""
    for i in range(inserted - 1, -1, -1):
        stop = order[i]
        tour, prev, beyond = node[stop, TOUR], node[stop, PREV], node[stop, NEXT]
        link(node, leg, prev, beyond, leg_between(law, point, depot, road, prev, beyond))
        used[tour] -= load[stop]
        size[tour] -= 1
        if size[tour] == 0:
            counts[OPEN] -= 1


@njit(cache=True)
def _mark(node: Ints, dirty: Ints, counts: Longs, changed: int) -> None:
    if node[changed, MARK] == 0:
        node[changed, MARK] = 1
        dirty[counts[DIRTY]] = changed
        counts[DIRTY] += 1
