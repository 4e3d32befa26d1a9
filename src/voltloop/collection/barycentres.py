"""Cut tours into parts of neighbours, and put the parts together again.

Tours, not stops, are cut: by recursive bisection of their barycentres in a fresh random direction each time, so that
over the passes every pair of neighbouring tours meets in some part. What the parts share (vehicles, drivers) is dealt
out so that together they never use more than there is.

References
----------
Santini, Schneider, Vidal, Vigo (2023), INFORMS Journal on Computing 35(3), 543-559 (barycentre clustering).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.kernel.arrays import MATRIX, Floats, Ints, KernelProblem, KernelTours

__all__ = ["PartTours", "bisect", "cut", "join", "subproblem"]


@dataclass(frozen=True, slots=True)
class PartTours:
    """One part: its stops, kinds and stock of the whole problem's resources, and its tours in its own numbers."""

    stops: Ints
    kinds: Ints
    stock: NDArray[np.int64]
    tours: KernelTours


def bisect(points: Floats, weights: Floats, parts: int, rng: np.random.Generator) -> Ints:
    """Cut points into parts of about equal weight, each half again in a direction of its own.

    Parameters
    ----------
    points
        (T, d) positions.
    weights
        (T,) not negative.
    parts
        At least 1; no more than there are points.

    Returns
    -------
    numpy.ndarray
        (T,) number of the part of each point.
    """
    labels = np.zeros(len(points), dtype=np.int32)
    stack = [(np.arange(len(points)), 0, max(1, min(parts, len(points))))]
    while stack:
        members, first, count = stack.pop()
        labels[members] = first
        if count == 1 or len(members) < count:
            continue
        left = count // 2
        along = points[members] @ rng.normal(size=points.shape[1])
        order = members[np.argsort(along, kind="stable")]
        share = np.cumsum(weights[order]) - weights[order] / 2
        at = (
            int(np.searchsorted(share, share[-1] * left / count))
            if share[-1] > 0
            else len(order) * left // count
        )
        at = min(max(at, left), len(order) - (count - left))
        stack += [(order[:at], first, left), (order[at:], first + left, count - left)]
    return labels


def cut(p: KernelProblem, tours: KernelTours, parts: int, rng: np.random.Generator) -> list[PartTours]:
    """Cut a plan into parts with all its stops; a stop that is left out goes with the tour nearest to it."""
    points = _positions(p)
    bars = np.array([_barycentre(points, visits) for visits in _each(tours)]).reshape(-1, points.shape[1])
    sizes = np.array([float((visits >= 0).sum()) for visits in _each(tours)])
    labels = bisect(bars, sizes, parts, rng)
    out = np.setdiff1d(np.arange(len(p.place)), tours.visits[tours.visits >= 0])
    nearest = _nearest(bars, points[out])
    stocks = _deal(p, tours, labels, rng)
    found = []
    for part in range(int(labels.max(initial=-1)) + 1):
        members = [visits for visits, label in zip(_each(tours), labels, strict=True) if label == part]
        served = np.concatenate([visits[visits >= 0] for visits in members])
        stops = np.sort(np.concatenate([served, out[labels[nearest] == part]])).astype(np.int32)
        used = tours.kind[labels == part]
        kinds = np.union1d(np.flatnonzero(p.allowed[stops].any(axis=0)), used).astype(np.int32)
        found.append(PartTours(stops, kinds, stocks[part], _renumber(p, stops, kinds, used, members)))
    return found


def join(p: KernelProblem, parts: Sequence[PartTours]) -> KernelTours:
    """Put the tours of the parts together, in the numbers of the whole problem."""
    kinds, visits = [np.zeros(0, np.int32)], []
    for part in parts:
        kinds.append(part.kinds[part.tours.kind])
        shift = _hub_shift(p, part.kinds)
        for kind, tour in zip(part.tours.kind, _each(part.tours), strict=True):
            visits.append(np.where(tour >= 0, part.stops[np.maximum(tour, 0)], tour - shift[kind]))
    return _flat(np.concatenate(kinds), visits)


