"""Ways by rail, no internet needed: the world's main lines, changes of gauge counted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.catalogue import country_at, land_mass_at
from voltloop.transport.arcs import arc_matrix, gathered
from voltloop.transport.geometry import great_circle_km, unit_vectors
from voltloop.transport.passages import rows_of
from voltloop.transport.provider import Distances, Places
from voltloop.transport.road_data import keep, read_lists, stored
from voltloop.transport.road_joins import is_dry

__all__ = ["RAIL_ATTRIBUTION", "RailGraph", "RailNetwork", "load_rail"]

RAIL_ATTRIBUTION = (
    "Rail distances are computed from © OpenStreetMap contributors' data, available under the Open Database License "
    "(ODbL) 1.0, openstreetmap.org/copyright, by way of the scgraph-data package."
)
_FILE = "world_railways"
# Raised whenever reading or joining changes, so that no old file in a cache directory is taken for a new one.
_FORMAT = 1
_JOIN_KM, _JOIN_FACTOR = 15.0, 1.3
_LINK_SNAP_KM = 25.0
_OFF_RAIL = 1.3
_FARTHEST_KM = 60.0
_CANDIDATES = 60
_SMALL_PART_NODES, _SMALL_PART_KM = 300, 15.0
# The network cuts corners: with 1.03 the median of the pairs of known length is right.
_CORNERS = 1.03
_IMPLAUSIBLE, _IMPLAUSIBLE_KM, _FACTOR = 1.65, 200.0, 1.25
# Nobody reloads a train to save less than so much way.
_GAUGE_KM = 600.0
_TABLES = ("rail_links", "rail_gauges", "rail_closed_borders")


@dataclass(frozen=True, eq=False)
class RailGraph:
    """The world's railways; every arc can be used both ways.

    Attributes
    ----------
    lat, lon
        Degrees of each node.
    tail, head
        Ends of each arc, once.
    km
        Length of each arc, above 0.
    part
        Number of the connected part of each node.
    gauge
        Width of the track at each node [mm], by the country it lies in.
    """

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    km: NDArray[np.float64]
    part: NDArray[np.int32]
    gauge: NDArray[np.int64]


def load_rail(cache_dir: Path | None = None) -> RailGraph:
    """Read the world's railways, gaps closed.

    Parameters
    ----------
    cache_dir
        Where to keep the arrays for the next time; None keeps nothing.

    Raises
    ------
    MissingDependency, InputError
        As for :func:`voltloop.transport.road_data.load_roads`.

    Notes
    -----
    A line that ends within 15 km of another part of the network is joined to it at 1.3 times the gap, unless more
    than 2 km of water lie between, or a border of ``catalogue/transport/rail_closed_borders.csv``. Tunnels
    and bridges stand in ``rail_links.csv``.
    """
    if cache_dir is None:
        return _read_and_join()
    file = cache_dir / f"rail-{_key()}.npz"
    arrays = stored(file)
    if arrays is None:
        graph = _read_and_join()
        keep(file, vars(graph))
        return graph
    return RailGraph(**arrays)


def _key() -> str:
    folder = resources.files("voltloop.catalogue")
    parts = [str(_FORMAT).encode(), metadata.version("scgraph-data").encode()]
    parts += [(folder / "transport" / f"{table}.csv").read_bytes() for table in _TABLES]
    parts.append((folder / "country_shapes.npz").read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@cache
def _read_and_join() -> RailGraph:
    lat, lon, tail, head, km = read_lists(_FILE)
    proper = tail < head
    tail, head, km = tail[proper].astype(np.int64), head[proper].astype(np.int64), km[proper]
    country = np.array([code or "" for code in country_at(lat, lon)])
    one, other, gap_km = _joins(lat, lon, tail, head)
    tail, head, km = np.r_[tail, one], np.r_[head, other], np.r_[km, gap_km]
    is_open = _is_open(country[tail], country[head])
    tail, head, km = tail[is_open], head[is_open], km[is_open]
    km = np.maximum(km, np.maximum(great_circle_km(lat[tail], lon[tail], lat[head], lon[head]), 0.001))
    gauges = {
        code: int(row["gauge_mm"]) for row in rows_of("rail_gauges") for code in row["countries"].split("|")
    }
    codes, place = np.unique(country, return_inverse=True)
    gauge = np.array([gauges.get(code, 1435) for code in codes])[place]
    return RailGraph(lat, lon, tail, head, km, _parts(len(lat), tail, head), gauge)


def _parts(count: int, tail: NDArray[np.int64], head: NDArray[np.int64]) -> NDArray[np.int32]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(tail), dtype=np.int8)
    number: NDArray[np.int32] = connected_components(coo_matrix((ones, (tail, head)), (count, count)), False)[
        1
    ]
    return number


def _is_open(here: NDArray[np.str_], there: NDArray[np.str_]) -> NDArray[np.bool_]:
    good = np.ones(len(here), dtype=bool)
    for row in rows_of("rail_closed_borders"):
        for one, other in ((row["country_a"], row["country_b"]), (row["country_b"], row["country_a"])):
            good &= ~((here == one) & (there == other))
    return good


def _joins(
    lat: NDArray[np.float64], lon: NDArray[np.float64], tail: NDArray[np.int64], head: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Give arcs over the gaps: from the ends of lines to the nearest node of another part, and the links."""
    from scipy.spatial import cKDTree

    points = unit_vectors(lat, lon)
    part = _parts(len(lat), tail, head)
    used = np.flatnonzero(np.bincount(np.r_[tail, head], minlength=len(lat)) > 0)
    ends = used[np.bincount(np.r_[tail, head], minlength=len(lat))[used] == 1]
    gap, which = cKDTree(points[used]).query(points[ends], k=_CANDIDATES, distance_upper_bound=_JOIN_KM)
    node = used[np.minimum(which, used.size - 1)]
    gap = np.where(part[node] != part[ends][:, None], gap, np.inf)
    nearest = gap.argmin(axis=1)
    line = np.arange(len(ends))
    rows = np.flatnonzero(np.isfinite(gap[line, nearest]))
    one, other = ends[rows], node[rows, nearest[rows]]
    dry = is_dry(lat[one], lon[one], lat[other], lon[other])
    one, other = one[dry], other[dry]
    gap_km = _JOIN_FACTOR * great_circle_km(lat[one], lon[one], lat[other], lon[other])
    links = rows_of("rail_links")
    tree = cKDTree(points[used])
    places = [
        tree.query(
            unit_vectors(
                [float(row[f"lat_{end}"]) for row in links], [float(row[f"lon_{end}"]) for row in links]
            )
        )
        for end in "ab"
    ]
    off_km = places[0][0] + places[1][0]
    good = (places[0][0] < _LINK_SNAP_KM) & (places[1][0] < _LINK_SNAP_KM) & (places[0][1] != places[1][1])
    link_km = np.array([float(row["km"]) for row in links]) + _JOIN_FACTOR * off_km
    return (
        np.r_[one, used[places[0][1]][good]],
        np.r_[other, used[places[1][1]][good]],
        np.r_[gap_km, link_km[good]],
    )


