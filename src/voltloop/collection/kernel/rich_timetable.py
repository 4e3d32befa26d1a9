"""Exact cost of one tour, compiled: every rule of a problem on a given order of visits.

The timetable is the one of :mod:`voltloop.collection.schedule`: labels (no-wait duration, earliest end, latest
start, driving since the last break), here with several windows per stop, visits to hubs that empty the vehicle, and
releases. Source of the segment algebra: Vidal, Crainic, Gendreau, Prins (2013), Computers & OR 40(1), sec. 4.2.
"""

from __future__ import annotations

from math import inf
from typing import Final, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from voltloop.collection.kernel.arrays import Floats, KernelProblem
from voltloop.collection.kernel.legs import leg_km, leg_s

__all__ = ["SLACK", "Indices", "Work", "price_alone", "price_tour", "work_space"]

SLACK: Final = 1e-6
"""Grain of tolerance of a load against its limit, as in :func:`voltloop.collection.schedule.first_fault`."""

_MAX_LABELS: Final = 96
"""Labels kept at a visit. Dropping one more could only make a tour look dearer, never legal when it is not."""

# Numpy's integers, since each of Python's would be compiled as a type of its own.
_ONE: Final = cast("int", np.int64(1))
_TWO: Final = cast("int", np.int64(2))
_NO_HUB: Final = cast("int", np.int64(-1))

Work = Floats
Indices = NDArray[np.int64]


@njit(cache=True)
def work_space() -> Work:
    """Return scratch memory for :func:`price_tour`: two generations of labels, shape (2, labels, 4)."""
    return np.zeros((2, _MAX_LABELS, 4))


@njit(cache=True)
def price_tour(
    p: KernelProblem, kind: int, visits: Indices, count: int, work: Work
) -> tuple[float, float, float, float]:
    """Find the cheapest timetable of a tour.

    Parameters
    ----------
    p
        The problem.
    kind
        Kind of vehicle.
    visits
        Stops in order of visit; -1 - j is a visit to the hub j of ``reload_place``.
    count
        How many of them belong to the tour.
    work
        Scratch memory of :func:`work_space`.

    Returns
    -------
    tuple
        Cost [EUR], length [km], duty [s] and driving [s]; the cost is ``inf`` when some rule forbids the tour.
    """
    extra_eur = p.extra_eur
    if not _fits(p, kind, visits, count):
        return inf, 0.0, 0.0, 0.0
    km, kg_km, driving = _way(p, kind, visits, count)
    if not driving <= p.max_driving_s[kind]:
        return inf, 0.0, 0.0, 0.0
    duty = _shortest_duty(p, kind, visits, count, driving, work)
    if duty > p.max_duty_s[kind]:
        return inf, 0.0, 0.0, 0.0
    eur = (
        p.fixed_eur[kind] + km * p.eur_per_km[kind] + duty * p.eur_per_s[kind] + kg_km * p.eur_per_kg_km[kind]
    )
    if len(extra_eur) > 0:
        for x in range(count):
            if visits[x] >= 0:
                eur += extra_eur[visits[x], kind]
    return eur, km, duty, driving


@njit(cache=True)
def price_alone(p: KernelProblem, kind: int, c: int, visits: Indices, work: Work) -> tuple[float, int]:
    """Find the cheapest tour of one stop: straight to the end, or over a hub where its goods must be unloaded.

    Parameters
    ----------
    p, kind, work
        As for :func:`price_tour`.
    c
        The stop.
    visits
        Scratch memory for two visits.

    Returns
    -------
    tuple
        Cost [EUR], ``inf`` when some rule forbids it; the hub, -1 for none.
    """
    reload = p.reload
    visits[0] = c
    if not p.end_clash[kind] & p.goods[c]:
        return price_tour(p, kind, visits, _ONE, work)[0], _NO_HUB
    best, best_hub = inf, _NO_HUB
    for hub in range(reload[kind], reload[kind + 1]):
        visits[1] = -1 - hub
        eur = price_tour(p, kind, visits, _TWO, work)[0]
        if eur < best:
            best, best_hub = eur, int(hub)
    return best, best_hub


