"""The places of one plan and the roads between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.collection import Roads
from voltloop.transport import DistanceProvider, Places, hours

__all__ = ["World", "survey"]

_MEASURED = "rigid"
"""Profile whose ways are taken; the network has one length for all, only the speed differs."""


@dataclass(frozen=True)
class World:
    """Points with batteries, then sites, numbered through; and the roads between all of them.

    Attributes
    ----------
    places
        ``place, id, kind`` (point or site), ``name, country, lat, lon``.
    km
        Road length between all places, infinite where no road leads.
    measured_h
        Driving time of the measured profile as the source of distances gives it [h].
    estimated
        Where a length is a straight line times a factor.
    """

    places: pl.DataFrame
    km: NDArray[np.float64]
    measured_h: NDArray[np.float64]
    estimated: NDArray[np.bool_]

    def index(self, kind: str) -> pl.DataFrame:
        """``id, place`` of the points or of the sites."""
        return self.places.filter(pl.col("kind") == kind).select("id", "place")

    def hours(self, profile: str) -> NDArray[np.float64]:
        """Driving time between all places for a vehicle [h]; infinite where no road leads."""
        if profile == _MEASURED:
            return self.measured_h
        # Other vehicles are slower or faster by what their speeds on such a length differ.
        own, measured = np.asarray(hours(self.km, profile)), np.asarray(hours(self.km, _MEASURED))
        ratio = np.divide(own, measured, out=np.ones_like(own), where=np.isfinite(measured) & (measured > 0))
        return np.asarray(self.measured_h * ratio)

    def roads(self) -> dict[str, Roads]:
        """Give the matrices of each profile, for the tour engine."""
        return {profile: Roads(self.km, self.hours(profile)) for profile in ("van", "rigid", "artic")}


def survey(points: pl.DataFrame, sites: pl.DataFrame, provider: DistanceProvider) -> World:
    """Give the places their numbers and measure the roads between them.

    Parameters
    ----------
    points, sites
        Tables with ``point_id`` or ``site_id``, ``name, country, lat, lon``.
    provider
        Source of road distances.
    """
    places = pl.concat(
        [
            points.select(
                pl.col("point_id").alias("id"), pl.lit("point").alias("kind"), "name", "country", "lat", "lon"
            ),
            sites.select(
                pl.col("site_id").alias("id"), pl.lit("site").alias("kind"), "name", "country", "lat", "lon"
            ),
        ]
    ).with_row_index("place")
    places = places.with_columns(pl.col("place").cast(pl.Int64))
    spots = Places.of(places["lat"].to_numpy(), places["lon"].to_numpy(), places["id"].to_list())
    found = provider.distances(spots, spots, _MEASURED)
    km = np.where(found.reachable, found.km, np.inf)
    np.fill_diagonal(km, 0.0)
    measured_h = np.where(found.reachable, found.hours, np.inf)
    np.fill_diagonal(measured_h, 0.0)
    return World(places, km, measured_h, found.estimated)