@dataclass(eq=False)
class RailNetwork:
    """The world's main railways (OpenStreetMap), as a :class:`voltloop.transport.DistanceProvider`.

    Parameters
    ----------
    cache_dir
        Where to keep what takes seconds to make, for the next time. None keeps nothing.
    speed_kmh
        Speed of a freight train with its usual stops.

    Notes
    -----
    Length = 1.03 × way in the network + 1.3 × straight line to it at both ends. Beyond 200 km, a way of more than
    1.65 times the straight line between places of one land mass counts as a link that the data lacks:
    1.25 times the straight line is taken instead, and marked as estimated. A change of gauge counts as 600 km more when
    ways are compared, so that a train to Vladivostok stays in Russia. Show :data:`RAIL_ATTRIBUTION` with
    the results. A place more than 60 km from every railway is not reachable.
    """

    cache_dir: Path | None = None
    speed_kmh: float = 45.0
    _graph: RailGraph | None = field(default=None, init=False, repr=False)
    _matrix: Any = field(default=None, init=False, repr=False)

    def distances(self, origins: Places, destinations: Places, profile: str) -> Distances:  # noqa: ARG002
        """Give rail distances and times; every profile is a freight train."""
        return self.ways(origins, destinations)[0]

    def ways(self, origins: Places, destinations: Places) -> tuple[Distances, NDArray[np.int64]]:
        """Give rail distances, and how often the gauge of the track changes on each way.

        Returns
        -------
        tuple
            Distances, and an array of the same shape; 0 where no railway leads.
        """
        shape = (len(origins), len(destinations))
        changes = np.zeros(shape, dtype=np.int64)
        km, estimated = np.full(shape, np.inf), np.zeros(shape, dtype=bool)
        if 0 in shape:
            return Distances(km, km, estimated, estimated), changes
        if shape[0] > shape[1]:
            found, back = self.ways(destinations, origins)
            turned = Distances(found.km.T, found.hours.T, found.estimated.T, found.reachable.T)
            return turned, back.T
        start, off_a = self._snapped(origins)
        stop, off_b = self._snapped(destinations)
        for row in np.flatnonzero(start >= 0):
            way_km, before = self._from(int(start[row]))
            there = np.flatnonzero((stop >= 0) & np.isfinite(way_km[np.maximum(stop, 0)]))
            changes[row, there] = self._changes(before)[stop[there]]
            rail_km = way_km[stop[there]] - _GAUGE_KM * changes[row, there]
            km[row, there] = _CORNERS * rail_km + _OFF_RAIL * (off_a[row] + off_b[there])
        straight_km = great_circle_km(
            origins.lat[:, None], origins.lon[:, None], destinations.lat[None], destinations.lon[None]
        )
        km = np.maximum(km, straight_km)
        land_a, land_b = (
            land_mass_at(origins.lat, origins.lon),
            land_mass_at(destinations.lat, destinations.lon),
        )
        odd = np.isfinite(km) & (straight_km > _IMPLAUSIBLE_KM) & (km > _IMPLAUSIBLE * straight_km)
        odd &= land_a[:, None] == land_b[None]
        km[odd], estimated[odd] = _FACTOR * straight_km[odd], True
        return Distances(km, km / self.speed_kmh, estimated, np.isfinite(km)), changes

    def _rails(self) -> RailGraph:
        if self._graph is None:
            self._graph = load_rail(self.cache_dir)
        return self._graph

    def _from(self, node: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        from scipy.sparse.csgraph import dijkstra

        if self._matrix is None:
            graph = self._rails()
            km = graph.km + _GAUGE_KM * (graph.gauge[graph.tail] != graph.gauge[graph.head])
            self._matrix = arc_matrix(len(graph.lat), graph.tail, graph.head, km)
        km, before = dijkstra(self._matrix, directed=False, indices=node, return_predecessors=True)
        return km, before

    def _changes(self, before: NDArray[np.int32]) -> NDArray[np.int64]:
        """How often the gauge changes on the way to each node."""
        gauge = self._rails().gauge
        here = (before >= 0) & (gauge[np.maximum(before, 0)] != gauge)
        changes: NDArray[np.int64] = gathered(before[None], here[None].astype(np.int64), np.add)[0]
        return changes

    def _snapped(self, places: Places) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Node that each place meets, -1 for none, and the straight line to it; small parts count as farther away."""
        from scipy.spatial import cKDTree

        graph = self._rails()
        size = np.bincount(graph.part)
        away, which = cKDTree(unit_vectors(graph.lat, graph.lon)).query(
            unit_vectors(places.lat, places.lon), k=_CANDIDATES, distance_upper_bound=_FARTHEST_KM
        )
        node = np.minimum(which, len(graph.lat) - 1)
        small = size[graph.part[node]] < _SMALL_PART_NODES
        best = (away + np.where(small, _SMALL_PART_KM, 0.0)).argmin(axis=1)
        line = np.arange(len(places))
        found = np.isfinite(away[line, best])
        return np.where(found, node[line, best], -1), np.where(found, away[line, best], np.inf)