def subproblem(p: KernelProblem, part: PartTours) -> KernelProblem:
    """Give the arrays of a part; matrices are those of the whole problem, coordinates only those of the part."""
    stops, kinds = part.stops, part.kinds
    windows = [np.arange(p.window[stop], p.window[stop + 1]) for stop in stops]
    at = np.concatenate(windows) if windows else np.zeros(0, np.int64)
    hubs = [np.arange(p.reload[kind], p.reload[kind + 1]) for kind in kinds]
    hub = np.concatenate(hubs) if hubs else np.zeros(0, np.int64)
    needs = [p.resource[p.needs[kind] : p.needs[kind + 1]] for kind in kinds]
    place, starts, ends, reload_place = p.place[stops], p.starts[kinds], p.ends[kinds], p.reload_place[hub]
    if p.metric != MATRIX:
        near = np.unique(np.concatenate([place, starts, ends, reload_place]))
        p = p._replace(xyz=p.xyz[near], land=p.land[near] if len(p.land) else p.land)
        place, starts, ends, reload_place = (
            np.searchsorted(near, at).astype(np.int32) for at in (place, starts, ends, reload_place)
        )
    return p._replace(
        place=place, service_s=np.ascontiguousarray(p.service_s[:, stops]),
        window=_begins(windows), opens_s=p.opens_s[at], closes_s=p.closes_s[at],
        release_s=p.release_s[stops] if len(p.release_s) else p.release_s,
        pick=p.pick[stops], drop=p.drop[stops], skip_eur=p.skip_eur[stops],
        goods=p.goods[stops] if len(p.goods) else p.goods,
        clash=p.clash[stops] if len(p.clash) else p.clash,
        end_clash=p.end_clash[kinds],
        allowed=np.ascontiguousarray(p.allowed[np.ix_(stops, kinds)]),
        extra_eur=np.ascontiguousarray(p.extra_eur[np.ix_(stops, kinds)]) if len(p.extra_eur) else p.extra_eur,
        starts=starts, ends=ends, room=p.room[kinds], fixed_eur=p.fixed_eur[kinds],
        eur_per_km=p.eur_per_km[kinds], eur_per_s=p.eur_per_s[kinds], eur_per_kg_km=p.eur_per_kg_km[kinds],
        from_s=p.from_s[kinds], to_s=p.to_s[kinds], max_duty_s=p.max_duty_s[kinds],
        max_driving_s=p.max_driving_s[kinds], by_hand=p.by_hand[kinds], profile=p.profile[kinds],
        max_reloads=p.max_reloads[kinds], reload=_begins(hubs),
        reload_place=reload_place, reload_s=p.reload_s[hub], reload_clash=p.reload_clash[hub],
        needs=_begins(needs), resource=np.concatenate([np.zeros(0, np.int32), *needs]).astype(np.int32),
        stock=part.stock,
    )  # fmt: skip


def _each(tours: KernelTours) -> list[Ints]:
    return np.split(tours.visits, tours.begins[1:-1]) if len(tours.kind) else []


def _begins(groups: Sequence[NDArray[np.int64] | Ints]) -> Ints:
    return np.array(list(accumulate((len(group) for group in groups), initial=0)), dtype=np.int32)


def _flat(kinds: Ints, visits: Sequence[NDArray[np.int64] | Ints]) -> KernelTours:
    flat = np.concatenate([np.zeros(0, np.int32), *visits]).astype(np.int32)
    return KernelTours(kinds.astype(np.int32), _begins(visits), flat)


def _positions(p: KernelProblem) -> Floats:
    """Position of each stop; of a matrix, how far it is from a few places spread over all of them."""
    if p.metric != MATRIX:
        return p.xyz[p.place]
    marks = p.place[:: max(1, len(p.place) // 8)]
    far = p.km[0][np.ix_(p.place, marks)]
    most = float(np.max(far[np.isfinite(far)], initial=1.0))
    return np.where(np.isfinite(far), far, 2 * most)


def _barycentre(points: Floats, visits: Ints) -> Floats:
    found: Floats = points[visits[visits >= 0]].mean(axis=0)
    return found


def _nearest(bars: Floats, points: Floats) -> NDArray[np.int64]:
    from scipy.spatial import cKDTree

    if len(points) == 0 or len(bars) == 0:
        return np.zeros(0, np.int64)
    found: NDArray[np.int64] = cKDTree(bars).query(points)[1]
    return found


def _deal(p: KernelProblem, tours: KernelTours, labels: Ints, rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal out the resources: to each part what its tours use, and an even share of the rest."""
    parts = int(labels.max(initial=-1)) + 1
    used = np.zeros((parts, len(p.stock)), dtype=np.int64)
    for kind, label in zip(tours.kind, labels, strict=True):
        np.add.at(used[label], p.resource[p.needs[kind] : p.needs[kind + 1]], 1)
    rest = np.maximum(p.stock - used.sum(axis=0), 0)
    turn = (np.arange(parts)[:, None] + rng.integers(0, max(parts, 1), len(p.stock))[None, :]) % max(parts, 1)
    dealt: NDArray[np.int64] = used + rest // max(parts, 1) + (turn < rest % max(parts, 1))
    return dealt


def _hub_shift(p: KernelProblem, kinds: Ints) -> Ints:
    """By how much the number of a kind's hubs grows from the part to the whole."""
    counts = p.reload[kinds + 1] - p.reload[kinds]
    own = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(kinds) else np.zeros(0)
    return (p.reload[kinds] - own).astype(np.int32)


def _renumber(p: KernelProblem, stops: Ints, kinds: Ints, used: Ints, tours: Sequence[Ints]) -> KernelTours:
    local = np.searchsorted(kinds, used).astype(np.int32)
    shift = _hub_shift(p, kinds)
    visits = [
        np.where(tour >= 0, np.searchsorted(stops, tour), tour + shift[kind])
        for kind, tour in zip(local, tours, strict=True)
    ]
    return _flat(local, visits)
