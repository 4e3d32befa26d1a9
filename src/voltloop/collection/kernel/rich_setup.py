"""What the search with all constraints reads besides the problem: near stops, kinds for a stop alone, orders."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from voltloop.collection.kernel.arrays import MATRIX, SPHERE, Floats, KernelProblem
from voltloop.collection.kernel.legs import leg_km, leg_s
from voltloop.collection.kernel.rich_boxes import boxed_problem
from voltloop.collection.kernel.rich_state import NOWHERE, Static
from voltloop.collection.kernel.rich_timetable import Indices, price_alone, work_space

__all__ = ["apart_km", "has_windows", "ready", "static"]

_FAR_S = 1e9
_SOLO_KINDS = 12
_WAIT = 0.2
_MATRIX_PLACES = 1500


def ready(problem: KernelProblem) -> KernelProblem:
    """Return a problem in the layout that the compiled functions are built for.

    Every array is contiguous and may be written to, indices have 64 bits, times without limit become very long
    finite ones, and few places on the sphere get a matrix.

    Parameters
    ----------
    problem
        Any problem.
    """
    changed: dict[str, Any] = {
        name: np.require(value, np.int64 if value.dtype == np.int32 else None, ["C", "W"])
        for name, value in problem._asdict().items()
        if isinstance(value, np.ndarray)
    }
    for name in ("opens_s", "closes_s", "from_s", "to_s", "release_s"):
        changed[name] = np.clip(changed[name], -_FAR_S, _FAR_S)
    problem = problem._replace(**changed)
    if problem.metric == SPHERE and len(problem.xyz) <= _MATRIX_PLACES:
        km, drive_s = _matrices(boxed_problem(problem))
        problem = problem._replace(metric=MATRIX, km=km, drive_s=drive_s)
    return problem


@njit(cache=True)
def _matrices(p: KernelProblem) -> tuple[Floats, Floats]:
    profiles, places = len(p.speed), len(p.xyz)
    km, drive_s = np.empty((profiles, places, places)), np.empty((profiles, places, places))
    for profile in range(profiles):
        for a in range(places):
            for b in range(places):
                km[profile, a, b] = leg_km(p, a, b, profile)
                drive_s[profile, a, b] = leg_s(p, a, b, profile)
    return km, drive_s


def static(p: KernelProblem, boxed: Any, around: Indices, near: Indices) -> Static:
    """Return what a search reads besides the problem.

    Parameters
    ----------
    p
        The problem, from :func:`ready`.
    boxed
        The same, from :func:`voltloop.collection.kernel.rich_boxes.boxed_problem`.
    around, near
        See :class:`Static`.
    """
    around, near = np.require(around, np.int64, ["C", "W"]), np.require(near, np.int64, ["C", "W"])
    solo, solo_eur, has_more = _solo(boxed, min(len(p.starts), _SOLO_KINDS), work_space())
    peer, peers = _peers(p)
    keys, odds = _orders(p, boxed)
    return Static(
        around=around,
        near=near,
        near_leg=_near_legs(boxed, near),
        opens=p.opens_s[p.window[:-1]],
        closes=p.closes_s[p.window[1:] - 1],
        strict=np.diff(p.window) > 1,
        solo=solo,
        solo_eur=solo_eur,
        has_more_kinds=has_more,
        peer=peer,
        peers=peers,
        keys=keys,
        odds=odds,
        has_releases=len(p.release_s) > 0,
        has_goods=bool(np.any(p.clash) or np.any(p.end_clash) or np.any(p.reload_clash)),
        has_optional=bool(np.any(p.skip_eur < 2.0 * solo_eur[:, 0])),
        can_polish=len(p.starts) > 1 or bool(np.any(p.max_reloads)),
    )


def has_windows(p: KernelProblem) -> bool:
    """Whether the hours of the stops differ."""
    opens, closes = p.opens_s[p.window[:-1]], p.closes_s[p.window[1:] - 1]
    return bool(np.any(opens > opens.min(initial=np.inf)) or np.any(closes < closes.max(initial=-np.inf)))


@njit(cache=True)
def apart_km(p: KernelProblem, near: Indices, km: Floats) -> Floats:
    """How far stops are apart in length and time, in the better direction.

    Parameters
    ----------
    p
        The problem, boxed.
    near, km
        (N, n) stops and the lengths [km] of the ways there; -1 fills up.

    Returns
    -------
    NDArray
        (N, n) lengths and part of the wait that the hours force between them [km], ``inf`` for stops that cannot
        follow each other.

    References
    ----------
    Vidal, Crainic, Gendreau, Prins (2013), Computers & OR 40(1), sec. 4.4: correlated stops, with waits at 0.2.
    """
    apart = np.full(near.shape, np.inf)
    service_s, opens_s, closes_s, window, place = p.service_s, p.opens_s, p.closes_s, p.window, p.place
    for c in range(near.shape[0]):
        for x in range(near.shape[1]):
            n = near[c, x]
            if n == NOWHERE:
                break
            drive = leg_s(p, place[c], place[n], 0)
            for a, b in ((c, n), (n, c)):
                arrives = service_s[0, a] + drive
                if opens_s[window[a]] + arrives <= closes_s[window[b + 1] - 1]:
                    wait = max(opens_s[window[b]] - arrives - closes_s[window[a + 1] - 1], 0.0)
                    apart[c, x] = min(apart[c, x], km[c, x] + _WAIT * wait * km[c, x] / max(drive, 1.0))
    return apart


@njit(cache=True)
def _solo(p: KernelProblem, most: int, work: Floats) -> tuple[Indices, Floats, NDArray[np.bool_]]:
    """Kinds for a tour of each stop alone, cheapest first."""
    stops = len(p.place)
    kinds = np.full((stops, most), NOWHERE, np.int64)
    costs = np.full((stops, most), np.inf)
    has_more = np.zeros(stops, np.bool_)
    visits = np.zeros(2, np.int64)
    for c in range(stops):
        found = 0
        for kind in range(len(p.starts)):
            eur = price_alone(p, kind, c, visits, work)[0]
            if eur == np.inf:
                continue
            found += 1
            if eur >= costs[c, most - 1]:
                continue
            x = most - 1
            while x > 0 and costs[c, x - 1] > eur:
                costs[c, x], kinds[c, x] = costs[c, x - 1], kinds[c, x - 1]
                x -= 1
            costs[c, x], kinds[c, x] = eur, kind
        has_more[c] = found > most
    return kinds, costs, has_more


@njit(cache=True)
def _near_legs(p: KernelProblem, near: Indices) -> Floats:
    place = p.place
    legs = np.full((*near.shape, 2), np.inf)
    for c in range(near.shape[0]):
        for x in range(near.shape[1]):
            if near[c, x] != NOWHERE:
                legs[c, x, 0] = leg_km(p, place[near[c, x]], place[c], 0)
                legs[c, x, 1] = leg_km(p, place[c], place[near[c, x]], 0)
    return legs


def _peers(p: KernelProblem) -> tuple[Indices, Indices]:
    """Other kinds with the same start and end, cheapest first."""
    same: dict[tuple[int, int], list[int]] = {}
    for kind in np.lexsort((p.eur_per_km, p.fixed_eur)):
        same.setdefault((int(p.starts[kind]), int(p.ends[kind])), []).append(int(kind))
    rows = [
        [other for other in same[int(p.starts[kind]), int(p.ends[kind])] if other != kind]
        for kind in range(len(p.starts))
    ]
    peer = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return peer, np.array([other for row in rows for other in row], np.int64)


def _orders(p: KernelProblem, boxed: Any) -> tuple[Floats, Floats]:
    """Orders of putting back and how likely each is; weights of the paper, and one for the price of leaving out."""
    stops = len(p.place)
    loads = p.pick + p.drop
    scale = loads.max(axis=0, initial=0.0)
    share = (loads / np.where(scale > 0.0, scale, 1.0)).max(axis=1, initial=0.0)
    depot_km = _depot_km(boxed, np.unique(p.starts, return_index=True)[1].astype(np.int64))
    opens, closes = p.opens_s[p.window[:-1]], p.closes_s[p.window[1:] - 1]
    windows = has_windows(p)
    optional = bool(np.any(p.skip_eur < p.skip_eur.max(initial=0.0)))
    weights = np.array([4.0, 2.0, 1.0, 2.0 * windows, 2.0 * windows, 2.0 * windows, 4.0 * optional, 4.0])
    keys = np.stack([-share, -depot_km, depot_km, closes - opens, opens, -closes, -p.skip_eur])
    return np.ascontiguousarray(keys).reshape(7, stops), np.cumsum(weights / weights.sum())[:-1]


@njit(cache=True)
def _depot_km(p: KernelProblem, kinds: Indices) -> Floats:
    """Length of the way to each stop from the nearest place where one of some kinds starts [km]."""
    place, starts, profile = p.place, p.starts, p.profile
    shortest = np.full(len(place), np.inf)
    for c in range(len(place)):
        for kind in kinds:
            shortest[c] = min(shortest[c], leg_km(p, starts[kind], place[c], profile[kind]))
    return shortest
