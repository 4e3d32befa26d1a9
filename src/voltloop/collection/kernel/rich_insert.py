"""Where a stop is put cheapest beside its near neighbours, and putting it there.

Every test is exact. Cost first, then permission, loads and goods, then time, each in constant time; where only labels
tell the timetable, a place that looks better than the best so far is priced by the whole tour.
"""

from __future__ import annotations

from math import inf

from numba import njit

from voltloop.collection.kernel.arrays import KernelProblem
from voltloop.collection.kernel.legs import leg_km, leg_s
from voltloop.collection.kernel.random import unit
from voltloop.collection.kernel.rich_links import change_kind, open_tour, put, put_hub, touch
from voltloop.collection.kernel.rich_segments import refresh
from voltloop.collection.kernel.rich_spots import (
    BLINK,
    HUB_AFTER,
    HUB_BEFORE,
    NEW,
    PLAIN,
    Spot,
    exact_eur,
    no_spot,
    note_rival,
    try_rivals,
    with_hub,
)
from voltloop.collection.kernel.rich_state import (
    AFTER,
    B_DUR,
    B_END,
    B_LATE,
    BEFORE,
    DRIVE,
    DUR,
    DUTY,
    END,
    HEAD,
    KEPT,
    KIND,
    KM,
    LATE,
    LEG_KM,
    LEG_S,
    LOOK,
    N_FREE_HUBS,
    NEXT,
    NOWHERE,
    PICKED,
    PLACE,
    PREV,
    RELOADS,
    STRICT,
    TAIL,
    TOUR,
    TRIP_DUR,
    TRIP_LATE,
    WAITING,
    State,
    Static,
)
from voltloop.collection.kernel.rich_timetable import SLACK

__all__ = ["insert", "seek", "seek_anywhere"]


@njit(cache=True)
def seek(p: KernelProblem, f: Static, s: State, c: int, limit: float) -> Spot:
    """Find the cheapest place for a stop beside its near neighbours.

    Parameters
    ----------
    p, f, s
        Problem, what the search reads besides, plan.
    c
        A stop that is left out.
    limit
        Places that cost as much [EUR] or more are not looked at.

    Returns
    -------
    Spot
        The place; its cost is ``limit`` and its way -1 when there is none.
    """
    near, near_leg, place = f.near, f.near_leg, p.place
    profile, counts, link = p.profile, s.counts, s.link
    mark = s.mark
    best = no_spot(limit)
    counts[LOOK] += 1
    look = counts[LOOK]
    s.rival[:] = NOWHERE
    for x in range(near.shape[1]):
        n = near[c, x]
        if n == NOWHERE:
            break
        t = link[n, TOUR]
        if t == NOWHERE:
            continue
        kind = s.tour[t, KIND]
        known = profile[kind] == 0
        j = link[n, NEXT]
        if mark[n] != look:
            mark[n] = look
            if _may_be_timely(p, f, s, c, n, j, kind):
                to_km = near_leg[c, x, 0] if known else leg_km(p, link[n, PLACE], place[c], profile[kind])
                on_km = leg_km(p, place[c], link[j, PLACE], profile[kind])
                best = _try(p, f, s, c, n, kind, to_km, on_km, best)
        i = link[n, PREV]
        if mark[i] != look:
            mark[i] = look
            if _may_be_timely(p, f, s, c, i, n, kind):
                to_km = leg_km(p, link[i, PLACE], place[c], profile[kind])
                on_km = near_leg[c, x, 1] if known else leg_km(p, place[c], link[n, PLACE], profile[kind])
                best = _try(p, f, s, c, i, kind, to_km, on_km, best)
    return try_rivals(p, f, s, c, best)