@njit(cache=True)
def _fits(p: KernelProblem, kind: int, visits: Indices, count: int) -> bool:
    reload = p.reload
    reloads, head = 0, 0
    for x in range(count + 1):
        if x < count and visits[x] >= 0:
            if not p.allowed[visits[x], kind]:
                return False
            continue
        refused = p.end_clash[kind]
        if x < count:
            reloads += 1
            hub = -1 - visits[x]
            if hub < reload[kind] or hub >= reload[kind + 1]:
                return False
            refused = p.reload_clash[hub]
        if not _trip_fits(p, kind, visits, head, x, refused):
            return False
        head = x + 1
    return bool(reloads <= p.max_reloads[kind])


@njit(cache=True)
def _trip_fits(
    p: KernelProblem, kind: int, visits: Indices, head: int, tail: int, refused: np.uint64
) -> bool:
    drop, goods_of, clash_of = p.drop, p.goods, p.clash
    if len(goods_of) > 0:
        # Against the others only: a class that clashes with itself may ride in one stop.
        goods, clash = np.uint64(0), np.uint64(0)
        for x in range(head, tail):
            c = visits[x]
            if (goods & clash_of[c]) | ((clash | refused) & goods_of[c]):
                return False
            goods |= goods_of[c]
            clash |= clash_of[c]
    for m in range(p.room.shape[1]):
        room = p.room[kind, m] + SLACK
        aboard = 0.0
        for x in range(head, tail):
            aboard += drop[visits[x], m]
        if aboard > room:
            return False
        for x in range(head, tail):
            aboard += p.pick[visits[x], m] - drop[visits[x], m]
            if aboard > room:
                return False
    return True


@njit(cache=True)
def _place(p: KernelProblem, kind: int, visits: Indices, count: int, x: int) -> int:
    if x < 0:
        return int(p.starts[kind])
    if x >= count:
        return int(p.ends[kind])
    return int(p.place[visits[x]]) if visits[x] >= 0 else int(p.reload_place[-1 - visits[x]])


@njit(cache=True)
def _way(p: KernelProblem, kind: int, visits: Indices, count: int) -> tuple[float, float, float]:
    """Length [km], mass carried [kg km] and driving time [s] of a tour; driving is infinite without a road."""
    km, kg_km, driving = 0.0, 0.0, 0.0
    profile = p.profile[kind]
    weighs = p.eur_per_kg_km[kind] != 0.0
    kg = _delivered(p, visits, 0, count) if weighs else 0.0
    for x in range(count + 1):
        a, b = _place(p, kind, visits, count, x - 1), _place(p, kind, visits, count, x)
        length = leg_km(p, a, b, profile)
        drive = leg_s(p, a, b, profile)
        if not drive < inf:
            return inf, inf, inf
        km += length
        driving += drive
        if weighs:
            kg_km += kg * length
            if x < count:
                if visits[x] >= 0:
                    kg += p.pick[visits[x], 0] - p.drop[visits[x], 0]
                else:
                    kg = _delivered(p, visits, x + 1, count)
    return km, kg_km, driving


@njit(cache=True)
def _delivered(p: KernelProblem, visits: Indices, head: int, count: int) -> float:
    """Mass aboard when a trip begins: all that its stops receive [kg]."""
    kg = 0.0
    for x in range(head, count):
        if visits[x] < 0:
            break
        kg += p.drop[visits[x], 0]
    return kg


@njit(cache=True)
def _release(p: KernelProblem, visits: Indices, head: int, count: int) -> float:
    release_s = p.release_s
    latest = -inf
    if len(release_s) > 0:
        for x in range(head, count):
            if visits[x] < 0:
                break
            latest = max(latest, release_s[visits[x]])
    return latest


