"""Lines on the map along the road network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.transport.geometry import great_circle_km
from voltloop.transport.provider import Places
from voltloop.transport.road_data import RoadGraph, no_way, whole_matrix
from voltloop.transport.road_section import Section
from voltloop.transport.road_snap import Snaps

__all__ = ["paths"]

_THIN_DEG = 0.005
_OFF_ROAD = 1.3


def paths(
    graph: RoadGraph,
    sections: dict[int, Section],
    ends: tuple[Places, Places],
    snaps: tuple[Snaps, Snaps],
) -> list[NDArray[np.float64]]:
    """Draw one line per pair of places; see :meth:`voltloop.transport.RoadNetwork.paths`."""
    origins, destinations = ends
    start, stop = snaps
    straight_km = great_circle_km(origins.lat, origins.lon, destinations.lat, destinations.lon)
    lines = []
    for number in range(len(origins)):
        first = np.array([[origins.lat[number], origins.lon[number]]])
        last = np.array([[destinations.lat[number], destinations.lon[number]]])
        component = int(start.component[number])
        if component != stop.component[number] or (component < 0 and start.land[number] != stop.land[number]):
            lines.append(np.zeros((0, 2)))
            continue
        nodes = np.zeros(0, dtype=np.int64)
        if component >= 0:
            length_km, nodes = _best(sections[component], start, stop, number)
            if not nodes.size:
                length_km, nodes = _far_way(graph, int(start.node[number, 0]), int(stop.node[number, 0]))
            if no_way(length_km, straight_km[number]):
                lines.append(np.zeros((0, 2)))
                continue
            if length_km > 1.4 * straight_km[number] and straight_km[number] < 20.0:
                nodes = nodes[:0]
        line = np.concatenate([first, np.column_stack([graph.lat[nodes], graph.lon[nodes]]), last])
        lines.append(_thinned(line))
    return lines


def _best(section: Section, start: Snaps, stop: Snaps, number: int) -> tuple[float, NDArray[np.int64]]:
    """Shortest of the ways between the two nodes at each end."""
    found: tuple[float, NDArray[np.int64]] = (float("inf"), np.zeros(0, dtype=np.int64))
    for side_a in range(1 if start.node[number, 0] == start.node[number, 1] else 2):
        for side_b in range(1 if stop.node[number, 0] == stop.node[number, 1] else 2):
            way_km, nodes = section.way(int(start.node[number, side_a]), int(stop.node[number, side_b]))
            length_km = way_km + _OFF_ROAD * (start.off_km[number, side_a] + stop.off_km[number, side_b])
            if length_km < found[0]:
                found = (float(length_km), nodes)
    return found


def _far_way(graph: RoadGraph, start: int, stop: int) -> tuple[float, NDArray[np.int64]]:
    """Shortest way in the whole network, for the few that leave the piece around the places."""
    from scipy.sparse.csgraph import dijkstra

    metres, before = dijkstra(whole_matrix(graph), indices=start, return_predecessors=True)
    nodes = [stop]
    while nodes[-1] != start and before[nodes[-1]] >= 0:
        nodes.append(int(before[nodes[-1]]))
    return float(metres[stop]) / 1000.0, np.array(nodes[::-1], dtype=np.int64)


def _thinned(line: NDArray[Any]) -> NDArray[np.float64]:
    import shapely

    coordinates: NDArray[np.float64] = shapely.get_coordinates(
        shapely.simplify(shapely.linestrings(line), _THIN_DEG)
    )
    return coordinates