@njit(cache=True)
def seek_anywhere(p: KernelProblem, f: Static, s: State, c: int, limit: float) -> Spot:
    """Find the cheapest place for a stop in all tours, as :func:`seek` does beside its near neighbours."""
    place, profile, link = p.place, p.profile, s.link
    tour = s.tour
    best = no_spot(limit)
    s.rival[:] = NOWHERE
    for t in range(len(tour)):
        kind = tour[t, KIND]
        if kind != NOWHERE and _some_kind_may(p, f, c, kind):
            node = len(place) + 2 * t
            while link[node, NEXT] != NOWHERE:
                behind = link[node, NEXT]
                if _may_be_timely(p, f, s, c, node, behind, kind):
                    to_km = leg_km(p, link[node, PLACE], place[c], profile[kind])
                    on_km = leg_km(p, place[c], link[behind, PLACE], profile[kind])
                    best = _try(p, f, s, c, node, kind, to_km, on_km, best)
                node = behind
    return try_rivals(p, f, s, c, best)


@njit(cache=True)
def _some_kind_may(p: KernelProblem, f: Static, c: int, kind: int) -> bool:
    """Whether a kind or one of its peers may serve a stop."""
    allowed, peer, peers = p.allowed, f.peer, f.peers
    may = allowed[c, kind]
    for x in range(peer[kind], peer[kind + 1]):
        may = may or allowed[c, peers[x]]
    return bool(may)


@njit(cache=True)
def _may_be_timely(p: KernelProblem, f: Static, s: State, c: int, i: int, j: int, kind: int) -> bool:
    """Whether a stop can lie between two nodes if no time is lost on the way: the cheapest test of all."""
    time = s.time
    return bool(
        time[i, END] <= f.closes[c] and f.opens[c] + p.service_s[p.by_hand[kind], c] <= time[j, B_LATE]
    )


@njit(cache=True)
def _try(  # noqa: PLR0913, PLR0917 - numbers, not tuples of them, in the innermost loop
    p: KernelProblem, f: Static, s: State, c: int, i: int, kind: int, to_km: float, on_km: float, best: Spot
) -> Spot:
    """Return the better of the best place so far and the one behind node ``i``."""
    peer, link = f.peer, s.link
    more_km = to_km + on_km - s.time[link[i, NEXT], LEG_KM]
    if not more_km * p.eur_per_km[kind] < best[0]:
        return best
    if not _may_join(p, f, s, c, i, kind):
        t = link[i, TOUR]
        if p.max_reloads[kind] > s.tour[t, RELOADS] and s.counts[N_FREE_HUBS] > 0:
            best = with_hub(p, f, s, c, i, kind, best)
        if peer[kind + 1] > peer[kind]:
            note_rival(s, t, i, more_km)
        return best
    eur = _plain_eur(p, f, s, c, i, kind, to_km, on_km)
    if eur < best[0] and unit(s.rng) >= BLINK:
        if _needs_labels(p, f, s, c, i, kind):
            eur = exact_eur(p, s, c, i, kind)
        if eur < best[0]:
            return eur, int(i), PLAIN, NOWHERE, int(kind)
    return best


@njit(cache=True)
def _may_join(p: KernelProblem, f: Static, s: State, c: int, i: int, kind: int) -> bool:
    """Whether permission, goods and loads let a stop in behind a node."""
    cargo, load = s.cargo, s.load
    if not p.allowed[c, kind]:
        return False
    if f.has_goods:
        goods, clash = cargo[i, 0] | cargo[i, 2], cargo[i, 1] | cargo[i, 3]
        if (goods & p.clash[c]) | (clash & p.goods[c]):
            return False
    for m in range(p.room.shape[1]):
        room = p.room[kind, m] + SLACK
        if load[i, 4 * m + BEFORE] + p.drop[c, m] > room or load[i, 4 * m + AFTER] + p.pick[c, m] > room:
            return False
    return True


@njit(cache=True)
def _needs_labels(p: KernelProblem, f: Static, s: State, c: int, i: int, kind: int) -> bool:
    max_stretch_s, place, profile = p.max_stretch_s, p.place, p.profile
    link = s.link
    if s.tour[link[i, TOUR], STRICT] or f.strict[c]:
        return True
    if max_stretch_s == inf:
        return False
    j = link[i, NEXT]
    to_s = leg_s(p, link[i, PLACE], place[c], profile[kind])
    on_s = leg_s(p, place[c], link[j, PLACE], profile[kind])
    return bool(s.cost[link[i, TOUR], DRIVE] + to_s + on_s - s.time[j, LEG_S] > max_stretch_s)