@njit(cache=True)
def _shortest_duty(
    p: KernelProblem, kind: int, visits: Indices, count: int, driving: float, work: Work
) -> float:
    """Shortest time between leaving and being back [s]; infinite when no timetable keeps the rules."""
    to_s = p.to_s
    profile = p.profile[kind]
    now, size = 0, 1
    labels = work[0]
    labels[0, 0] = 0.0
    labels[0, 1] = max(p.from_s[kind], _release(p, visits, 0, count))
    labels[0, 2] = to_s[kind]
    labels[0, 3] = 0.0
    ahead = driving
    for x in range(count):
        labels, grown, kept = work[now], work[1 - now], 0
        leg = leg_s(p, _place(p, kind, visits, count, x - 1), _place(p, kind, visits, count, x), profile)
        ahead -= leg
        for y in range(size):
            wait, since = _driven(p, labels[y, 3], leg)
            may_rest = since > 0.0 and since + ahead > p.max_stretch_s
            for rest in range(2 if may_rest else 1):
                pause = leg + wait + (p.break_s if rest else 0.0)
                kept = _serve(
                    p, kind, visits, count, x, grown, kept,
                    labels[y, 0] + pause, labels[y, 1] + pause, labels[y, 2], 0.0 if rest else since,
                )  # fmt: skip
        now, size = 1 - now, kept
        if size == 0:
            return inf
    leg = leg_s(p, _place(p, kind, visits, count, count - 1), p.ends[kind], profile)
    shortest = inf
    for y in range(size):
        wait, _ = _driven(p, work[now, y, 3], leg)
        duration, end = work[now, y, 0] + leg + wait, work[now, y, 1] + leg + wait
        latest = min(work[now, y, 2], to_s[kind] - duration)
        if end <= to_s[kind]:
            shortest = min(shortest, max(duration, end - latest))
    return shortest


@njit(cache=True)
def _driven(p: KernelProblem, since: float, leg: float) -> tuple[float, float]:
    """Return the breaks forced on a leg [s] and the driving since the last one at its end [s]."""
    max_stretch_s = p.max_stretch_s
    wait = 0.0
    while since + leg > max_stretch_s:
        leg -= max_stretch_s - since
        since = 0.0
        wait += p.break_s
    return wait, since + leg


@njit(cache=True)
def _serve(  # noqa: PLR0913, PLR0917 - numbers, not tuples of them, in the innermost loop
    p: KernelProblem, kind: int, visits: Indices, count: int, x: int, grown: Floats, kept: int,
    duration: float, early: float, late: float, since: float,
) -> int:  # fmt: skip
    """Add the labels that leave visit ``x``, one for each window; how many labels there are then."""
    break_s, closes_s, service_is_break = p.break_s, p.closes_s, p.service_is_break
    window = p.window
    if visits[x] < 0:
        hub_s = p.reload_s[-1 - visits[x]]
        rested = service_is_break and hub_s >= break_s
        leaves = max(early + hub_s, _release(p, visits, x + 1, count))
        return _keep(grown, kept, duration + hub_s, leaves, late, 0.0 if rested else since)
    stop = visits[x]
    service = p.service_s[p.by_hand[kind], stop]
    rested = service_is_break and service >= break_s
    for w in range(window[stop], window[stop + 1]):
        if early <= closes_s[w]:
            begins = max(early, p.opens_s[w])
            latest = min(late, closes_s[w] - duration)
            kept = _keep(grown, kept, duration + service, begins + service, latest, 0.0 if rested else since)
    return kept


@njit(cache=True)
def _keep(labels: Floats, size: int, duration: float, early: float, late: float, since: float) -> int:
    """Add a label unless another is as good in all four; drop those it beats."""
    kept = 0
    for y in range(size):
        a, b, c, d = labels[y, 0], labels[y, 1], labels[y, 2], labels[y, 3]
        if a <= duration and b <= early and c >= late and d <= since:
            return size
        if not (duration <= a and early <= b and late >= c and since <= d):
            if kept < y:
                labels[kept, 0], labels[kept, 1], labels[kept, 2], labels[kept, 3] = a, b, c, d
            kept += 1
    if kept < labels.shape[0]:
        labels[kept, 0], labels[kept, 1], labels[kept, 2], labels[kept, 3] = duration, early, late, since
        kept += 1
    return kept
