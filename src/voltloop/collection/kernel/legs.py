"""Length and driving time of one leg, compiled, for each of the three metrics of a problem.

Compiled without relaxed floating point, so that Python callers and compiled callers get the very same numbers.
"""

from __future__ import annotations

from math import asin, inf, sqrt
from typing import Final

import numpy as np
from numba import njit

from voltloop.collection.kernel.arrays import MATRIX, PLANE, Floats, KernelProblem

__all__ = ["leg_km", "leg_s"]

_EARTH_DIAMETER_KM: Final = 2 * 6371.0088


@njit(cache=True)
def leg_km(p: KernelProblem, a: int, b: int, profile: int) -> float:
    """Length of the way from one place to another [km]; ``inf`` where no road leads.

    Parameters
    ----------
    p
        The problem.
    a, b
        Places.
    profile
        Row of ``km``; the other metrics have the same lengths for every profile.
    """
    if p.metric == MATRIX:
        return float(p.km[profile, a, b])
    x = p.xyz[a, 0] - p.xyz[b, 0]
    y = p.xyz[a, 1] - p.xyz[b, 1]
    if p.metric == PLANE:
        scaled = p.plane_scale * sqrt(x * x + y * y)
        return float(np.floor(scaled + p.plane_offset)) if p.plane_offset >= 0.0 else scaled
    if len(p.land) > 0 and (p.land[a] != p.land[b] or p.land[a] < 0):
        return inf
    z = p.xyz[a, 2] - p.xyz[b, 2]
    straight = _EARTH_DIAMETER_KM * asin(min(0.5 * sqrt(x * x + y * y + z * z), 1.0))
    return straight * _detour(p.detour, straight)


@njit(cache=True)
def leg_s(p: KernelProblem, a: int, b: int, profile: int) -> float:
    """Driving time from one place to another in whole seconds, rounded up; ``inf`` where no road leads.

    Parameters
    ----------
    p
        The problem.
    a, b
        Places.
    profile
        Row of ``drive_s``, ``s_per_km`` or ``speed``.
    """
    if p.metric == MATRIX:
        return _whole(p.drive_s[profile, a, b])
    km = leg_km(p, a, b, profile)
    if km == inf:
        return inf
    if p.metric == PLANE:
        return _whole(km * p.s_per_km[profile])
    hours, begin = 0.0, 0.0
    for stretch in range(p.speed.shape[1]):
        end = min(km, p.speed[profile, stretch, 0])
        hours += (end - begin) / p.speed[profile, stretch, 1]
        begin = end
        if begin >= km:
            break
    return _whole(hours * 3600.0)


@njit(cache=True)
def _whole(seconds: float) -> float:
    # The same grain of tolerance as `Roads.drive_s`: a rounding error does not cost a second.
    return float(np.ceil(seconds - 1e-6))


@njit(cache=True)
def _detour(factors: Floats, straight_km: float) -> float:
    last = len(factors) - 1
    if straight_km <= factors[0, 0]:
        return float(factors[0, 1])
    for i in range(last):
        if straight_km <= factors[i + 1, 0]:
            slope = (factors[i + 1, 1] - factors[i, 1]) / (factors[i + 1, 0] - factors[i, 0])
            return float(factors[i, 1] + slope * (straight_km - factors[i, 0]))
    return float(factors[last, 1])
