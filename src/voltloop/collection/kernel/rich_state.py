"""The plan under search: linked visits with what lies before and after each of them.

Nodes are numbered: first the stops, then the start and the end of every tour (N + 2 t and N + 2 t + 1), then a pool of
hub visits. For every node of a tour the state holds prefix and suffix values, so that putting a stop between two
nodes is tested without walking along the tour.
"""

from __future__ import annotations

from typing import Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.kernel.arrays import Floats, KernelProblem
from voltloop.collection.kernel.random import seeded
from voltloop.collection.kernel.rich_timetable import Indices, Work, work_space

__all__ = [
    "AFTER",
    "BEFORE",
    "BEFORE_SKIP_EUR",
    "BEFORE_TOURS_EUR",
    "B_DUR",
    "B_END",
    "B_LATE",
    "COST",
    "COUNT",
    "DRIVE",
    "DUR",
    "DUTY",
    "END",
    "FROM",
    "HEAD",
    "HUB",
    "KEPT",
    "KIND",
    "KM",
    "LATE",
    "LEG_KM",
    "LEG_S",
    "LOOK",
    "NEXT",
    "NOWHERE",
    "N_DIRTY",
    "N_FREE_HUBS",
    "N_FREE_TOURS",
    "N_HUBS_GONE",
    "N_HUBS_NEW",
    "N_LOG",
    "N_OUT",
    "N_POOL",
    "PICKED",
    "PLACE",
    "PREV",
    "RELOADS",
    "ROUND",
    "SKIP_EUR",
    "STRICT",
    "TAIL",
    "TOUR",
    "TOURS_EUR",
    "TRIP_DUR",
    "TRIP_LATE",
    "UNTIL",
    "WAITING",
    "State",
    "Static",
    "new_state",
]

# Columns of State.time: the way from the start of the tour through a node, and from a node to the end.
DUR: Final = 0  # without waiting [s]
END: Final = 1  # earliest end of the visit, were the trip's goods there from the start
LATE: Final = 2  # latest start of the tour that is in time for all visits so far
TRIP_DUR: Final = 3  # without waiting, since leaving the head of the trip [s]
TRIP_LATE: Final = 4  # latest departure from the head of the trip that is in time for its visits so far
B_DUR: Final = 5  # from the begin of the visit to the end of the tour, without waiting [s]
B_END: Final = 6  # earliest end of the tour
B_LATE: Final = 7  # latest begin of the visit
KM: Final = 8  # length since the start of the tour
LEG_KM: Final = 9  # length of the leg to the node
LEG_S: Final = 10  # its driving time
UNTIL: Final = 11  # latest release of the trip's stops up to the node
WAITING: Final = 12  # latest release of the trip's stops after the node
_TIMES: Final = 13

# Columns of State.load for each measure.
PICKED: Final = 0  # taken since the head of the trip
KEPT: Final = 1  # brought along for stops after the node
BEFORE: Final = 2  # most aboard from the head of the trip to the node
AFTER: Final = 3  # most aboard from the node to the end of the trip

# Columns of State.link.
NEXT: Final = 0
PREV: Final = 1
TOUR: Final = 2
PLACE: Final = 3
HEAD: Final = 4  # node that begins the trip
TAIL: Final = 5  # node that ends it
HUB: Final = 6  # index in reload_place of a hub visit
FROM: Final = 7  # node the leg's length was taken from
_LINKS: Final = 8

# Columns of State.tour and State.cost.
KIND: Final = 0  # -1: not in use
COUNT: Final = 1  # stops
RELOADS: Final = 2
STRICT: Final = 3  # 1: breaks or several windows; only labels tell the timetable
COST: Final = 0
DUTY: Final = 1
DRIVE: Final = 2

# Entries of State.counts.
N_OUT: Final = 0
N_FREE_TOURS: Final = 1
N_FREE_HUBS: Final = 2
N_HUBS_NEW: Final = 3
N_HUBS_GONE: Final = 4
N_LOG: Final = 5
N_POOL: Final = 6
N_DIRTY: Final = 7
LOOK: Final = 8  # stamp of State.mark
ROUND: Final = 9  # stamp of State.touched

# Entries of State.sums.
TOURS_EUR: Final = 0
SKIP_EUR: Final = 1
BEFORE_TOURS_EUR: Final = 2
BEFORE_SKIP_EUR: Final = 3

_RIVALS: Final = 3
_SPARE: Final = 256  # tours emptied in one iteration keep their numbers until it is accepted

NOWHERE: Final = cast("int", np.int64(-1))  # a Python integer would be compiled as a type of its own


class Static(NamedTuple):
    """What a search reads besides the problem.

    N stops, K kinds.

    Attributes
    ----------
    around
        (N, a) stops around each stop, nearest first; -1 fills up.
    near
        (N, n) stops beside which a stop is put back, nearest in length and time first; -1 fills up.
    near_leg
        (N, n, 2) lengths [km] of the ways from there and to there by the first road profile.
    opens, closes
        (N,) first opening and last closing.
    strict
        (N,) whether a stop has several windows.
    solo
        (N, s) kinds for a tour of the stop alone, cheapest first; -1 fills up.
    solo_eur
        (N, s) what such a tour costs, over a hub where the goods must be unloaded at one.
    has_more_kinds
        (N,) whether more kinds than these would do.
    peer
        (K + 1,) where a kind's peers begin in ``peers``.
    peers
        Other kinds with the same start and end.
    keys, odds
        (O, N) orders in which stops are put back, lowest first; (O,) probability of each and those before it. What
        is left to one is the probability of a random order.
    has_releases, has_goods, has_optional
        Whether the problem has such a thing at all.
    can_polish
        Whether a tour can change its kind or has hub visits to drop.
    """

    around: Indices
    near: Indices
    near_leg: Floats
    opens: Floats
    closes: Floats
    strict: NDArray[np.bool_]
    solo: Indices
    solo_eur: Floats
    has_more_kinds: NDArray[np.bool_]
    peer: Indices
    peers: Indices
    keys: Floats
    odds: Floats
    has_releases: bool
    has_goods: bool
    has_optional: bool
    can_polish: bool


