"""A piece of the road network around some places, made ready for many questions.

Contraction hierarchies (RoutingKit's, through ``pyroutingkit``) answer a million distances in a second, but
making them for the whole world takes half a minute; a continent takes a few seconds.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.transport.provider import Places
from voltloop.transport.road_data import RoadGraph, whole_matrix

__all__ = ["Box", "Section", "box_around", "make_section", "whole_section"]

_UNREACHED = 2**31 - 1
_LEAST_MARGIN_DEG = 2.5
_MARGIN_SHARE = 0.15


@dataclass(frozen=True)
class Box:
    """South, west, north, east in whole degrees."""

    south: int
    west: int
    north: int
    east: int

    def holds(self, other: Box) -> bool:
        """Whether the other box lies inside."""
        return (
            self.south <= other.south
            and self.west <= other.west
            and self.north >= other.north
            and self.east >= other.east
        )


@dataclass(frozen=True, eq=False)
class Section:
    """A piece of the network with its hierarchy.

    Attributes
    ----------
    component
        The connected part of the network that it is cut from.
    box
        The places asked for lie in it; the piece reaches farther.
    node
        Number in the whole network of each node of the piece, rising.
    metric
        RoutingKit's metric by metres.
    """

    component: int
    box: Box
    node: NDArray[np.int64]
    metric: Any

    def km(self, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.float64]:
        """Lengths between nodes of the whole network, shape (sources, targets); infinite where no way is."""
        one, row = np.unique(np.searchsorted(self.node, sources), return_inverse=True)
        other, column = np.unique(np.searchsorted(self.node, targets), return_inverse=True)
        other = other.astype(np.uint32)
        metres = self.metric.distances_many_to_many(one.astype(np.uint32), other)[np.ix_(row, column)]
        return np.where(metres >= _UNREACHED, np.inf, metres / 1000.0)

    def way(self, source: int, target: int) -> tuple[float, NDArray[np.int64]]:
        """Length in km and nodes of the whole network along the shortest way; infinite and none if there is none."""
        start, end = np.searchsorted(self.node, [source, target])
        metres, nodes, _ = self.metric.query(int(start), int(end))
        if metres >= _UNREACHED:
            return float("inf"), np.zeros(0, dtype=np.int64)
        return metres / 1000.0, self.node[np.asarray(nodes, dtype=np.int64)]


def box_around(places: Places) -> Box:
    """Smallest box of whole degrees around places."""
    south, west = np.floor([places.lat.min(), places.lon.min()]).astype(int)
    north, east = np.ceil([places.lat.max(), places.lon.max()]).astype(int)
    return Box(int(south), int(west), int(north), int(east))


def make_section(graph: RoadGraph, component: int, box: Box, cache_dir: Path | None) -> Section:
    """Cut the piece around a box out of one connected part of the network, and make its hierarchy.

    Parameters
    ----------
    graph
        The whole network.
    component
        Which connected part.
    box
        Where the places lie. The piece reaches 2.5 degrees or 15 % of the box farther on each side, since ways
        between places leave the box around them.
    cache_dir
        Where to keep the hierarchy for the next time; None keeps nothing.
    """
    margin_lat = max(_LEAST_MARGIN_DEG, _MARGIN_SHARE * (box.north - box.south))
    flat = max(np.cos(np.radians(min(max(abs(box.south), abs(box.north)), 80))), 0.2)
    margin_lon = max(_LEAST_MARGIN_DEG / flat, _MARGIN_SHARE * (box.east - box.west))
    inside = (
        (graph.component == component)
        & (graph.lat >= box.south - margin_lat)
        & (graph.lat <= box.north + margin_lat)
        & (graph.lon >= box.west - margin_lon)
        & (graph.lon <= box.east + margin_lon)
    )
    node = np.flatnonzero(inside)
    kept = inside[graph.tail] & inside[graph.head]
    number = np.cumsum(inside, dtype=np.int64) - 1
    tail = number[graph.tail[kept]].astype(np.uint32)
    head = number[graph.head[kept]].astype(np.uint32)
    lat, lon = graph.lat[node].astype(np.float32), graph.lon[node].astype(np.float32)
    metric = _metric((tail, head, lat, lon), graph.metres[kept], cache_dir)
    return Section(component, box, node, metric)


def whole_section(graph: RoadGraph) -> Section:
    """Give the whole network without a hierarchy: each question is a search of a tenth of a second or so."""
    box = Box(-90, -180, 90, 180)
    return Section(-1, box, np.arange(len(graph.lat)), _Searches(whole_matrix(graph)))


@dataclass(frozen=True, eq=False)
class _Searches:
    """Answers as RoutingKit's metric does, by Dijkstra's algorithm from each node of the fewer side."""

    matrix: Any

    def distances_many_to_many(
        self, sources: NDArray[np.uint32], targets: NDArray[np.uint32]
    ) -> NDArray[np.int64]:
        from scipy.sparse.csgraph import dijkstra

        if len(sources) > len(targets):
            return self.distances_many_to_many(targets, sources).T
        rows = [dijkstra(self.matrix, indices=int(source))[targets] for source in sources]
        metres = np.array(rows).reshape(len(sources), len(targets))
        return np.where(np.isfinite(metres), metres, _UNREACHED).astype(np.int64)

    def query(self, source: int, target: int) -> tuple[int, list[int], list[int]]:
        from scipy.sparse.csgraph import dijkstra

        metres, before = dijkstra(self.matrix, indices=source, return_predecessors=True)
        if not np.isfinite(metres[target]):
            return _UNREACHED, [], []
        nodes = [target]
        while nodes[-1] != source:
            nodes.append(int(before[nodes[-1]]))
        return int(metres[target]), nodes[::-1], []


def _metric(
    arrays: tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]],
    metres: NDArray[np.uint32],
    cache_dir: Path | None,
) -> Any:
    from pyroutingkit import CCHMetric, CCHTopology

    tail, head, lat, lon = arrays
    topology = CCHTopology()
    kept = None
    if cache_dir is not None:
        key = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:16]
        kept = cache_dir / f"section-{key}"
    if kept is None or not _loads(topology, kept, len(lat), len(tail)):
        topology = CCHTopology()
        topology.build(tail, head, lat, lon, len(lat))
        if kept is not None:
            _keep(topology, kept)
    metric = CCHMetric(topology)
    metric.customize(metres)
    return metric


def _loads(topology: Any, folder: Path, nodes: int, arcs: int) -> bool:
    """Load a hierarchy kept earlier; False if there is none or it is damaged."""
    if not folder.is_dir():
        return False
    try:
        topology.load(str(folder))
    except (RuntimeError, ValueError, OSError):
        return False
    return bool(topology.node_count == nodes and topology.arc_count == arcs)


def _keep(topology: Any, folder: Path) -> None:
    """Save a hierarchy; another process never sees half of it, and the first of two wins.

    A directory that cannot be written to, or a full disk, costs only the time that was to be saved.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=folder.parent, suffix=".part"))
    except OSError:
        return
    try:
        topology.save(str(part))
        if _loads(type(topology)(), part, topology.node_count, topology.arc_count):
            part.rename(folder)
    except (OSError, RuntimeError):
        pass
    finally:
        shutil.rmtree(part, ignore_errors=True)
