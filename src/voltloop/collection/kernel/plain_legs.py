"""Cost of legs for a search that knows one vehicle kind and one depot: only what it reads, close together."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, sqrt
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload

from voltloop.collection.kernel.arrays import MATRIX, PLANE, Floats, Ints, KernelProblem
from voltloop.collection.kernel.legs import sphere_km, sphere_s, whole_s
from voltloop.collection.kernel.savings import leg_eur

__all__ = ["Law", "Legs", "between_stops", "leg_between", "legs_of", "near_eur"]


class Plane(NamedTuple):
    """Numbers that costs of legs on a plane follow from."""

    eur_per_tour: float
    eur_per_km: float
    eur_per_s: float
    s_per_km: float
    scale: float
    offset: float


class Sphere(NamedTuple):
    """Numbers that costs of legs on the sphere follow from; ``stretches`` rows of ``Legs.road`` are speeds."""

    eur_per_tour: float
    eur_per_km: float
    eur_per_s: float
    stretches: int


class Table(NamedTuple):
    """Costs of legs are read; a tour has a cost besides."""

    eur_per_tour: float


Law = Plane | Sphere | Table


class Legs(NamedTuple):
    """What legs cost. Compiled functions are handed the fields one by one (see the head of the package).

    Attributes
    ----------
    law
        The numbers; its type decides which of the metrics the search is compiled for.
    point
        (N, 4) coordinates and land mass of each stop, any mass but -1 where masses do not matter; of a problem of
        matrices (N, N) costs between stops.
    depot
        (N, 2) cost from the depot and to the depot [EUR].
    road
        Rows of ``speed`` of the only profile, and below them those of ``detour``.
    """

    law: Law
    point: Floats
    depot: Floats
    road: Floats


def legs_of(p: KernelProblem) -> Legs:
    """Legs of a problem of one kind."""
    road = int(p.profile[0])
    land = p.land[p.place].astype(np.float64) if len(p.land) else np.zeros(len(p.place))
    speed = p.speed[road] if len(p.speed) else np.zeros((0, 2))
    eur = (float(p.fixed_eur[0]), float(p.eur_per_km[0]), float(p.eur_per_s[0]))
    law: Law = Table(eur[0]) if p.metric == MATRIX else Sphere(*eur, len(speed))
    if p.metric == PLANE:
        law = Plane(*eur, float(p.s_per_km[road]), float(p.plane_scale), float(p.plane_offset))
    point: Floats = _table(p) if p.metric == MATRIX else np.column_stack([p.xyz[p.place], land])
    return Legs(law, point, _depot_legs(p), np.vstack([speed, p.detour]))


def _table(p: KernelProblem) -> Floats:
    road, among = p.profile[0], np.ix_(p.place, p.place)
    eur = p.eur_per_km[0] * p.km[road][among]
    if p.eur_per_s[0] != 0.0:
        eur += p.eur_per_s[0] * np.ceil(p.drive_s[road][among] - 1e-6)
    return np.asarray(eur)


@njit(cache=True)
def _depot_legs(p: KernelProblem) -> Floats:
    depot = np.empty((len(p.place), 2))
    for stop in range(len(p.place)):
        depot[stop, 0] = leg_eur(p, p.starts[0], p.place[stop], 0)
        depot[stop, 1] = leg_eur(p, p.place[stop], p.ends[0], 0)
    return depot


def between_stops(law: Law, point: Floats, road: Floats, a: int, b: int) -> float:
    """Cost of the leg from stop to stop [EUR]. For compiled callers: the law's type decides what is compiled."""
    return _WAYS[type(law)](law, point, road, a, b)


def _on_plane(law: Plane, point: Floats, road: Floats, a: int, b: int) -> float:  # noqa: ARG001
    x = point[a, 0] - point[b, 0]
    y = point[a, 1] - point[b, 1]
    km = law.scale * sqrt(x * x + y * y)
    if law.offset >= 0.0:
        km = np.floor(km + law.offset)
    if law.eur_per_s == 0.0:
        return law.eur_per_km * km
    return law.eur_per_km * km + law.eur_per_s * whole_s(law.s_per_km * km)


def _on_sphere(law: Sphere, point: Floats, road: Floats, a: int, b: int) -> float:
    if point[a, 3] != point[b, 3] or point[a, 3] < 0.0:
        return inf
    x = point[a, 0] - point[b, 0]
    y = point[a, 1] - point[b, 1]
    z = point[a, 2] - point[b, 2]
    km = sphere_km(road[law.stretches :], sqrt(x * x + y * y + z * z))
    time_s = sphere_s(road[: law.stretches], km) if law.eur_per_s != 0.0 else 0.0
    return law.eur_per_km * km + law.eur_per_s * time_s


def _in_table(law: Table, point: Floats, road: Floats, a: int, b: int) -> float:  # noqa: ARG001
    return float(point[a, b])


@overload(between_stops, strict=False)
def _compiled(law: Any, point: Any, road: Any, a: Any, b: Any) -> Any:  # noqa: ARG001
    # With all metrics in one function it grows too large to be compiled into the loops: a third slower.
    return _WAYS[law.instance_class]


_WAYS: Final[dict[Any, Callable[..., float]]] = {Plane: _on_plane, Sphere: _on_sphere, Table: _in_table}


@njit(cache=True)
def leg_between(law: Law, point: Floats, depot: Floats, road: Floats, a: int, b: int) -> float:
    """Cost of the leg from node to node [EUR]; nodes from N on are depots."""
    stops = len(depot)
    if a >= stops:
        return 0.0 if b >= stops else float(depot[b, 0])
    return float(depot[a, 1]) if b >= stops else between_stops(law, point, road, a, b)


@njit(cache=True)
def near_eur(legs: Legs, near: Ints) -> Floats:
    """Cost of the legs from each stop to its near neighbours [EUR], (N, k)."""
    law, point, _, road = legs
    eur = np.empty(near.shape)
    for stop in range(near.shape[0]):
        for k in range(near.shape[1]):
            eur[stop, k] = between_stops(law, point, road, stop, near[stop, k])
    return eur
