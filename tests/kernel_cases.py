"""Small problems for the compiled search: each array that a test does not name limits nothing and costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from voltloop.collection.kernel.arrays import MATRIX, PLANE, KernelProblem

DAY_S = 86_400.0
REQUIRED_EUR = 1e9


def kernel_problem(
    stops: int, *, kinds: int = 1, measures: int = 1, places: int = 0, **changed: Any
) -> KernelProblem:
    """A problem of free stops at places 1 to ``stops`` on a plane of zeros, and depots at place 0."""
    places = places or stops + 1
    arrays: dict[str, Any] = {
        "metric": PLANE,
        "xyz": np.zeros((places, 3)),
        "km": np.zeros((0, 0, 0)),
        "drive_s": np.zeros((0, 0, 0)),
        "plane_scale": 1.0,
        "plane_offset": -1.0,
        "s_per_km": np.ones(1),
        "land": np.zeros(0, np.int32),
        "detour": np.zeros((0, 2)),
        "speed": np.zeros((0, 0, 2)),
        "place": np.arange(1, stops + 1, dtype=np.int32),
        "service_s": np.zeros((2, stops)),
        "window": np.arange(stops + 1, dtype=np.int32),
        "opens_s": np.full(stops, -np.inf),
        "closes_s": np.full(stops, np.inf),
        "release_s": np.zeros(0),
        "pick": np.zeros((stops, measures)),
        "drop": np.zeros((stops, measures)),
        "skip_eur": np.full(stops, REQUIRED_EUR),
        "goods": np.zeros(stops, np.uint64),
        "clash": np.zeros(stops, np.uint64),
        "end_clash": np.zeros(kinds, np.uint64),
        "allowed": np.ones((stops, kinds), np.bool_),
        "extra_eur": np.zeros((0, kinds)),
        "starts": np.zeros(kinds, np.int32),
        "ends": np.zeros(kinds, np.int32),
        "room": np.full((kinds, measures), np.inf),
        "fixed_eur": np.zeros(kinds),
        "eur_per_km": np.ones(kinds),
        "eur_per_s": np.zeros(kinds),
        "eur_per_kg_km": np.zeros(kinds),
        "from_s": np.full(kinds, -np.inf),
        "to_s": np.full(kinds, np.inf),
        "max_duty_s": np.full(kinds, np.inf),
        "max_driving_s": np.full(kinds, np.inf),
        "by_hand": np.zeros(kinds, np.int32),
        "profile": np.zeros(kinds, np.int32),
        "max_reloads": np.zeros(kinds, np.int32),
        "reload": np.zeros(kinds + 1, np.int32),
        "reload_place": np.zeros(0, np.int32),
        "reload_s": np.zeros(0),
        "needs": np.zeros(kinds + 1, np.int32),
        "resource": np.zeros(0, np.int32),
        "stock": np.zeros(0, np.int64),
        "max_stretch_s": np.inf,
        "break_s": np.inf,
        "service_is_break": False,
    }
    arrays["reload_clash"] = np.zeros(len(changed.get("reload_place", ())), np.uint64)
    unknown = set(changed) - set(arrays)
    assert not unknown, f"no such array: {unknown}"
    return KernelProblem(**{name: changed.get(name, value) for name, value in arrays.items()})


def plane(
    points: Sequence[Sequence[float]], loads: Sequence[float], room: float, **changed: Any
) -> KernelProblem:
    """A capacity-only problem: the depot first, then a stop at each further point of the plane."""
    xyz = np.zeros((len(points), 3))
    xyz[:, :2] = points
    pick = np.asarray(loads, np.float64)[:, None]
    return kernel_problem(len(points) - 1, xyz=xyz, pick=pick, room=np.array([[room]]), **changed)


def matrix(km: Any, drive_s: Any = None, **changed: Any) -> KernelProblem:
    """A problem of free stops whose lengths, and times in seconds, are given; the depot first."""
    length = np.asarray(km, np.float64)[None]
    time = length if drive_s is None else np.asarray(drive_s, np.float64)[None]
    return kernel_problem(length.shape[1] - 1, metric=MATRIX, km=length, drive_s=time, **changed)
