"""A plan under one capacity and time windows as linked lists, and what a search must remember to undo its changes.

Nodes 0 to N - 1 are stops, node N + t is the depot of tour t, which is both its first and its last node. All that the
search changes of a node stands in one cache line: four whole numbers (next node, previous node, tour, and of a depot
the number of stops), and in the same memory seen as floating point the costs of the legs to the next and from the
previous node, two labels, the driving time from the previous node, and of a depot the load of the tour. The first
label is the earliest departure, the second the latest begin of service that keeps the rest of the tour legal. What
an iteration changes is copied line by line when it is first changed, so that undoing it is copying back.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from voltloop.collection.kernel.arrays import Floats, Ints
from voltloop.collection.kernel.plain_legs import Law, Legs, leg_between
from voltloop.collection.kernel.plain_state import Longs

__all__ = [
    "BEST",
    "CLOSES",
    "CURRENT",
    "DIRTY",
    "DRIVE_S",
    "EARLY",
    "FREE",
    "FROM_PREV",
    "ITERATION",
    "LATE",
    "LOAD",
    "NEXT",
    "N_OUT",
    "OPEN",
    "OPENS",
    "PREV",
    "SAVED",
    "SERVICE",
    "SIZE",
    "SKIP",
    "TOUR",
    "TO_NEXT",
    "USED",
    "Clock",
    "Journal",
    "Rules",
    "Tours",
    "earlier",
    "fill",
    "join",
    "later",
    "new_journal",
    "new_tours",
    "save",
]

NEXT: Final = 0
PREV: Final = 1
TOUR: Final = 2
SIZE: Final = 3
TO_NEXT: Final = 2
FROM_PREV: Final = 3
EARLY: Final = 4
LATE: Final = 5
DRIVE_S: Final = 6
USED: Final = 7

OPENS: Final = 0
CLOSES: Final = 1
SERVICE: Final = 2
LOAD: Final = 3
SKIP: Final = 4

OPEN: Final = 0
DIRTY: Final = 1
ITERATION: Final = 2
SAVED: Final = 3
FREE: Final = 4
N_OUT: Final = 5

CURRENT: Final = 0
BEST: Final = 1

_REMOVED: Final = 512


class Rules(NamedTuple):
    """What every stop asks for.

    Attributes
    ----------
    stop
        (N, 8) opening and closing [s], time at the stop [s], load in whole units, cost of leaving it out [EUR].
    rank
        (R, N) orders of putting back: lower numbers first.
    odds
        (R,) cumulated weights of these orders, from 0 to 1; what is missing from 1 is the weight of random order.
    room
        (1,) capacity in the units of the loads.
    """

    stop: Floats
    rank: Floats
    odds: Floats
    room: Floats


class Clock(NamedTuple):
    """Driving times, in the manner of :class:`voltloop.collection.kernel.plain_legs.Legs` [s]."""

    law: Law
    point: Floats
    depot: Floats
    road: Floats


class Tours(NamedTuple):
    """The present plan; N stops, room for T tours.

    Attributes
    ----------
    node, line
        (N + T, 16) and the same memory as (N + T, 8); see the head of the module.
    out, out_at
        (N,) stops that are left out, as many as ``counts`` says; (N,) where each stands there, -1 if served.
    counts
        (6,) tours that are not empty, nodes that are marked, iterations done, lines that are saved, a tour before which
        none is empty, stops left out.
    eur
        (2,) cost of the present and of the best plan.
    """

    node: Ints
    line: Floats
    out: Ints
    out_at: Ints
    counts: Longs
    eur: Floats


class Journal(NamedTuple):
    """What an iteration has changed, and what has changed since the best plan.

    Attributes
    ----------
    stamp
        (N + T,) iteration that last saved a node's line.
    saved, saved_line
        The nodes saved in this iteration, and their lines before.
    ruined
        (T,) last iteration that ruined a tour.
    order, key, pooled
        Stops to put back, in order; what they are ordered by; last iteration that put a stop there.
    mark, dirty, best_next
        Nodes whose successor may differ from the best plan's, as flags and listed; the successors there.
    """

    stamp: Longs
    saved: Ints
    saved_line: Floats
    ruined: Longs
    order: Ints
    key: Floats
    pooled: Longs
    mark: Ints
    dirty: Ints
    best_next: Ints


def new_tours(stops: int, tours: int, from_s: float, to_s: float) -> Tours:
    """Return a plan of empty tours; every stop is left out."""
    node = np.zeros((stops + tours, 16), np.int32)
    line = node.view(np.float64)
    everyone = np.arange(stops, dtype=np.int32)
    node[:, NEXT] = np.arange(stops + tours)
    node[:, PREV] = node[:, NEXT]
    node[:stops, TOUR], node[stops:, TOUR] = -1, np.arange(tours)
    line[:stops, TO_NEXT], line[:stops, FROM_PREV] = -np.inf, -np.inf
    line[stops:, EARLY], line[stops:, LATE] = from_s, to_s
    counts = np.zeros(6, np.int64)
    counts[N_OUT] = stops
    return Tours(node, line, everyone, everyone.copy(), counts, np.zeros(2))


def new_journal(stops: int, tours: int) -> Journal:
    """Return an empty journal."""
    nodes, most = stops + tours, max(_REMOVED, stops)
    return Journal(
        np.zeros(nodes, np.int64),
        np.zeros(nodes, np.int32),
        np.zeros((nodes, 8)),
        np.zeros(tours, np.int64),
        np.zeros(most, np.int32),
        np.zeros(most),
        np.zeros(stops, np.int64),
        np.zeros(nodes, np.int32),
        np.zeros(nodes, np.int32),
        np.arange(nodes, dtype=np.int32),
    )


@njit(cache=True)
def save(line: Floats, counts: Longs, stamp: Longs, saved: Ints, saved_line: Floats, changed: int) -> None:
    """Copy the line of a node that is about to change, unless this iteration has done so."""
    if stamp[changed] != counts[ITERATION]:
        stamp[changed] = counts[ITERATION]
        at = counts[SAVED]
        saved[at] = changed
        for i in range(8):
            saved_line[at, i] = line[changed, i]
        counts[SAVED] = at + 1


@njit(cache=True)
def join(
    node: Ints, line: Floats, law: Law, point: Floats, depot: Floats, road: Floats,
    clock: Law, time_point: Floats, depot_s: Floats, speed: Floats, a: int, b: int,
) -> float:  # fmt: skip
    """Let node b follow on node a, both saved before; the cost of the leg [EUR]. Labels stay as they are."""
    eur = leg_between(law, point, depot, road, a, b)
    node[a, NEXT], node[b, PREV] = b, a
    line[a, TO_NEXT], line[b, FROM_PREV] = eur, eur
    line[b, DRIVE_S] = leg_between(clock, time_point, depot_s, speed, a, b)
    return float(eur)


@njit(cache=True)
def later(
    node: Ints, line: Floats, rule: Floats, counts: Longs, stamp: Longs, saved: Ints, saved_line: Floats, stop: int
) -> None:  # fmt: skip
    """Set the earliest departures from a node on, as far as they change."""
    stops = len(rule)
    if stop >= stops:
        return
    departs = line[node[stop, PREV], EARLY]
    while stop < stops:
        departs = max(departs + line[stop, DRIVE_S], rule[stop, OPENS]) + rule[stop, SERVICE]
        if departs == line[stop, EARLY]:
            break
        save(line, counts, stamp, saved, saved_line, stop)
        line[stop, EARLY] = departs
        stop = node[stop, NEXT]


@njit(cache=True)
def earlier(
    node: Ints, line: Floats, rule: Floats, counts: Longs, stamp: Longs, saved: Ints, saved_line: Floats, stop: int
) -> None:  # fmt: skip
    """Set the latest begins of service from a node back, as far as they change."""
    stops = len(rule)
    if stop >= stops:
        return
    behind = node[stop, NEXT]
    while stop < stops:
        begins = min(line[behind, LATE] - line[behind, DRIVE_S] - rule[stop, SERVICE], rule[stop, CLOSES])
        if begins == line[stop, LATE]:
            break
        save(line, counts, stamp, saved, saved_line, stop)
        line[stop, LATE] = begins
        behind, stop = stop, node[stop, PREV]


@njit(cache=True)
def fill(
    tours: Tours, log_: Journal, legs: Legs, clock_: Clock, rules: Rules, begins: Ints, visits: Ints
) -> None:  # fmt: skip
    """Enter what is legal of a plan into empty tours; stops of other tours stay left out."""
    node, line, out, out_at, counts, eur = tours
    stamp, saved, saved_line = log_.stamp, log_.saved, log_.saved_line
    law, point, depot, road = legs
    clock, time_point, depot_s, speed = clock_
    rule, room = rules.stop, rules.room[0]
    stops, tour = len(rule), 0
    counts[ITERATION] += 1
    for t in range(len(begins) - 1):
        home = stops + tour
        order = visits[begins[t] : begins[t + 1]]
        if home >= len(node) or len(order) == 0:
            continue
        last, departs, load = home, line[home, EARLY], 0.0
        for stop in order:
            arrives = departs + leg_between(clock, time_point, depot_s, speed, last, stop)
            load += rule[stop, LOAD]
            if arrives > rule[stop, CLOSES] or load > room or out_at[stop] < 0:
                load = np.inf
            departs = max(arrives, rule[stop, OPENS]) + rule[stop, SERVICE]
            last = stop
        if (
            load > room
            or load == np.inf
            or departs + leg_between(clock, time_point, depot_s, speed, last, home) > line[home, LATE]
        ):
            continue
        last = home
        for stop in order:
            eur[CURRENT] += join(
                node, line, law, point, depot, road, clock, time_point, depot_s, speed, last, stop
            )
            eur[CURRENT] -= rule[stop, SKIP]
            node[stop, TOUR] = tour
            line[stop, EARLY], line[stop, LATE] = np.inf, -np.inf
            counts[N_OUT] -= 1
            moved = out[counts[N_OUT]]
            out[out_at[stop]], out_at[moved] = moved, out_at[stop]
            out_at[stop] = -1
            last = stop
        eur[CURRENT] += law.eur_per_tour + join(
            node, line, law, point, depot, road, clock, time_point, depot_s, speed, last, home
        )
        node[home, SIZE], line[home, USED] = len(order), load
        later(node, line, rule, counts, stamp, saved, saved_line, node[home, NEXT])
        earlier(node, line, rule, counts, stamp, saved, saved_line, last)
        counts[OPEN] += 1
        tour += 1
    counts[FREE] = tour
