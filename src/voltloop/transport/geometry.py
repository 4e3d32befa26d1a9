"""Lengths on the sphere."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["great_circle_km", "unit_vectors"]

_EARTH_RADIUS_KM = 6371.0088


def great_circle_km(
    lat_a: ArrayLike, lon_a: ArrayLike, lat_b: ArrayLike, lon_b: ArrayLike
) -> NDArray[np.float64]:
    """Length of the shortest line over the ground between points [km].

    Parameters
    ----------
    lat_a, lon_a, lat_b, lon_b
        Degrees; any shapes that NumPy can bring together.

    References
    ----------
    Haversine formula on a sphere of the earth's mean radius, 6371.0088 km; within 0.5 % of the ellipsoid.

    Examples
    --------
    >>> round(float(great_circle_km(48.8566, 2.3522, 52.52, 13.405)))
    877
    """
    north_a, east_a, north_b, east_b = (
        np.radians(np.asarray(value, np.float64)) for value in (lat_a, lon_a, lat_b, lon_b)
    )
    height = np.sin((north_b - north_a) / 2) ** 2
    width = np.cos(north_a) * np.cos(north_b) * np.sin((east_b - east_a) / 2) ** 2
    length_km: NDArray[np.float64] = np.asarray(
        2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(height + width, 1.0)))
    )
    return length_km


def unit_vectors(lat: ArrayLike, lon: ArrayLike) -> NDArray[np.float64]:
    """Points as directions from the earth's centre, shape (points, 3), in earth radii of kilometres.

    Straight-line distances between them are within 0.1 % of the ground's up to 500 km, and know neither poles nor
    the 180th meridian: right for a search tree.

    Examples
    --------
    >>> unit_vectors([0.0], [90.0]).round(3).tolist()
    [[0.0, 6371.009, 0.0]]
    """
    north, east = np.radians(np.asarray(lat, np.float64)), np.radians(np.asarray(lon, np.float64))
    flat = np.cos(north)
    return _EARTH_RADIUS_KM * np.column_stack([flat * np.cos(east), flat * np.sin(east), np.sin(north)])