@njit(cache=True)
def _plain_eur(
    p: KernelProblem, f: Static, s: State, c: int, i: int, kind: int, to_km: float, on_km: float
) -> float:
    """Cost of putting a stop behind a node [EUR], a bound where labels are needed; ``inf`` when it is late."""
    closes, eur_per_kg_km, eur_per_s = f.closes, p.eur_per_kg_km, p.eur_per_s
    extra_eur, max_duty_s, place = p.extra_eur, p.max_duty_s, p.place
    profile, cost, link = p.profile, s.cost, s.link
    load = s.load
    j = link[i, NEXT]
    t = link[i, TOUR]
    time = s.time
    to_s = leg_s(p, link[i, PLACE], place[c], profile[kind])
    on_s = leg_s(p, place[c], link[j, PLACE], profile[kind])
    if not cost[t, DRIVE] + to_s + on_s - time[j, LEG_S] <= p.max_driving_s[kind]:
        return inf
    end = time[i, END]
    if f.has_releases:
        release = max(time[link[i, HEAD], WAITING], p.release_s[c])
        if release > time[i, TRIP_LATE]:
            return inf
        end = max(end, release + time[i, TRIP_DUR])
    begin = end + to_s
    if begin > closes[c]:
        return inf
    service = p.service_s[p.by_hand[kind], c]
    end = max(begin, f.opens[c]) + service + on_s
    if end > time[j, B_LATE]:
        return inf
    eur = (to_km + on_km - time[j, LEG_KM]) * p.eur_per_km[kind]
    if eur_per_s[kind] != 0.0 or max_duty_s[kind] < inf:
        duration = time[i, DUR] + to_s
        late = min(time[i, LATE], closes[c] - duration)
        duration += service + on_s
        duty = _duty(s, j, duration, end, late)
        if duty > max_duty_s[kind]:
            return inf
        eur += (duty - cost[t, DUTY]) * eur_per_s[kind]
    if eur_per_kg_km[kind] != 0.0:
        head, tail = link[i, HEAD], link[i, TAIL]
        aboard = load[i, PICKED] + load[i, KEPT]
        kg_km = aboard * (to_km + on_km - time[j, LEG_KM])
        kg_km += p.drop[c, 0] * (time[i, KM] - time[head, KM] + to_km)
        kg_km += p.pick[c, 0] * (time[tail, KM] - time[j, KM] + on_km)
        eur += kg_km * eur_per_kg_km[kind]
    if len(extra_eur) > 0:
        eur += extra_eur[c, kind]
    return float(eur)


@njit(cache=True)
def _duty(s: State, j: int, duration: float, end: float, late: float) -> float:
    """Duty of the segment that reaches node ``j`` after ``duration``, joined with what lies behind."""
    time = s.time
    late = min(late, time[j, B_LATE] - duration)
    duration += time[j, B_DUR]
    end = max(end + time[j, B_DUR], time[j, B_END])
    return float(max(duration, end - late))


@njit(cache=True)
def insert(p: KernelProblem, f: Static, s: State, c: int, spot: Spot) -> bool:
    """Put a stop where :func:`seek` or :func:`seek_new_tour` found a place.

    Returns
    -------
    bool
        False when rounding let a place through that is not legal; the iteration must then be undone.
    """
    _, i, way, hub, kind = spot
    if way == NEW:
        t = open_tour(p, s, kind)
        i = len(p.place) + 2 * t
    else:
        t = s.link[i, TOUR]
        touch(p, s, t)
        if kind != s.tour[t, KIND]:
            change_kind(p, s, t, kind)
    if way == HUB_BEFORE:
        i = put_hub(p, s, hub, i)
    put(p, s, c, i)
    if way == HUB_AFTER or (way == NEW and hub != NOWHERE):
        put_hub(p, s, hub, c)
    return refresh(p, f, s, t) < inf
