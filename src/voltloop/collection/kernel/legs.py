"""Length and driving time of one leg, compiled, for each of the three metrics of a problem.

Compiled without relaxed floating point, so that Python callers and compiled callers get the very same numbers.
"""

from __future__ import annotations

from math import asin, inf, sqrt
from typing import Final

import numpy as np
from numba import njit

from voltloop.collection.kernel.arrays import MATRIX, PLANE, Floats, KernelProblem

__all__ = ["leg_km", "leg_s", "sphere_km", "sphere_s", "whole_s"]

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
    return sphere_km(p.detour, sqrt(x * x + y * y + z * z))


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
        return whole_s(p.drive_s[profile, a, b])
    km = leg_km(p, a, b, profile)
    if km == inf:
        return inf
    if p.metric == PLANE:
        return whole_s(km * p.s_per_km[profile])
    return sphere_s(p.speed[profile], km)


@njit(cache=True)
def sphere_km(detour: Floats, chord: float) -> float:
    """Length of the way between two points of the sphere [km], given ``detour`` and the chord of their unit vectors."""
    straight = _EARTH_DIAMETER_KM * asin(min(0.5 * chord, 1.0))
    return straight * _factor(detour, straight)


@njit(cache=True)
def sphere_s(speed: Floats, km: float) -> float:
    """Driving time of a way in whole seconds, given the (S, 2) stretches of a profile."""
    hours, begin = 0.0, 0.0
    for stretch in range(len(speed)):
        end = min(km, speed[stretch, 0])
        hours += (end - begin) / speed[stretch, 1]
        begin = end
        if begin >= km:
            break
    return whole_s(hours * 3600.0)


@njit(cache=True)
def whole_s(seconds: float) -> float:
    """Seconds rounded up, with the grain of tolerance of ``Roads.drive_s``: a rounding error costs no second."""
    return float(np.ceil(seconds - 1e-6))


@njit(cache=True)
def _factor(factors: Floats, straight_km: float) -> float:
    last = len(factors) - 1
    if straight_km <= factors[0, 0]:
        return float(factors[0, 1])
    for i in range(last):
        if straight_km <= factors[i + 1, 0]:
            slope = (factors[i + 1, 1] - factors[i, 1]) / (factors[i + 1, 0] - factors[i, 0])
            return float(factors[i, 1] + slope * (straight_km - factors[i, 0]))
    return float(factors[last, 1])
