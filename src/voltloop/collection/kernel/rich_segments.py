"""What lies before and after each node of a tour, computed anew after a change.

Segments without breaks (duration, earliest end, latest start) are joined in constant time: Vidal, Crainic, Gendreau,
Prins (2013), Computers & OR 40(1), sec. 4.2, eq. 16-20. Releases are kept apart, as a departure from the head of the
trip, because a stop put into the trip may change them. Tours with breaks or several windows have these values as a
bound only; their cost comes from :func:`voltloop.collection.kernel.rich_timetable.price_tour`.
"""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np
from numba import njit

from voltloop.collection.kernel.arrays import KernelProblem
from voltloop.collection.kernel.legs import leg_km, leg_s
from voltloop.collection.kernel.rich_links import write_visits
from voltloop.collection.kernel.rich_state import (
    AFTER,
    B_DUR,
    B_END,
    B_LATE,
    BEFORE,
    COST,
    DRIVE,
    DUR,
    DUTY,
    END,
    FROM,
    HEAD,
    HUB,
    KEPT,
    KIND,
    KM,
    LATE,
    LEG_KM,
    LEG_S,
    NEXT,
    PICKED,
    PLACE,
    PREV,
    STRICT,
    TAIL,
    TOURS_EUR,
    TRIP_DUR,
    TRIP_LATE,
    UNTIL,
    WAITING,
    State,
    Static,
)
from voltloop.collection.kernel.rich_timetable import price_tour

__all__ = ["refresh"]

_NEVER: Final = -1e15


@njit(cache=True)
def refresh(p: KernelProblem, f: Static, s: State, t: int) -> float:
    """Compute all values of a tour's nodes and its cost.

    Loads, goods and permissions are taken as tested.

    Returns
    -------
    float
        Cost of the tour [EUR]; ``inf`` when no timetable keeps the rules, and then the plan's cost is not changed.
    """
    cost, tour, visits = s.cost, s.tour, s.visits
    strict = _backward(p, f, s, t)
    kg_km, extra = _forward(p, f, s, t)
    kind, last = tour[t, KIND], len(p.place) + 2 * t + 1
    driving = cost[t, DRIVE]
    if not driving <= p.max_driving_s[kind]:
        return inf
    strict = strict or driving > p.max_stretch_s
    tour[t, STRICT] = 1 if strict else 0
    if strict:
        count = write_visits(p, s, t, kind, visits)
        eur, _, duty, _ = price_tour(p, kind, visits, count, s.work)
    else:
        duty = _duty(p, s, t)
        eur = (
            p.fixed_eur[kind]
            + s.time[last, KM] * p.eur_per_km[kind]
            + duty * p.eur_per_s[kind]
            + kg_km * p.eur_per_kg_km[kind]
            + extra
        )
    if eur == inf or duty > p.max_duty_s[kind]:
        return inf
    s.sums[TOURS_EUR] += eur - cost[t, COST]
    cost[t, COST] = eur
    cost[t, DUTY] = duty
    return float(eur)


@njit(cache=True)
def _duty(p: KernelProblem, s: State, t: int) -> float:
    to_s, time, tour = p.to_s, s.time, s.tour
    last = len(p.place) + 2 * t + 1
    if time[last, LATE] <= _NEVER:
        return inf
    end = max(time[last, END], time[s.link[last, HEAD], WAITING] + time[last, TRIP_DUR])
    if end > to_s[tour[t, KIND]]:
        return inf
    duration = time[last, DUR]
    return float(max(duration, end - min(time[last, LATE], to_s[tour[t, KIND]] - duration)))


@njit(cache=True)
def _backward(p: KernelProblem, f: Static, s: State, t: int) -> bool:
    """Values of what lies behind each node; whether a stop has several windows."""
    has_goods = f.has_goods
    stops, kind = len(p.place), s.tour[t, KIND]
    profile, by_hand = p.profile[kind], p.by_hand[kind]
    time, load, cargo, link = s.time, s.load, s.cargo, s.link
    measures = p.room.shape[1]
    first, last = stops + 2 * t, stops + 2 * t + 1
    time[last, B_DUR], time[last, B_END], time[last, B_LATE] = 0.0, _NEVER, p.to_s[kind]
    strict = False
    tail, j = last, last
    while j != first:
        i = link[j, PREV]
        if link[j, FROM] != i:
            time[j, LEG_KM] = leg_km(p, link[i, PLACE], link[j, PLACE], profile)
            time[j, LEG_S] = leg_s(p, link[i, PLACE], link[j, PLACE], profile)
            link[j, FROM] = i
        link[i, TAIL] = tail
        if j == tail:
            time[i, WAITING] = _NEVER
            if has_goods:
                refused = p.end_clash[kind] if j == last else p.reload_clash[link[j, HUB]]
                cargo[i, 2], cargo[i, 3] = np.uint64(0), refused
            for m in range(measures):
                load[i, 4 * m + KEPT] = 0.0
                load[i, 4 * m + AFTER] = 0.0
        else:
            time[i, WAITING] = max(time[j, WAITING], p.release_s[j]) if f.has_releases else _NEVER
            if has_goods:
                cargo[i, 2], cargo[i, 3] = cargo[j, 2] | p.goods[j], cargo[j, 3] | p.clash[j]
            for m in range(measures):
                kept = load[j, 4 * m + KEPT] + p.drop[j, m]
                load[i, 4 * m + KEPT] = kept
                # Until the forward pass knows what was picked before, relative to that.
                load[i, 4 * m + AFTER] = max(kept, p.pick[j, m] + load[j, 4 * m + AFTER])
        ahead = time[j, LEG_S] + time[j, B_DUR]
        late = time[j, B_LATE] - time[j, LEG_S]
        if i < stops:
            strict = strict or f.strict[i]
            service = p.service_s[by_hand, i]
            time[i, B_DUR] = service + ahead
            time[i, B_END] = max(f.opens[i] + service + ahead, time[j, B_END])
            time[i, B_LATE] = min(f.closes[i], late - service)
        elif i == first:
            time[i, B_LATE] = late
        else:
            service = p.reload_s[link[i, HUB]]
            time[i, B_DUR] = service + ahead
            time[i, B_END] = max(time[i, WAITING] + ahead, time[j, B_END])
            time[i, B_LATE] = late - service if time[i, WAITING] <= late else _NEVER
            tail = i
        j = i
    return strict


