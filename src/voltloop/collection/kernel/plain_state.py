"""Tours as linked lists, and what a search must remember to undo its changes.

Nodes 0 to N - 1 are stops, node N + t is the depot of tour t. All that an insertion
test reads of a node stands in one half of a cache line: four whole numbers (next node, previous node, tour, mark) and,
in the same memory seen as floating point, the cost of the leg to the next node and of the leg from the previous one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from voltloop.collection.kernel.arrays import Floats, Ints
from voltloop.collection.kernel.plain_legs import Legs, leg_between

__all__ = [
    "BEST",
    "CURRENT",
    "DIRTY",
    "FROM_PREV",
    "ITERATION",
    "MARK",
    "NEXT",
    "OPEN",
    "PREV",
    "TOUR",
    "TO_NEXT",
    "Journal",
    "Longs",
    "Near",
    "Tours",
    "fill",
    "journal",
    "link",
    "tours_of",
]

Longs = NDArray[np.int64]

NEXT: Final = 0
PREV: Final = 1
TOUR: Final = 2
MARK: Final = 3
TO_NEXT: Final = 2
FROM_PREV: Final = 3

# The most that one ruin takes out: with strings of one stop it may cut 20 tours, each at two places; of all strings
# that may be chosen, none adds up to 200 stops.
_STRINGS: Final = 64
_REMOVED: Final = 256

CURRENT: Final = 0
BEST: Final = 1
OPEN: Final = 0
DIRTY: Final = 1
ITERATION: Final = 2


class Tours(NamedTuple):
    """The present plan; N stops, room for T tours.

    Attributes
    ----------
    node, leg
        (N + T, 8) and the same memory as (N + T, 4); see the head of the module.
    load, used
        (N,) load of each stop, (T,) of each tour.
    size
        (T,) stops of each tour.
    counts
        (3,) tours that are not empty, nodes that are marked, iterations done.
    eur
        (2,) cost of the present and of the best plan.
    """

    node: Ints
    leg: Floats
    load: Longs
    used: Longs
    size: Ints
    counts: Longs
    eur: Floats


class Near(NamedTuple):
    """Near neighbours of each stop in order of cost: (N, k) stops and cost of the leg there."""

    stop: Ints
    eur: Floats


class Journal(NamedTuple):
    """What an iteration has done, so that it can be undone, and what has changed since the best plan.

    Attributes
    ----------
    strings, string_eur
        Node before a string, where it begins in ``removed``, its tour, the node behind; cost of the leg behind.
    removed, removed_eur
        Stops taken out, string by string; cost of the leg to each.
    order, key
        The stops in the order of putting back, and what they are ordered by.
    ruined
        (T,) last iteration that ruined a tour.
    dirty, best_next
        Nodes whose successor may differ from the best plan's, and the successors there.
    """

    strings: Ints
    string_eur: Floats
    removed: Ints
    removed_eur: Floats
    order: Ints
    key: Floats
    ruined: Longs
    dirty: Ints
    best_next: Ints


def journal(nodes: int, tours: int) -> Journal:
    """Return an empty journal."""
    return Journal(
        np.zeros((_STRINGS, 4), np.int32),
        np.zeros(_STRINGS),
        np.zeros(_REMOVED, np.int32),
        np.zeros(_REMOVED),
        np.zeros(_REMOVED, np.int32),
        np.zeros(_REMOVED),
        np.zeros(tours, np.int64),
        np.zeros(nodes, np.int32),
        np.zeros(nodes, np.int32),
    )


@njit(cache=True)
def fill(tours: Tours, log_: Journal, legs: Legs, begins: Ints, visits: Ints) -> None:
    """Enter a plan into empty arrays."""
    stops = len(tours.load)
    law, point, depot, road = legs
    tours.node[:, NEXT] = np.arange(len(tours.node))
    tours.node[:, PREV] = np.arange(len(tours.node))
    tours.node[stops:, TOUR] = np.arange(len(tours.size))
    total = 0.0
    for tour in range(len(begins) - 1):
        last = stops + tour
        for stop in visits[begins[tour] : begins[tour + 1]]:
            link(tours.node, tours.leg, last, stop, leg_between(law, point, depot, road, last, stop))
            total += tours.leg[last, TO_NEXT]
            tours.node[stop, TOUR] = tour
            tours.used[tour] += tours.load[stop]
            tours.size[tour] += 1
            last = stop
        link(
            tours.node,
            tours.leg,
            last,
            stops + tour,
            leg_between(law, point, depot, road, last, stops + tour),
        )
        total += tours.leg[last, TO_NEXT]
        if tours.size[tour] > 0:
            tours.counts[OPEN] += 1
            total += law.eur_per_tour
    tours.eur[:] = total
    log_.best_next[:] = tours.node[:, NEXT]


@njit(cache=True)
def tours_of(best_next: Ints, stops: int) -> tuple[Ints, Ints]:
    """Where each tour of a plan begins, and its stops in order of visit; stops left out are not reached."""
    begins, visits = np.zeros(len(best_next) - stops + 1, np.int32), np.empty(stops, np.int32)
    tours, filled = 0, 0
    for depot in range(stops, len(best_next)):
        stop = best_next[depot]
        while stop < stops:
            visits[filled] = stop
            filled += 1
            stop = best_next[stop]
        if filled > begins[tours]:
            tours += 1
            begins[tours] = filled
    return begins[: tours + 1].copy(), visits[:filled].copy()


@njit(cache=True)
def link(node: Ints, leg: Floats, a: int, b: int, eur: float) -> None:
    """Let node b follow on node a, at a cost."""
    node[a, NEXT], node[b, PREV] = b, a
    leg[a, TO_NEXT], leg[b, FROM_PREV] = eur, eur
