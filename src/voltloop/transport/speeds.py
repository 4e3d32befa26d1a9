"""Driving times from lengths, by kind of vehicle.

The built-in road network does not tell a motorway from a lane. What it does not know is approximated by the length
of the way: the longer, the more of it runs on fast roads. The speeds stand in ``catalogue/road_speeds.csv``.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voltloop.errors import InputError, nearest

__all__ = ["hours", "profiles", "speed_bands"]


@cache
def profiles() -> tuple[str, ...]:
    """Kinds of vehicle that driving times are known for.

    Examples
    --------
    >>> profiles()
    ('van', 'rigid', 'artic')
    """
    return tuple(speed_bands())


def hours(km: ArrayLike, profile: str) -> NDArray[np.float64]:
    """Driving time of ways of the given lengths, without rests [h].

    Parameters
    ----------
    km
        Lengths, not negative; infinite ones take infinitely long.
    profile
        Kind of vehicle.

    Raises
    ------
    InputError
        No speeds are known for ``profile``.

    Notes
    -----
    Each stretch of a way has its own speed: the first 10 km are town, and so on. Time grows with length, ever more
    slowly, so that a detour over a third place is never faster than its length allows.

    Examples
    --------
    >>> hours([0.0, 10.0, 800.0], "rigid").round(2).tolist()
    [0.0, 0.36, 11.83]
    """
    bands = speed_bands().get(profile)
    if bands is None:
        raise InputError(
            f'"{profile}" is not a kind of vehicle with known speeds.{nearest(profile, speed_bands())} '
            f"Known: {', '.join(speed_bands())}. Add it to catalogue/road_speeds.csv or choose one of them.",
            code="unknown-profile",
        )
    starts, speeds = bands
    length = np.asarray(km, dtype=np.float64)
    time_h = np.zeros(length.shape)
    for start, end, speed in zip(starts, [*starts[1:], np.inf], speeds, strict=True):
        time_h += np.clip(length - start, 0.0, end - start) / speed
    return time_h


@cache
def speed_bands() -> dict[str, tuple[list[float], list[float]]]:
    """For each kind of vehicle, the length [km] at which each stretch of a way begins, and the speed on it [km/h]."""
    text = (resources.files("voltloop.catalogue") / "road_speeds.csv").read_text(encoding="utf-8")
    bands: dict[str, tuple[list[float], list[float]]] = {}
    for row in csv.DictReader(text.splitlines()):
        starts, speeds = bands.setdefault(row["profile"], ([], []))
        starts.append(float(row["from_km"]))
        speeds.append(float(row["kmh"]))
    return bands