class State(NamedTuple):
    """The plan under search and its undo log; the columns stand above.

    Attributes
    ----------
    time, load, cargo, link
        Per node: times and lengths; loads, four columns a measure; bit sets of goods and clashes up to the node
        and after it; links.
    tour, cost
        Per tour.
    used
        Resources in use.
    out, out_at
        Stops left out, and where each stop stands among them (-1: it is in a tour).
    counts
        Counters, see ``N_OUT`` and the following.
    sums
        Cost of the tours and of the stops left out [EUR], and both as they were before the iteration.
    free_tour, free_hub
        Numbers to use again.
    hub_new, hub_gone
        Hub visits made and dropped in this iteration.
    rival, rival_km
        Nodes of tours whose kind refuses the stop that is looked at, and the detour there [km].
    mark, touched
        Stamp of the last look at each node, of the last change of each tour.
    log_tour, log_at, log_row, log_cost
        Tours as they were before they were touched: number, where their nodes begin in the log, rows.
    log_node, log_time, log_load, log_cargo, log_link
        Their nodes.
    pool, pool_key
        Stops to put back in this iteration, and what orders them.
    visits
        Scratch for one tour.
    work
        Scratch of :func:`voltloop.collection.kernel.rich_timetable.price_tour`.
    best_next, best_hub, best_kind
        The best plan so far: links and hubs of nodes, kinds of tours.
    dirty, is_dirty
        Tours that changed since the best plan.
    rng
        Random numbers.
    """

    time: Floats
    load: Floats
    cargo: NDArray[np.uint64]
    link: Indices
    tour: Indices
    cost: Floats
    used: NDArray[np.int64]
    out: Indices
    out_at: Indices
    counts: NDArray[np.int64]
    sums: Floats
    free_tour: Indices
    free_hub: Indices
    hub_new: Indices
    hub_gone: Indices
    rival: Indices
    rival_km: Floats
    mark: NDArray[np.int64]
    touched: NDArray[np.int64]
    log_tour: Indices
    log_at: Indices
    log_row: Indices
    log_cost: Floats
    log_node: Indices
    log_time: Floats
    log_load: Floats
    log_cargo: NDArray[np.uint64]
    log_link: Indices
    pool: Indices
    pool_key: Floats
    visits: Indices
    work: Work
    best_next: Indices
    best_hub: Indices
    best_kind: Indices
    dirty: Indices
    is_dirty: NDArray[np.bool_]
    rng: NDArray[np.uint64]


def new_state(p: KernelProblem, seed: int) -> State:
    """Return a state without tours: every stop is left out.

    Parameters
    ----------
    p
        The problem.
    seed
        Seed of the random numbers, 0 or more.
    """
    stops, measures = p.pick.shape
    tours = stops + _SPARE
    hubs = stops + _SPARE if len(p.reload_place) else 0
    nodes = stops + 2 * tours + hubs
    cargo = 4 if np.any(p.clash) or np.any(p.end_clash) or np.any(p.reload_clash) else 0
    link = np.full((nodes, _LINKS), NOWHERE, np.int64)
    link[:stops, PLACE] = p.place
    tour = np.zeros((tours, 4), np.int64)
    tour[:, KIND] = NOWHERE
    return State(
        time=np.zeros((nodes, _TIMES)),
        load=np.zeros((nodes, 4 * measures)),
        cargo=np.zeros((nodes, cargo), np.uint64),
        link=link,
        tour=tour,
        cost=np.zeros((tours, 3)),
        used=np.zeros(len(p.stock), np.int64),
        out=np.arange(stops, dtype=np.int64),
        out_at=np.arange(stops, dtype=np.int64),
        counts=np.array([stops, tours, hubs, 0, 0, 0, 0, 0, 0, 0], np.int64),
        sums=np.array([0.0, float(p.skip_eur.sum()), 0.0, 0.0]),
        free_tour=np.arange(tours - 1, -1, -1, dtype=np.int64),
        free_hub=np.arange(nodes - 1, nodes - hubs - 1, -1, dtype=np.int64),
        hub_new=np.zeros(nodes, np.int64),
        hub_gone=np.zeros(nodes, np.int64),
        rival=np.zeros(_RIVALS, np.int64),
        rival_km=np.zeros(_RIVALS),
        mark=np.zeros(nodes, np.int64),
        touched=np.zeros(tours, np.int64),
        log_tour=np.zeros(tours, np.int64),
        log_at=np.zeros(tours + 1, np.int64),
        log_row=np.zeros((tours, 4), np.int64),
        log_cost=np.zeros((tours, 3)),
        log_node=np.zeros(nodes, np.int64),
        log_time=np.zeros((nodes, _TIMES)),
        log_load=np.zeros((nodes, 4 * measures)),
        log_cargo=np.zeros((nodes, cargo), np.uint64),
        log_link=np.zeros((nodes, _LINKS), np.int64),
        pool=np.zeros(stops, np.int64),
        pool_key=np.zeros(stops),
        visits=np.zeros(stops + hubs + 2, np.int64),
        work=work_space(),
        best_next=np.full(nodes, NOWHERE, np.int64),
        best_hub=np.full(nodes, NOWHERE, np.int64),
        best_kind=np.full(tours, NOWHERE, np.int64),
        dirty=np.zeros(tours, np.int64),
        is_dirty=np.zeros(tours, np.bool_),
        rng=seeded(seed),
    )