@njit(cache=True)
def _forward(  # noqa: C901, PLR0915 - one pass over the tour
    p: KernelProblem, f: Static, s: State, t: int
) -> tuple[float, float]:
    """Values of what lies before each node; mass carried [kg km] and extra cost [EUR]."""
    extra_eur, to_s = p.extra_eur, p.to_s
    stops, kind = len(p.place), s.tour[t, KIND]
    by_hand = p.by_hand[kind]
    time, load, cargo, link = s.time, s.load, s.cargo, s.link
    measures = p.room.shape[1]
    last = stops + 2 * t + 1
    i = stops + 2 * t
    time[i, DUR], time[i, END], time[i, LATE], time[i, KM] = 0.0, p.from_s[kind], to_s[kind], 0.0
    head, drive, kg_km, extra = i, 0.0, 0.0, 0.0
    weighs, has_extra = p.eur_per_kg_km[kind] != 0.0, len(extra_eur) > 0
    _begin_trip(p, s, i)
    time[i, TRIP_LATE] = to_s[kind]
    while i != last:
        j = link[i, NEXT]
        leg = time[j, LEG_S]
        drive += leg
        time[j, KM] = time[i, KM] + time[j, LEG_KM]
        if weighs:
            kg_km += (load[i, PICKED] + load[i, KEPT]) * time[j, LEG_KM]
        time[j, DUR] = time[i, DUR] + leg
        time[j, TRIP_DUR] = time[i, TRIP_DUR] + leg
        time[j, END] = time[i, END] + leg
        time[j, LATE], time[j, TRIP_LATE] = time[i, LATE], time[i, TRIP_LATE]
        link[j, HEAD] = head
        if j < stops:
            service = p.service_s[by_hand, j]
            close = f.closes[j]
            if time[j, END] > close:
                time[j, LATE] = _NEVER
            time[j, LATE] = min(time[j, LATE], close - time[j, DUR])
            time[j, TRIP_LATE] = min(time[j, TRIP_LATE], close - time[j, TRIP_DUR])
            time[j, DUR] += service
            time[j, TRIP_DUR] += service
            time[j, END] = max(time[j, END], f.opens[j]) + service
            time[j, UNTIL] = max(time[i, UNTIL], p.release_s[j]) if f.has_releases else _NEVER
            if f.has_goods:
                cargo[j, 0], cargo[j, 1] = cargo[i, 0] | p.goods[j], cargo[i, 1] | p.clash[j]
            for m in range(measures):
                picked = load[i, 4 * m + PICKED] + p.pick[j, m]
                load[j, 4 * m + PICKED] = picked
                load[j, 4 * m + BEFORE] = max(load[i, 4 * m + BEFORE], picked + load[j, 4 * m + KEPT])
                load[j, 4 * m + AFTER] += picked
            if has_extra:
                extra += extra_eur[j, kind]
        elif j != last:
            release = time[head, WAITING]
            if release > time[j, TRIP_LATE]:
                time[j, LATE] = _NEVER
            service = p.reload_s[link[j, HUB]]
            time[j, END] = max(time[j, END], release + time[j, TRIP_DUR]) + service
            time[j, DUR] += service
            head = j
            _begin_trip(p, s, j)
        i = j
    if time[head, WAITING] > time[last, TRIP_LATE]:
        time[last, LATE] = _NEVER
    s.cost[t, DRIVE] = drive
    return kg_km, extra


@njit(cache=True)
def _begin_trip(p: KernelProblem, s: State, head: int) -> None:
    cargo, load, time = s.cargo, s.load, s.time
    s.link[head, HEAD] = head
    time[head, TRIP_DUR], time[head, TRIP_LATE], time[head, UNTIL] = 0.0, -_NEVER, _NEVER
    if cargo.shape[1]:
        cargo[head, 0], cargo[head, 1] = np.uint64(0), np.uint64(0)
    for m in range(p.room.shape[1]):
        load[head, 4 * m + PICKED] = 0.0
        load[head, 4 * m + BEFORE] = load[head, 4 * m + KEPT]
