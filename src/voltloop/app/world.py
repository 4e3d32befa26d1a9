"""The places of one plan and the roads between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.collection import Roads
from voltloop.collection.roads import EstimatedRoads, RoadSource
from voltloop.transport import DistanceProvider, Distances, Places, hours

__all__ = ["MOST_MEASURED", "World", "survey"]

_MEASURED = "rigid"
"""Profile whose ways are taken; the network has one length for all, only the speed differs."""

MOST_MEASURED: Final = 2_500
"""Places between which every way is measured. Lengths and times of three kinds of vehicle then take half a gigabyte,
and four times as much for twice the places."""


@dataclass(frozen=True)
class World:
    """Points with batteries, then sites, numbered through; and the roads between them.

    Attributes
    ----------
    places
        ``place, id, kind`` (point or site), ``name, country, lat, lon``.
    to_sites
        Ways from every place (row) to every site (column), as the source of distances gives them.
    back_h
        Driving time the other way round, from the site (column) to the place (row) [h].
    whole
        Ways between all places; None where there are more than :data:`MOST_MEASURED`. Ways from point to point are
        then great circles times a factor, and the way back from a site counts as long as the way there.
    """

    places: pl.DataFrame
    to_sites: Distances
    back_h: NDArray[np.float64]
    whole: Distances | None

    def index(self, kind: str) -> pl.DataFrame:
        """``id, place`` of the points or of the sites."""
        return self.places.filter(pl.col("kind") == kind).select("id", "place")

    @property
    def columns(self) -> pl.DataFrame:
        """``id, column`` of the sites in :attr:`to_sites`."""
        return self.index("site").select("id", column=pl.int_range(pl.len()))

    def roads(self, profiles: Collection[str]) -> Mapping[str, RoadSource]:
        """Give the roads between all places for kinds of vehicles, for the tour engine."""
        if self.whole is None:
            lat, lon = (self.places[name].to_numpy() for name in ("lat", "lon"))
            return {profile: EstimatedRoads(lat, lon, profile) for profile in profiles}
        km, measured_h = self.whole.km, self.whole.hours
        return {profile: Roads(km, _hours(km, measured_h, profile)) for profile in profiles}

    def site_roads(self, profile: str) -> Roads:
        """Give the roads between the sites, numbered from 0 as in :attr:`columns`."""
        first = self.places.height - self.to_sites.km.shape[1]
        km = self.to_sites.km[first:]
        return Roads(km, _hours(km, self.to_sites.hours[first:], profile))


def _hours(km: NDArray[np.float64], measured_h: NDArray[np.float64], profile: str) -> NDArray[np.float64]:
    """Driving time for a kind of vehicle: slower or faster by what the speeds on such a length differ [h]."""
    if profile == _MEASURED:
        return measured_h
    own, measured = np.asarray(hours(km, profile)), np.asarray(hours(km, _MEASURED))
    ratio = np.divide(own, measured, out=np.ones_like(own), where=np.isfinite(measured) & (measured > 0))
    return np.asarray(measured_h * ratio)


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
    first = points.height
    if len(spots) > MOST_MEASURED:
        to_sites = _measure(provider, spots, spots.take(np.arange(first, len(spots))))
        at = np.arange(sites.height)
        to_sites.km[first + at, at] = to_sites.hours[first + at, at] = 0.0
        return World(places, to_sites, to_sites.hours, None)
    whole = _measure(provider, spots, spots)
    np.fill_diagonal(whole.km, 0.0)
    np.fill_diagonal(whole.hours, 0.0)
    to_sites = Distances(
        whole.km[:, first:], whole.hours[:, first:], whole.estimated[:, first:], whole.reachable[:, first:]
    )
    return World(places, to_sites, whole.hours[first:].T, whole)


def _measure(provider: DistanceProvider, start: Places, end: Places) -> Distances:
    """Lengths and times that are infinite wherever no road leads."""
    found = provider.distances(start, end, _MEASURED)
    return Distances(
        np.where(found.reachable, found.km, np.inf),
        np.where(found.reachable, found.hours, np.inf),
        found.estimated,
        found.reachable,
    )
