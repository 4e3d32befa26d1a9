"""A second, slow opinion on tours of the compiled search: plain loops, every choice of breaks and windows tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations, product

import numpy as np

from voltloop.collection.kernel.arrays import KernelProblem
from voltloop.collection.kernel.legs import leg_km, leg_s


def replay(p: KernelProblem, kind: int, visits: Sequence[int]) -> float:
    """Cost of a tour [EUR], ``inf`` when it breaks a rule."""
    if not all(p.allowed[v, kind] for v in visits if v >= 0) or not _loads_fit(p, kind, visits):
        return np.inf
    places = [
        p.starts[kind],
        *(p.place[v] if v >= 0 else p.reload_place[-1 - v] for v in visits),
        p.ends[kind],
    ]
    pairs = list(pairwise(places))
    km = [leg_km(p, a, b, p.profile[kind]) for a, b in pairs]
    drive = [leg_s(p, a, b, p.profile[kind]) for a, b in pairs]
    if not sum(drive) <= p.max_driving_s[kind]:
        return np.inf
    duty = _shortest(p, kind, visits, drive)
    if duty > p.max_duty_s[kind]:
        return np.inf
    kg_km = sum(kg * way for kg, way in zip(_aboard(p, visits), km, strict=True))
    extra = sum(p.extra_eur[v, kind] for v in visits if v >= 0) if len(p.extra_eur) else 0.0
    cost = p.fixed_eur[kind] + sum(km) * p.eur_per_km[kind] + duty * p.eur_per_s[kind]
    return float(cost + kg_km * p.eur_per_kg_km[kind] + extra)


def trips(visits: Sequence[int]) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    for v in visits:
        if v < 0:
            parts.append([])
        else:
            parts[-1].append(v)
    return parts


def _loads_fit(p: KernelProblem, kind: int, visits: Sequence[int]) -> bool:
    hubs = [-1 - v for v in visits if v < 0]
    if len(hubs) > p.max_reloads[kind] or not all(p.reload[kind] <= h < p.reload[kind + 1] for h in hubs):
        return False
    refused = [*(p.reload_clash[hub] for hub in hubs), p.end_clash[kind]]
    if any(p.goods[v] & gone for trip, gone in zip(trips(visits), refused, strict=True) for v in trip):
        return False
    for trip in trips(visits):
        for a, b in permutations(trip, 2):
            if p.goods[a] & p.clash[b]:
                return False
        load = sum((p.drop[v] for v in trip), np.zeros(p.room.shape[1]))
        for change in [load * 0, *(p.pick[v] - p.drop[v] for v in trip)]:
            load = load + change
            if np.any(load > p.room[kind] + 1e-6):
                return False
    return True


def _aboard(p: KernelProblem, visits: Sequence[int]) -> list[float]:
    legs = []
    for trip in trips(visits):
        kg = sum(p.drop[v, 0] for v in trip)
        for v in trip:
            legs.append(kg)
            kg += p.pick[v, 0] - p.drop[v, 0]
        legs.append(kg)
    return legs


def _shortest(p: KernelProblem, kind: int, visits: Sequence[int], drive: Sequence[float]) -> float:
    """Shortest duty over all departures, windows and rests on arrival."""
    releases = [
        max((p.release_s[v] for v in trip), default=-np.inf) if len(p.release_s) else -np.inf
        for trip in trips(visits)
    ]
    rests = [(0, 1)] * len(visits) if sum(drive) > p.max_stretch_s else [(0,)] * len(visits)
    windows = [range(p.window[v], p.window[v + 1]) if v >= 0 else (-1,) for v in visits]
    best = np.inf
    earliest = max(p.from_s[kind], releases[0])
    for choice in product(*rests):
        for chosen in product(*windows):
            # Leaving later than needed only helps up to the first wait: candidates are all waits' ends.
            start, waited = earliest, _day(p, kind, visits, drive, choice, chosen, releases, earliest)
            if waited is None:
                continue
            low, high = start, p.to_s[kind]
            end = waited
            # The day's end does not fall with the start, and start + shortest day = end beyond some start.
            for _ in range(60):
                middle = np.floor((low + high + 1) / 2)
                if (
                    middle > low
                    and _day(p, kind, visits, drive, choice, chosen, releases, middle) is not None
                ):
                    low = middle
                else:
                    high = middle - 1
                if high <= low:
                    break
            latest = _day(p, kind, visits, drive, choice, chosen, releases, low)
            assert latest is not None
            best = min(best, latest - low, end - start)
    return best


def _day(p, kind, visits, drive, rests, chosen, releases, start) -> float | None:  # type: ignore[no-untyped-def]
    clock, since, trip = start, 0.0, 0
    for x, v in enumerate(visits):
        clock, since = _drive(p, clock, since, drive[x])
        if rests[x]:
            clock, since = clock + p.break_s, 0.0
        if v < 0:
            trip += 1
            service = p.reload_s[-1 - v]
            clock = max(clock + service, releases[trip])
        else:
            service = p.service_s[p.by_hand[kind], v]
            clock = max(clock, p.opens_s[chosen[x]])
            if clock > p.closes_s[chosen[x]]:
                return None
            clock += service
        if p.service_is_break and service >= p.break_s:
            since = 0.0
    clock, _ = _drive(p, clock, since, drive[-1])
    return clock if clock <= p.to_s[kind] else None


def _drive(p: KernelProblem, clock: float, since: float, leg: float) -> tuple[float, float]:
    while since + leg > p.max_stretch_s:
        clock += p.max_stretch_s - since + p.break_s
        leg -= p.max_stretch_s - since
        since = 0.0
    return clock + leg, since + leg


def every_tour(p: KernelProblem) -> dict[frozenset[int], dict[int, float]]:
    """Cheapest tour of each set of stops by kind: all orders, all places of hub visits."""
    best: dict[frozenset[int], dict[int, float]] = {}
    for size in range(1, len(p.place) + 1):
        for order in permutations(range(len(p.place)), size):
            for kind in range(len(p.starts)):
                for visits in _with_hubs(p, kind, order):
                    eur = replay(p, kind, visits)
                    if eur < np.inf:
                        kinds = best.setdefault(frozenset(order), {})
                        kinds[kind] = min(eur, kinds.get(kind, np.inf))
    return best


def _with_hubs(p: KernelProblem, kind: int, order: Sequence[int]) -> Iterator[tuple[int, ...]]:
    hubs = [None, *range(p.reload[kind], p.reload[kind + 1])] if p.max_reloads[kind] else [None]
    for between in product(hubs, repeat=len(order) - 1):
        if sum(hub is not None for hub in between) <= p.max_reloads[kind]:
            visits = [order[0]]
            for hub, stop in zip(between, order[1:], strict=True):
                visits += [stop] if hub is None else [-1 - hub, stop]
            yield tuple(visits)


def cheapest_plan(p: KernelProblem) -> float:
    """Cost of the best plan [EUR], stops left out included."""
    tours = every_tour(p)

    def rest(left: frozenset[int], used: tuple[int, ...]) -> float:
        if not left:
            return 0.0
        stop = min(left)
        best = p.skip_eur[stop] + rest(left - {stop}, used)
        for stops, kinds in tours.items():
            if stop in stops and stops <= left:
                for kind, eur in kinds.items():
                    after = list(used)
                    for resource in p.resource[p.needs[kind] : p.needs[kind + 1]]:
                        after[resource] += 1
                    if all(a <= b for a, b in zip(after, p.stock, strict=True)):
                        best = min(best, eur + rest(left - stops, tuple(after)))
        return float(best)

    return rest(frozenset(range(len(p.place))), (0,) * len(p.stock))
