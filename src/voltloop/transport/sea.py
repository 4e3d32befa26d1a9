"""Ways over the sea, no internet needed, by class of ship and with passages closed.

The network is that of the ``searoute`` package (Apache-2.0), which is derived from Eurostat's marnet (EUPL-1.2). Its
file is read where it is installed; voltloop contains no copy and takes its own shortest paths.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata, resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.catalogue import sea_km
from voltloop.errors import InputError, MissingDependency
from voltloop.transport.arcs import arc_matrix, gathered
from voltloop.transport.geometry import great_circle_km, unit_vectors
from voltloop.transport.passages import Passage, passages, ship_of
from voltloop.transport.provider import Distances, Places

__all__ = ["SEA_ATTRIBUTION", "SeaGraph", "SeaNetwork", "load_sea"]

SEA_ATTRIBUTION = (
    "Sea distances are computed on the network of the searoute package (Apache-2.0), derived from Eurostat's marnet "
    "(EUPL-1.2)."
)
KM_PER_NM = 1.852
_CANDIDATES = 24
_FARTHEST_KM = 400.0
# A line over land counts as so much longer that a port never meets the sea on the far side of a peninsula.
_LAND_FACTOR = 6.0


@dataclass(frozen=True, eq=False)
class SeaGraph:
    """The network of the sea; every arc can be sailed both ways.

    Attributes
    ----------
    lat, lon
        Degrees of each node, longitude from -180 to below 180.
    tail, head
        Ends of each arc, once.
    km
        Length of each arc, above 0.
    tag
        Number of the passage in ``tags`` that an arc leads through; 0 for none.
    tags
        Names of the passages in the network.
    """

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    km: NDArray[np.float64]
    tag: NDArray[np.int64]
    tags: tuple[str, ...]


@cache
def load_sea() -> SeaGraph:
    """Read the network.

    Returns
    -------
    SeaGraph
        About 9,700 nodes and 16,000 arcs.

    Raises
    ------
    MissingDependency
        ``missing-searoute``: the package is not installed.
    InputError
        ``sea-network-form``: its file is not in the form known here.
    """
    import json

    try:
        text = (resources.files("searoute.data") / "marnet_searoute.geojson").read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as problem:
        raise MissingDependency(
            "The network of the sea needs the package searoute, which is not installed. "
            'Install it with: python -m pip install "searoute>=1.6"',
            code="missing-searoute",
        ) from problem
    try:
        return _graph(json.loads(text)["features"])
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise InputError(
            f"The network of the sea in searoute {metadata.version('searoute')} is not in the known form: its file "
            "marnet_searoute.geojson holds no lines. Install searoute 1.6.",
            code="sea-network-form",
        ) from problem


def _graph(features: list[dict[str, Any]]) -> SeaGraph:
    """Give the arcs between points; points on both sides of the 180th meridian are the same."""
    ends, tag = [], []
    tags = [""]
    for feature in features:
        shape, name = feature["geometry"], feature["properties"].get("passage") or ""
        if name not in tags:
            tags.append(name)
        for line in shape["coordinates"] if shape["type"] == "MultiLineString" else [shape["coordinates"]]:
            ends += [(*one, *other) for one, other in itertools.pairwise(line)]
            tag += [tags.index(name)] * (len(line) - 1)
    both = np.array(ends, dtype=np.float64).reshape(-1, 2)
    both[:, 0] = (both[:, 0] + 180.0) % 360.0 - 180.0
    points, number = np.unique(np.round(both, 6), axis=0, return_inverse=True)
    tail, head = number.reshape(-1, 2).T
    lon, lat = points.T
    km = great_circle_km(lat[tail], lon[tail], lat[head], lon[head])
    proper = km > 0
    return SeaGraph(lat, lon, tail[proper], head[proper], km[proper], np.array(tag)[proper], tuple(tags))


@dataclass(eq=False)
class SeaNetwork:
    """Ways over the sea, as a :class:`voltloop.transport.DistanceProvider` whose profiles are classes of ships.

    Parameters
    ----------
    closed
        Names of passages that no ship may take, beside those that a class of ships does not fit through.

    Notes
    -----
    Length = way in the network + straight line to it at both ends, at least the straight line between the places, so
    that two ports that meet the network at one point are never 0 km apart. A place more than 400 km from every node
    of the network is not reachable. Hours are sailing time at the service speed and the extra hours of canals; no
    time in port.
    """

    closed: Collection[str] = ()
    _matrices: dict[frozenset[str], Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.closed) - set(passages()))
        if unknown:
            raise InputError(
                f'"{unknown[0]}" is not a passage. Known: {", ".join(passages())}. Use one of them.',
                code="unknown-passage",
            )

    def distances(self, origins: Places, destinations: Places, profile: str) -> Distances:
        """Give sea distances and sailing times; ``profile`` is a class of ships.

        Raises
        ------
        InputError
            ``unknown-ship``.
        """
        if not len(origins) or not len(destinations):
            none = np.zeros((len(origins), len(destinations)))
            return Distances(none, none, none.astype(bool), none.astype(bool))
        km, time_h, _ = self._search(origins, destinations, profile, frozenset(), with_ways=False)
        reachable = np.isfinite(km)
        return Distances(km, time_h, np.zeros(km.shape, dtype=bool), reachable)

    def ways(
        self, origins: Places, destinations: Places, profile: str, closed: Collection[str] = ()
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], list[list[tuple[str, ...]]]]:
        """Give length [km], sailing time [h] and the passages taken, from every origin to every destination.

        Parameters
        ----------
        origins, destinations, profile
            As for :meth:`distances`.
        closed
            Passages closed beside those of the network.

        Returns
        -------
        tuple
            Two arrays of shape (origins, destinations), infinite where no ship gets, and for each pair the names of
            the passages on its way, in the order of the way.
        """
        return self._search(origins, destinations, profile, frozenset(closed), with_ways=True)

    def line(self, origin: Places, destination: Places, profile: str) -> NDArray[np.float64]:
        """Give latitude and longitude along the way between two single places, shape (points, 2); empty for none."""
        graph = load_sea()
        (start,), _ = _snapped(origin)
        (stop,), _ = _snapped(destination)
        metres, before = self._from(np.array([start]), self._shut(profile, frozenset()))
        if not np.isfinite(metres[0, stop]):
            return np.zeros((0, 2))
        nodes = _path(before[0], start, stop)
        ends = [np.array([[place.lat[0], place.lon[0]]], dtype=np.float64) for place in (origin, destination)]
        return np.concatenate([ends[0], np.column_stack([graph.lat[nodes], graph.lon[nodes]]), ends[1]])

    def _shut(self, profile: str, closed: frozenset[str]) -> frozenset[str]:
        return ship_of(profile).shut_tags() | {passages()[name].tag for name in {*self.closed, *closed}}

    def _search(
        self, origins: Places, destinations: Places, profile: str, closed: frozenset[str], *, with_ways: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], list[list[tuple[str, ...]]]]:
        graph, ship = load_sea(), ship_of(profile)
        start, off_a = _snapped(origins)
        stop, off_b = _snapped(destinations)
        nodes, row = np.unique(np.maximum(start, 0), return_inverse=True)
        metres, before = self._from(nodes, self._shut(profile, closed))
        km = metres[row][:, np.maximum(stop, 0)] + off_a[:, None] + off_b[None]
        km = np.maximum(
            km,
            great_circle_km(
                origins.lat[:, None], origins.lon[:, None], destinations.lat[None], destinations.lon[None]
            ),
        )
        km[(start < 0)[:, None] | (stop < 0)[None]] = np.inf
        taken = _passages_taken(before, graph)[row][:, np.maximum(stop, 0)]
        time_h = km / (ship.speed_kn * KM_PER_NM)
        for bit, name in enumerate(graph.tags):
            if name in _by_tag() and _by_tag()[name].extra_h:
                time_h += np.where(taken >> bit & 1, _by_tag()[name].extra_h, 0.0)
        names: list[list[tuple[str, ...]]] = []
        if with_ways:
            first_km = _first_km(metres, graph)
            names = [_named(line, first_km[one], graph) for line, one in zip(taken, row, strict=True)]
        return km, np.where(np.isfinite(km), time_h, np.inf), names

    def _from(
        self, nodes: NDArray[np.int64], shut: frozenset[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        from scipy.sparse.csgraph import dijkstra

        if shut not in self._matrices:
            graph = load_sea()
            rows = np.flatnonzero(~np.array([name in shut for name in graph.tags])[graph.tag])
            self._matrices[shut] = arc_matrix(
                len(graph.lat), graph.tail[rows], graph.head[rows], graph.km[rows]
            )
        km, before = dijkstra(self._matrices[shut], directed=False, indices=nodes, return_predecessors=True)
        return km, before


@cache
def _by_tag() -> dict[str, Passage]:
    return {one.tag: one for one in passages().values()}


def _passages_taken(before: NDArray[np.int32], graph: SeaGraph) -> NDArray[np.int64]:
    """Give for each origin (row) and node the passages on the way there, one bit per tag of the network."""
    taken = np.zeros(before.shape, dtype=np.int64)
    for arc in np.flatnonzero(graph.tag):
        for one, other in ((graph.tail[arc], graph.head[arc]), (graph.head[arc], graph.tail[arc])):
            taken[before[:, other] == one, other] |= 1 << int(graph.tag[arc])
    return gathered(before, taken, np.bitwise_or)


def _first_km(km: NDArray[np.float64], graph: SeaGraph) -> NDArray[np.float64]:
    """Give how far from each origin (row) each tag of the network begins, to put passages in the order of the way."""
    first = np.full((len(km), len(graph.tags)), np.inf)
    for arc in np.flatnonzero(graph.tag):
        tag = graph.tag[arc]
        first[:, tag] = np.minimum(first[:, tag], np.minimum(km[:, graph.tail[arc]], km[:, graph.head[arc]]))
    return first


def _named(taken: NDArray[np.int64], first_km: NDArray[np.float64], graph: SeaGraph) -> list[tuple[str, ...]]:
    """Names of the passages taken from one origin to each destination, in the order of the way."""
    by_way = [
        (bit, _by_tag()[graph.tags[bit]].passage) for bit in np.argsort(first_km).tolist() if graph.tags[bit]
    ]
    names = {int(mask): tuple(name for bit, name in by_way if mask >> bit & 1) for mask in np.unique(taken)}
    return [names[int(mask)] for mask in taken]


def _path(before: NDArray[np.int32], start: int, stop: int) -> NDArray[np.int64]:
    """Nodes from one to another along the tree of ways from the first."""
    nodes = [stop]
    while nodes[-1] != start:
        nodes.append(int(before[nodes[-1]]))
    return np.array(nodes[::-1], dtype=np.int64)


@cache
def _tree() -> Any:
    from scipy.spatial import cKDTree

    graph = load_sea()
    used = np.unique(np.concatenate([graph.tail, graph.head]))
    return cKDTree(unit_vectors(graph.lat[used], graph.lon[used])), used


def _snapped(places: Places) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Node of the network that each place meets, -1 for none, and the straight line to it [km].

    The line that costs least counts, where land costs more than water.
    """
    graph = load_sea()
    tree, used = _tree()
    count = len(places)
    away, which = tree.query(
        unit_vectors(places.lat, places.lon), k=_CANDIDATES, distance_upper_bound=_FARTHEST_KM
    )
    there = np.isfinite(away)
    node = used[np.minimum(which, used.size - 1)]
    rows, columns = np.nonzero(there)
    wet_km = np.zeros(away.shape)
    wet_km[rows, columns] = sea_km(
        places.lat[rows], places.lon[rows], graph.lat[node[rows, columns]], graph.lon[node[rows, columns]]
    )
    dry_km = np.where(there, np.maximum(away - wet_km, 0.0), 0.0)
    best = (away + (_LAND_FACTOR - 1.0) * dry_km).argmin(axis=1)
    line = np.arange(count)
    found = there[line, best]
    return np.where(found, node[line, best], -1), np.where(found, away[line, best], np.inf)
