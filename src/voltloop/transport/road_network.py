"""Distances in the built-in road network, no internet needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voltloop.catalogue import sea_km
from voltloop.transport.geometry import great_circle_km
from voltloop.transport.great_circle import detour_factor
from voltloop.transport.provider import Distances, Places
from voltloop.transport.road_data import RoadGraph, load_roads, no_way, whole_matrix
from voltloop.transport.road_joins import is_dry
from voltloop.transport.road_section import Section, box_around, make_section, whole_section
from voltloop.transport.road_snap import REMOTE_KM, Snaps, snap
from voltloop.transport.speeds import hours

__all__ = ["RoadNetwork"]

# The network cuts corners; 1.03 brings the median of 36 city pairs of known length to within 1 %.
_CORNERS = 1.03
_OFF_ROAD = 1.3
_TOWN_KM, _SHORT_KM = 5.0, 20.0
_MIDDLE_KM, _ROUNDABOUT = 60.0, 2.2
_IMPLAUSIBLE, _IMPLAUSIBLE_KM = 1.7, 200.0
_COAST_KM, _COAST_SHARE = 15.0, 0.05
_SECTIONS_KEPT = 16
# Each pair of places has four ways, by either node at both ends; 4 million lengths at a time are 32 MB.
_VALUES_AT_ONCE = 4_000_000


@dataclass(eq=False)
class RoadNetwork:
    """The world's main roads (OpenStreetMap), as a :class:`voltloop.transport.DistanceProvider`.

    Parameters
    ----------
    cache_dir
        Where to keep what takes seconds to make, for the next time. None keeps nothing.
    by_search
        Search anew from each place instead of first making a hierarchy of the region around the places: right for a
        few places far apart.

    Notes
    -----
    Length = 1.03 × way in the network + 1.3 × straight line to the network at both ends. How gaps in the network are
    closed, what is reachable, and when the straight line times a factor is used instead: see
    ``docs/explanation/distances.md``. Show :data:`voltloop.transport.OSM_ATTRIBUTION` with the results.
    """

    cache_dir: Path | None = None
    by_search: bool = False
    _graph: RoadGraph | None = field(default=None, init=False, repr=False)
    _sections: list[Section] = field(default_factory=list, init=False, repr=False)

    def distances(self, origins: Places, destinations: Places, profile: str) -> Distances:
        """See :class:`voltloop.transport.DistanceProvider`."""
        hours(0.0, profile)
        shape = (len(origins), len(destinations))
        if 0 in shape:
            none = np.zeros(shape)
            return Distances(none, none, none.astype(bool), none.astype(bool))
        ends = Places(
            np.concatenate([origins.lat, destinations.lat]), np.concatenate([origins.lon, destinations.lon])
        )
        snaps = snap(self._roads(), ends)
        start, stop = np.arange(shape[0]), np.arange(shape[0], shape[0] + shape[1])
        km, estimated = np.full(shape, np.inf), np.zeros(shape, dtype=bool)
        for component in np.intersect1d(snaps.component[start], snaps.component[stop]):
            if component < 0:
                continue
            rows = np.flatnonzero(snaps.component[start] == component)
            columns = np.flatnonzero(snaps.component[stop] == component)
            section = self._section(int(component), ends.take(np.flatnonzero(snaps.component == component)))
            block, guessed = self._network_km(
                section,
                (origins.take(rows), destinations.take(columns)),
                (snaps.take(start[rows]), snaps.take(stop[columns])),
            )
            km[np.ix_(rows, columns)], estimated[np.ix_(rows, columns)] = block, guessed
        _fill_islands(origins, destinations, (snaps.take(start), snaps.take(stop)), (km, estimated))
        reachable = np.isfinite(km)
        return Distances(km, hours(km, profile), estimated & reachable, reachable)

    def paths(self, origins: Places, destinations: Places) -> list[NDArray[np.float64]]:
        """Lines to draw on a map, one from each origin to the destination of the same place in the list.

        Parameters
        ----------
        origins, destinations
            Equally many.

        Returns
        -------
        list of numpy.ndarray
            Latitude and longitude in degrees, shape (corners, 2), from the origin itself to the destination
            itself, thinned to about 500 m. A straight line where the distance is estimated; empty where no road leads.
        """
        from voltloop.transport.road_paths import paths

        if not len(origins):
            return []
        graph = self._roads()
        snaps = snap(
            graph,
            Places(
                np.concatenate([origins.lat, destinations.lat]),
                np.concatenate([origins.lon, destinations.lon]),
            ),
        )
        start, stop = (
            snaps.take(np.arange(len(origins))),
            snaps.take(np.arange(len(origins), 2 * len(origins))),
        )
        sections = {
            int(component): self._section(
                int(component),
                _both(origins, destinations, start.component == component, stop.component == component),
            )
            for component in np.intersect1d(start.component, stop.component)
            if component >= 0
        }
        return paths(graph, sections, (origins, destinations), (start, stop))

    def snaps(self, places: Places) -> Snaps:
        """Where places meet the network, for checks and for explaining a distance."""
        return snap(self._roads(), places)

    def _roads(self) -> RoadGraph:
        if self._graph is None:
            self._graph = load_roads(self.cache_dir)
        return self._graph

    def _section(self, component: int, places: Places) -> Section:
        box = box_around(places)
        if self.by_search:
            if not self._sections:
                self._sections.append(whole_section(self._roads()))
            return self._sections[0]
        for section in self._sections:
            if section.component == component and section.box.holds(box):
                return section
        made = make_section(self._roads(), component, box, self.cache_dir)
        self._sections = [made, *self._sections][:_SECTIONS_KEPT]
        return made

    def _network_km(
        self, section: Section, ends: tuple[Places, Places], snaps: tuple[Snaps, Snaps]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Lengths between places of one connected part, and which of them are estimated."""
        (origins, destinations), (start, stop) = ends, snaps
        count = (len(origins), len(destinations))
        km = np.empty(count)
        rows_at_once = max(_VALUES_AT_ONCE // (4 * count[1]), 1)
        for first in range(0, count[0], rows_at_once):
            part = start.take(np.arange(first, min(first + rows_at_once, count[0])))
            four = _CORNERS * section.km(part.node.ravel(), stop.node.ravel())
            four += _OFF_ROAD * part.off_km.ravel()[:, None]
            four += _OFF_ROAD * stop.off_km.ravel()
            km[first : first + len(part.land)] = four.reshape(-1, 2, count[1], 2).min(axis=(1, 3))
        self._fill_far_ways(km, start, stop)
        straight_km = great_circle_km(
            origins.lat[:, None], origins.lon[:, None], destinations.lat[None], destinations.lon[None]
        )
        km = np.maximum(km, straight_km)
        km[no_way(km, straight_km)] = np.inf
        estimated = (start.off_km[:, :1] > REMOTE_KM) | (stop.off_km[:, 0] > REMOTE_KM)[None]
        same_land = start.land[:, None] == stop.land[None]
        for rows, columns in (
            _straight_in_town(origins, destinations, km, straight_km, same_land),
            _missing_link(origins, destinations, km, straight_km),
        ):
            line_km = straight_km[rows, columns]
            km[rows, columns] = line_km * detour_factor(line_km)
            estimated[rows, columns] = True
        return km, estimated

    def _fill_far_ways(self, km: NDArray[np.float64], start: Snaps, stop: Snaps) -> None:
        """Look in the whole network for ways that leave the piece around the places, such as round the Baltic.

        Usually a few places are cut off from all others: the place with most pairs missing comes first.
        """
        from scipy.sparse.csgraph import dijkstra

        missing = ~np.isfinite(km)
        if not missing.any():
            return
        whole = whole_matrix(self._roads())
        metres_from: dict[int, NDArray[np.float64]] = {}
        while missing.any():
            row, column = int(missing.sum(axis=1).argmax()), int(missing.sum(axis=0).argmax())
            if missing[row].sum() >= missing[:, column].sum():
                here, others, line, open_pairs = start.take(np.array([row])), stop, km[row], missing[row]
            else:
                here, others, line, open_pairs = (
                    stop.take(np.array([column])),
                    start,
                    km[:, column],
                    missing[:, column],
                )
            node = int(here.node[0, 0])
            if node not in metres_from:
                metres_from[node] = dijkstra(whole, indices=node)
            way_km = _CORNERS * metres_from[node][others.node[:, 0]] / 1000.0
            np.copyto(line, way_km + _OFF_ROAD * (others.off_km[:, 0] + here.off_km[0, 0]), where=open_pairs)
            open_pairs[:] = False


def _straight_in_town(
    origins: Places,
    destinations: Places,
    km: NDArray[np.float64],
    straight_km: NDArray[np.float64],
    same_land: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs close enough for the small roads that the network leaves out, with no water in between."""
    roundabout = (straight_km < _MIDDLE_KM) & (km > _ROUNDABOUT * straight_km)
    close = (straight_km < _SHORT_KM) & (km > straight_km * detour_factor(straight_km))
    rows, columns = np.nonzero(roundabout | close)
    dry = is_dry(origins.lat[rows], origins.lon[rows], destinations.lat[columns], destinations.lon[columns])
    dry |= (straight_km[rows, columns] < _TOWN_KM) & same_land[rows, columns]
    return rows[dry], columns[dry]


def _missing_link(
    origins: Places, destinations: Places, km: NDArray[np.float64], straight_km: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Far apart pairs whose way is implausibly long although the straight line between them runs over land."""
    rows, columns = np.nonzero(
        (straight_km > _IMPLAUSIBLE_KM) & (km > _IMPLAUSIBLE * straight_km) & np.isfinite(km)
    )
    wet_km = sea_km(
        origins.lat[rows], origins.lon[rows], destinations.lat[columns], destinations.lon[columns]
    )
    over_land = wet_km <= _COAST_KM + _COAST_SHARE * straight_km[rows, columns]
    return rows[over_land], columns[over_land]


def _both(
    origins: Places, destinations: Places, first: NDArray[np.bool_], second: NDArray[np.bool_]
) -> Places:
    return Places(
        np.concatenate([origins.lat[first], destinations.lat[second]]),
        np.concatenate([origins.lon[first], destinations.lon[second]]),
    )


def _fill_islands(
    origins: Places,
    destinations: Places,
    snaps: tuple[Snaps, Snaps],
    out: tuple[NDArray[np.float64], NDArray[np.bool_]],
) -> None:
    """Estimate distances between places of one island that has no roads in the network, such as Gotland."""
    start, stop = snaps
    km, estimated = out
    same = (start.component[:, None] < 0) & (stop.component[None] < 0) & (start.land[:, None] >= 0)
    rows, columns = np.nonzero(same & (start.land[:, None] == stop.land[None]))
    straight_km = great_circle_km(
        origins.lat[rows], origins.lon[rows], destinations.lat[columns], destinations.lon[columns]
    )
    km[rows, columns] = straight_km * detour_factor(straight_km)
    estimated[rows, columns] = True
