"""Roads between the places of a tour problem: matrices, or coordinates where matrices would not fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["EstimatedRoads", "PlaneRoads", "RoadSource", "Roads"]


class RoadSource(Protocol):
    """Lengths and driving times between numbered places, for one kind of vehicle."""

    @property
    def place_count(self) -> int:
        """Number of places; they are numbered from 0."""
        ...

    def km_of(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.float64]:
        """Lengths [km] of legs between places, arrays broadcast; ``inf`` where no road leads."""
        ...

    def drive_s_of(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.int64]:
        """Driving times in whole seconds, rounded up; -1 where no road leads."""
        ...


@dataclass(frozen=True)
class Roads:
    """Distances and driving times between all places as matrices.

    Attributes
    ----------
    distance_km, duration_h
        Square arrays, row = from, column = to. ``inf`` or NaN where no road leads.
    """

    distance_km: NDArray[np.float64]
    duration_h: NDArray[np.float64]

    @property
    def place_count(self) -> int:
        """Number of places."""
        return int(self.distance_km.shape[0])

    def km_of(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.float64]:
        """See :class:`RoadSource`."""
        return np.asarray(self.km[np.asarray(start), np.asarray(end)])

    def drive_s_of(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.int64]:
        """See :class:`RoadSource`."""
        return np.asarray(self.drive_s[np.asarray(start), np.asarray(end)])

    @cached_property
    def reachable(self) -> NDArray[np.bool_]:
        """Pairs that a road joins: both numbers finite and not negative."""
        finite = np.isfinite(self.distance_km) & np.isfinite(self.duration_h)
        return finite & (np.nan_to_num(self.distance_km) >= 0) & (np.nan_to_num(self.duration_h) >= 0)

    @cached_property
    def km(self) -> NDArray[np.float64]:
        """Distances with ``inf`` for every pair that no road joins."""
        return np.where(self.reachable, self.distance_km, np.inf)

    @cached_property
    def drive_s(self) -> NDArray[np.int64]:
        """Driving times in whole seconds, rounded up; -1 for every pair that no road joins."""
        hours = np.where(self.reachable, self.duration_h, 0.0)
        return _whole_seconds(np.where(self.reachable, hours * 3600.0, np.inf))


@dataclass(frozen=True)
class PlaneRoads:
    """Straight lines in a plane, as published test instances have them; no road leads to a place without coordinates.

    Attributes
    ----------
    xy
        (P, 2) coordinates.
    scale, offset
        km = floor(scale x length + offset); an offset below 0 means no rounding. Offset 0.5 rounds, 0 cuts.
    s_per_km
        Driving time of one km [s]; driving times are rounded up to whole seconds.
    """

    xy: NDArray[np.float64]
    scale: float = 1.0
    offset: float = -1.0
    s_per_km: float = 60.0

    @property
    def place_count(self) -> int:
        """Number of places."""
        return int(self.xy.shape[0])

    def km_of(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.float64]:
        """See :class:`RoadSource`."""
        way = self.xy[np.asarray(start)] - self.xy[np.asarray(end)]
        length = self.scale * np.sqrt(way[..., 0] * way[..., 0] + way[..., 1] * way[..., 1])
        km = length if self.offset < 0 else np.floor(length + self.offset)
        return np.where(np.isfinite(km), km, np.inf)

    def drive_s_of(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.int64]:
        """See :class:`RoadSource`."""
        return _whole_seconds(self.km_of(start, end) * self.s_per_km)


@dataclass(frozen=True)
class EstimatedRoads:
    """Great circle times a detour factor: tens of thousands of places without a matrix.

    Attributes
    ----------
    lat, lon
        (P,) degrees.
    profile
        Kind of vehicle whose speeds count (``catalogue/road_speeds.csv``).

    Notes
    -----
    No road leads between land masses that no fixed link joins, nor to a place at sea or without coordinates. The same
    estimate as :class:`voltloop.transport.GreatCircle`, but for the share of a leg that lies over the sea, which is
    left out.
    """

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    profile: str = "rigid"

    @property
    def place_count(self) -> int:
        """Number of places."""
        return int(self.lat.shape[0])

    @cached_property
    def land(self) -> NDArray[np.int64]:
        """Land mass of each place, -1 for none; masses that fixed links join count as one."""
        from voltloop.transport.great_circle import joined_land
        from voltloop.transport.provider import Places

        known = (np.abs(self.lat) <= 90.0) & (np.abs(self.lon) <= 180.0)
        land = joined_land(Places.of(np.where(known, self.lat, 0.0), np.where(known, self.lon, 0.0)))
        return np.where(known, land, -1)

    def km_of(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.float64]:
        """See :class:`RoadSource`."""
        from voltloop.transport.geometry import great_circle_km
        from voltloop.transport.great_circle import detour_factor

        a, b = np.asarray(start), np.asarray(end)
        straight = great_circle_km(self.lat[a], self.lon[a], self.lat[b], self.lon[b])
        joined = (self.land[a] == self.land[b]) & (self.land[a] >= 0)
        return np.where(joined, straight * detour_factor(straight), np.inf)

    def drive_s_of(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.int64]:
        """See :class:`RoadSource`."""
        from voltloop.transport.speeds import hours

        km = self.km_of(start, end)
        return _whole_seconds(hours(km, self.profile) * 3600.0)


def _whole_seconds(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round up; -1 for what takes for ever. A rounding error does not cost a second."""
    joined = np.isfinite(seconds)
    return np.where(joined, np.ceil(np.where(joined, seconds, 0.0) - 1e-6), -1.0).astype(np.int64)
