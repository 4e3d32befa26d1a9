"""Distances with no network at all: the straight line times a factor."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voltloop.catalogue import land_mass_at, sea_km
from voltloop.transport.fixed_links import fixed_links
from voltloop.transport.geometry import great_circle_km
from voltloop.transport.provider import Distances, Places
from voltloop.transport.speeds import hours

__all__ = ["GreatCircle", "detour_factor", "detour_table", "joined_land"]

_SEA_DETOUR = 2.5


class GreatCircle:
    """Straight line times a detour factor; always there, always an estimate.

    Notes
    -----
    Reachable means: on the same land mass, or on two that fixed links join (``catalogue/fixed_links.csv``).
    Where the straight line runs over the sea between two places of one land mass (Bari to Dubrovnik), the
    factor grows by 2.5 times the share of the line that is sea, an assumption: no truck drives across, and the
    way round may be longer still.
    """

    def distances(self, origins: Places, destinations: Places, profile: str) -> Distances:
        """See :class:`voltloop.transport.DistanceProvider`."""
        straight_km = great_circle_km(
            origins.lat[:, None], origins.lon[:, None], destinations.lat[None], destinations.lon[None]
        )
        land_a, land_b = joined_land(origins)[:, None], joined_land(destinations)[None]
        reachable = (land_a == land_b) & (land_a >= 0)
        rows, columns = np.nonzero(reachable & (straight_km > 30.0))
        wet = np.zeros(straight_km.shape)
        wet[rows, columns] = sea_km(
            origins.lat[rows], origins.lon[rows], destinations.lat[columns], destinations.lon[columns]
        )
        rough_km = 15.0
        share = np.maximum(wet - rough_km, 0.0) / np.maximum(straight_km, 1.0)
        km = np.where(reachable, straight_km * (detour_factor(straight_km) + _SEA_DETOUR * share), np.inf)
        return Distances(km, hours(km, profile), np.ones(km.shape, dtype=bool), reachable)


def detour_factor(straight_km: ArrayLike) -> NDArray[np.float64]:
    """How much longer than the straight line a road is, by the length of the line [1].

    Parameters
    ----------
    straight_km
        Length of the great circle, not negative.

    Returns
    -------
    numpy.ndarray
        At least 1, falling with length; from ``catalogue/detour_factors.csv``, in between in proportion.
    """
    at_km, factor = detour_table()
    return np.asarray(np.interp(np.asarray(straight_km, np.float64), at_km, factor))


@cache
def detour_table() -> tuple[list[float], list[float]]:
    """Lengths of the great circle [km], and the factor at each; between them it is in proportion."""
    text = (resources.files("voltloop.catalogue") / "detour_factors.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return [float(row["at_km"]) for row in rows], [float(row["factor"]) for row in rows]


def joined_land(places: Places) -> NDArray[np.int64]:
    """Land mass of each place, -1 for none; masses that fixed links join count as one."""
    land = land_mass_at(places.lat, places.lon)
    ends_a, ends_b = _link_lands()
    for _ in ends_a:
        before = land
        for mass_a, mass_b in zip(ends_a, ends_b, strict=True):
            land = np.where(land == max(mass_a, mass_b), min(mass_a, mass_b), land)
        if np.array_equal(before, land):
            break
    return land


@cache
def _link_lands() -> tuple[list[int], list[int]]:
    links = fixed_links()
    pairs = zip(
        land_mass_at(links.lat_a, links.lon_a).tolist(),
        land_mass_at(links.lat_b, links.lon_b).tolist(),
        strict=True,
    )
    apart = [(mass_a, mass_b) for mass_a, mass_b in pairs if mass_a != mass_b and min(mass_a, mass_b) >= 0]
    return [mass_a for mass_a, _ in apart], [mass_b for _, mass_b in apart]
