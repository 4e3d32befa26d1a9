"""Where places meet the road network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voltloop.catalogue import land_mass_at
from voltloop.transport.geometry import unit_vectors
from voltloop.transport.provider import Places
from voltloop.transport.road_data import RoadGraph
from voltloop.transport.road_joins import is_dry

__all__ = ["REMOTE_KM", "Snaps", "snap"]

REMOTE_KM = 25.0
_FARTHEST_KM = 150.0
_CANDIDATES = 24
_SMALL_PART_NODES = 300
_SMALL_PART_KM = 5.0
_BOX_DEG = 2.0


@dataclass(frozen=True, eq=False)
class Snaps:
    """Where places meet the network; one row per place.

    Attributes
    ----------
    node
        Two nodes to drive on from, shape (places, 2): the nearest, and the nearest on another side, the same
        again where there is none; -1 where no road can be reached.
    off_km
        Straight line to each of them.
    component
        Connected part of the network, -1 where no road can be reached.
    land
        Land mass, -1 at sea.
    """

    node: NDArray[np.int64]
    off_km: NDArray[np.float64]
    component: NDArray[np.int64]
    land: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> Snaps:
        """Pick some of the places, in the order of ``rows``."""
        return Snaps(self.node[rows], self.off_km[rows], self.component[rows], self.land[rows])


def snap(graph: RoadGraph, places: Places) -> Snaps:
    """Find the nodes that each place is reached from.

    Notes
    -----
    A node counts only if the straight line to it crosses no more than 2 km of open water at a stretch, so that an
    island without roads of its own is not served from the mainland. Small parts of the network count as 5 km
    farther than they are: they are often car parks and ring roads that the thinning cut off. Up to 25 km the way
    to the road is a matter of course; up to 150 km it is accepted over one land mass, and the distance is marked
    as estimated.
    """
    count = len(places)
    land = land_mass_at(places.lat, places.lon)
    node = np.full((count, 2), -1, dtype=np.int64)
    off_km = np.full((count, 2), np.inf)
    component = np.full(count, -1, dtype=np.int64)
    near, away = _nearest(graph, places)
    usable = np.isfinite(away)
    size = np.bincount(graph.component)
    small = size[graph.component[near]] < _SMALL_PART_NODES
    score = np.where(usable, away + np.where(small, _SMALL_PART_KM, 0.0), np.inf)
    order = np.argsort(score, axis=1, kind="stable")
    near, away = np.take_along_axis(near, order, 1), np.take_along_axis(away, order, 1)
    open_rows = np.flatnonzero(land >= 0)
    chosen = np.full(count, -1)
    for rank in range(near.shape[1]):
        open_rows = open_rows[np.isfinite(away[open_rows, rank])]
        if not open_rows.size:
            break
        good = _reaches(graph, places, land, near[:, rank], away[:, rank], open_rows)
        rows = open_rows[good]
        chosen[rows] = rank
        node[rows] = near[rows, rank, None]
        off_km[rows] = away[rows, rank, None]
        component[rows] = graph.component[near[rows, rank]]
        open_rows = open_rows[~good]
    _second_side(graph, places, (near, away), chosen, (node, off_km))
    return Snaps(node, off_km, component, land)


def _nearest(graph: RoadGraph, places: Places) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Nearest nodes of each place and how far off they are; infinitely far where there are fewer."""
    from scipy.spatial import cKDTree

    cells = np.unique(np.floor(np.column_stack([places.lat, places.lon]) / _BOX_DEG).astype(np.int64), axis=0)
    picture = np.zeros((int(180 / _BOX_DEG) + 3, int(360 / _BOX_DEG)), dtype=bool)
    row, column = cells[:, 0] + int(90 / _BOX_DEG) + 1, cells[:, 1] + int(180 / _BOX_DEG)
    for down in (-1, 0, 1):
        wide = int(np.ceil(1 / max(np.cos(np.radians(np.abs(places.lat).max())), 0.05)))
        for right in range(-wide, wide + 1):
            picture[np.clip(row + down, 0, picture.shape[0] - 1), (column + right) % picture.shape[1]] = True
    node_row = np.floor(graph.lat / _BOX_DEG).astype(np.int64) + int(90 / _BOX_DEG) + 1
    node_column = np.floor(graph.lon / _BOX_DEG).astype(np.int64) + int(180 / _BOX_DEG)
    around = np.flatnonzero(picture[node_row, node_column % picture.shape[1]])
    if not around.size:
        return np.zeros((len(places), 1), dtype=np.int64), np.full((len(places), 1), np.inf)
    tree = cKDTree(unit_vectors(graph.lat[around], graph.lon[around]))
    away, which = tree.query(
        unit_vectors(places.lat, places.lon), k=_CANDIDATES, distance_upper_bound=_FARTHEST_KM
    )
    return around[np.minimum(which, around.size - 1)], away


def _reaches(
    graph: RoadGraph,
    places: Places,
    land: NDArray[np.int64],
    node: NDArray[np.int64],
    away_km: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether the straight line from each place to its node can be driven, as far as one can tell."""
    nodes = node[rows]
    good = is_dry(places.lat[rows], places.lon[rows], graph.lat[nodes], graph.lon[nodes])
    remote = away_km[rows] > REMOTE_KM
    if remote.any():
        good[remote] &= land_mass_at(graph.lat[nodes[remote]], graph.lon[nodes[remote]]) == land[rows[remote]]
    return good


def _second_side(
    graph: RoadGraph,
    places: Places,
    candidates: tuple[NDArray[np.int64], NDArray[np.float64]],
    chosen: NDArray[np.int64],
    out: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> None:
    """Fill the second column of ``out``: the nearest node of the same part that lies on another side.

    Between two junctions that are far apart, the nearest one may lead the wrong way.
    """
    near, away = candidates
    node, off_km = out
    rows = np.flatnonzero(chosen >= 0)
    here = np.column_stack([places.lon[rows], places.lat[rows]])[:, None]
    shrink = np.stack([np.cos(np.radians(places.lat[rows])), np.ones(rows.size)], axis=-1)[:, None]
    arrow = (np.stack([graph.lon[near[rows]], graph.lat[near[rows]]], axis=-1) - here) * shrink
    first = np.take_along_axis(arrow, chosen[rows, None, None], axis=1)
    same = graph.component[near[rows]] == graph.component[node[rows, :1]]
    close = away[rows] <= np.minimum(3 * off_km[rows, :1] + 5.0, REMOTE_KM)
    fits = same & close & ((arrow * first).sum(axis=-1) <= 0) & (away[rows] > 0)
    fits[np.arange(rows.size), chosen[rows]] = False
    distance = np.where(fits, away[rows], np.inf)
    best = distance.argmin(axis=1)
    found = np.flatnonzero(np.isfinite(distance[np.arange(rows.size), best]))
    picked, place = near[rows[found], best[found]], rows[found]
    dry = is_dry(places.lat[place], places.lon[place], graph.lat[picked], graph.lon[picked])
    node[place[dry], 1] = picked[dry]
    off_km[place[dry], 1] = away[place[dry], best[found][dry]]
