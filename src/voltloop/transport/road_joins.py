"""Close the gaps between neighbouring parts of the road network.

Thinned to main roads, the network falls into some 1,200 parts. Most are not islands: a road that was left out, or
a border, parts them. Gaps are closed

- where two dead ends face each other across a border, no more than 6 km apart: the network was cut by country,
- where parts come within 15 km of each other with no more than 2 km of open water in between,
- by the bridges and tunnels of ``catalogue/fixed_links.csv``,
- and then, where parts on one land mass are still apart, within 60 km with no more than 10 km of water at a
  stretch, since a way leads round any fjord,

but never across a border of ``catalogue/closed_borders.csv``, and roads across such a border are taken out.

What remains apart after that is apart: no truck drives there.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.catalogue import country_at, country_shapes, land_mass_at
from voltloop.transport.fixed_links import fixed_links
from voltloop.transport.geometry import great_circle_km, unit_vectors
from voltloop.transport.road_data import RoadGraph

__all__ = ["is_dry", "joined"]

_BORDER_KM = 6.0
_BORDER_BOX_DEG = 0.3
_JOIN_KM = 15.0
_SAME_LAND_JOIN_KM = 60.0
_JOIN_FACTOR = 1.3
_FJORD_KM = 10.0
_STEP_KM, _MOST_STEPS = 0.4, 100
_JOINS_PER_PAIR = 4
_LINK_SNAP_KM = 15.0


def joined(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    km: NDArray[np.float64],
) -> RoadGraph:
    """Make the network from what was read: gaps closed, connected parts numbered."""
    proper = (tail != head) & ~_crosses_closed_border(lat, lon, tail, head)
    tail, head = tail[proper].astype(np.int64), head[proper].astype(np.int64)
    one, other, extra_km = _links(lat, lon)
    near, far = _border_gaps(lat, lon, np.bincount(tail, minlength=len(lat)))
    one, other = np.concatenate([one, near]), np.concatenate([other, far])
    gap_km = _JOIN_FACTOR * great_circle_km(lat[near], lon[near], lat[far], lon[far])
    extra_km = np.concatenate([extra_km, gap_km])
    part = _components(len(lat), np.concatenate([tail, one]), np.concatenate([head, other]))
    for reach_km in (_JOIN_KM, _SAME_LAND_JOIN_KM):
        near, far = _gaps(lat, lon, part, reach_km)
        if reach_km == _JOIN_KM:
            good = is_dry(lat[near], lon[near], lat[far], lon[far])
        else:
            land = land_mass_at(lat[near], lon[near])
            good = (land == land_mass_at(lat[far], lon[far])) & (land >= 0)
            good &= is_dry(lat[near], lon[near], lat[far], lon[far], _FJORD_KM)
        near, far = near[good], far[good]
        passable = _is_open(_inland(lat[near], lon[near]), _inland(lat[far], lon[far]))
        near, far = near[passable], far[passable]
        one, other = np.concatenate([one, near]), np.concatenate([other, far])
        gap_km = _JOIN_FACTOR * great_circle_km(lat[near], lon[near], lat[far], lon[far])
        extra_km = np.concatenate([extra_km, gap_km])
        part = _components(int(part.max()) + 1, part[near], part[far])[part]
    metres = np.maximum(np.rint(np.concatenate([km[proper], extra_km, extra_km]) * 1000), 1).astype(np.uint32)
    tail, head = np.concatenate([tail, one, other]), np.concatenate([head, other, one])
    return RoadGraph(lat, lon, tail.astype(np.int32), head.astype(np.int32), metres, part)


def is_dry(
    lat_a: NDArray[np.float64],
    lon_a: NDArray[np.float64],
    lat_b: NDArray[np.float64],
    lon_b: NDArray[np.float64],
    water_km: float = 2.0,
) -> NDArray[np.bool_]:
    """Whether straight lines of some kilometres cross no more open water at a stretch than ``water_km``.

    The coasts are drawn to a kilometre or so: less water than that may be a river mouth or nothing.
    """
    length_km = great_circle_km(lat_a, lon_a, lat_b, lon_b)
    steps = np.clip(np.ceil(length_km / _STEP_KM), 1, _MOST_STEPS).astype(np.int64)
    line = np.repeat(np.arange(len(steps)), steps)
    first = np.cumsum(steps) - steps
    share = (np.arange(len(line)) - first[line] + 0.5) / steps[line]
    at_lat = lat_a[line] + share * (lat_b - lat_a)[line]
    turn = (lon_b - lon_a + 180.0) % 360.0 - 180.0
    at_lon = (lon_a[line] + share * turn[line] + 180.0) % 360.0 - 180.0
    wet = land_mass_at(at_lat, at_lon, coast_tolerance_km=0.0) < 0
    # Length of the longest wet stretch: count steps since the last dry one or the start of the line.
    place = np.arange(len(line))
    last_dry = np.maximum.accumulate(np.where(wet, first[line] - 1, place))
    stretch = place - np.maximum(last_dry, first[line] - 1)
    longest = np.zeros(len(steps), dtype=np.int64)
    np.maximum.at(longest, line, stretch)
    return longest * (length_km / steps) <= water_km


def _components(count: int, tail: NDArray[Any], head: NDArray[Any]) -> NDArray[np.int32]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(tail), dtype=np.int8)
    number: NDArray[np.int32] = connected_components(coo_matrix((ones, (tail, head)), (count, count)), False)[
        1
    ]
    return number


def _gaps(
    lat: NDArray[np.float64], lon: NDArray[np.float64], part: NDArray[np.int32], reach_km: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of nodes of different parts that are near each other: the nearest few of every two parts."""
    from scipy.spatial import cKDTree

    points = unit_vectors(lat, lon)
    by_lat = np.argsort(lat, kind="stable")
    sorted_lat = lat[by_lat]
    order = np.argsort(part, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(part))[:-1])
    largest = max(range(len(members)), key=lambda number: len(members[number]))
    reach = reach_km / 111.0
    none = np.zeros(0, dtype=np.int64)
    ones, others, gaps = [none], [none], [np.zeros(0)]
    for number, nodes in enumerate(members):
        if number == largest:
            continue
        south, north = lat[nodes].min() - reach, lat[nodes].max() + reach
        wide = reach / max(np.cos(np.radians(min(max(abs(south), abs(north)), 89.0))), 0.02)
        near = by_lat[slice(*np.searchsorted(sorted_lat, [south, north]))]
        inside = (lon[near] >= lon[nodes].min() - wide) & (lon[near] <= lon[nodes].max() + wide)
        near = near[inside & (part[near] != number)]
        if not len(near):
            continue
        gap, which = cKDTree(points[nodes]).query(points[near], distance_upper_bound=reach_km)
        found = np.isfinite(gap)
        ones.append(nodes[which[found]])
        others.append(near[found])
        gaps.append(gap[found])
    one, other, gap = np.concatenate(ones), np.concatenate(others), np.concatenate(gaps)
    if not one.size:
        return one, other
    low, high = np.minimum(part[one], part[other]), np.maximum(part[one], part[other])
    order = np.lexsort((other, one, gap, high, low))
    pair = (low[order].astype(np.int64) << 32) + high[order]
    first = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]]))
    rank = np.arange(len(pair)) - np.repeat(first, np.diff(np.append(first, len(pair))))
    kept = order[rank < _JOINS_PER_PAIR]
    return one[kept], other[kept]


def _border_gaps(
    lat: NDArray[np.float64], lon: NDArray[np.float64], degree: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of dead ends in two countries that are each other's nearest abroad."""
    from scipy.spatial import cKDTree

    dead = np.flatnonzero(degree == 1)
    pairs = cKDTree(unit_vectors(lat[dead], lon[dead])).query_pairs(_BORDER_KM, output_type="ndarray")
    if not len(pairs):
        return dead[:0], dead[:0]
    one, other = dead[pairs[:, 0]], dead[pairs[:, 1]]
    involved, place = np.unique(np.concatenate([one, other]), return_inverse=True)
    country = np.array([code or "" for code in _inland(lat[involved], lon[involved])])
    code_a, code_b = country[place[: len(one)]], country[place[len(one) :]]
    abroad = (code_a != code_b) & (code_a != "") & (code_b != "")
    abroad[abroad] &= _is_open(code_a[abroad].tolist(), code_b[abroad].tolist())
    one, other = one[abroad], other[abroad]
    gap = great_circle_km(lat[one], lon[one], lat[other], lon[other])
    shortest = np.full(len(lat), np.inf)
    np.minimum.at(shortest, one, gap)
    np.minimum.at(shortest, other, gap)
    # A dual carriageway ends twice: whoever is nearest for either side is joined.
    nearest = (gap <= shortest[one]) | (gap <= shortest[other])
    one, other = one[nearest], other[nearest]
    dry = is_dry(lat[one], lon[one], lat[other], lon[other])
    return one[dry], other[dry]


def _inland(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> list[str | None]:
    return country_at(lat, lon, coast_tolerance_km=0.0)


def _is_open(here: Sequence[str | None], there: Sequence[str | None]) -> NDArray[np.bool_]:
    """Whether lorries may cross from one country to the other, pair by pair."""
    closed = _closed_borders()
    pairs = zip(here, there, strict=True)
    return np.array([frozenset((one or "", other or "")) not in closed for one, other in pairs], dtype=bool)


def _crosses_closed_border(
    lat: NDArray[np.float64], lon: NDArray[np.float64], tail: NDArray[np.int32], head: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which arcs lead from one country of a closed border to the other."""
    crosses = np.zeros(len(tail), dtype=bool)
    near = np.zeros(len(lat), dtype=bool)
    for pair in _closed_borders():
        near |= _where_both_lie(lat, lon, pair)
    arcs = np.flatnonzero(near[tail] & near[head])
    if not arcs.size:
        return crosses
    nodes, place = np.unique(np.concatenate([tail[arcs], head[arcs]]), return_inverse=True)
    country = np.array([code or "" for code in _inland(lat[nodes], lon[nodes])])
    code_a, code_b = country[place[: arcs.size]], country[place[arcs.size :]]
    abroad = np.flatnonzero(code_a != code_b)
    closed = ~_is_open(code_a[abroad].tolist(), code_b[abroad].tolist())
    crosses[arcs[abroad[closed]]] = True
    return crosses


def _where_both_lie(
    lat: NDArray[np.float64], lon: NDArray[np.float64], pair: frozenset[str]
) -> NDArray[np.bool_]:
    """Which nodes lie in the boxes around pieces of both countries: the border, and not much more."""
    inside = np.zeros(len(lat), dtype=bool)
    margin = np.array([-1.0, -1.0, 1.0, 1.0]) * _BORDER_BOX_DEG
    for one, other in itertools.product(*(_boxes()[code] for code in sorted(pair))):
        west, south = np.maximum(one[:2], other[:2]) + margin[:2]
        east, north = np.minimum(one[2:], other[2:]) + margin[2:]
        if west < east and south < north:
            inside |= (lat > south) & (lat < north) & (lon > west) & (lon < east)
    return inside


@cache
def _boxes() -> dict[str, list[NDArray[np.float64]]]:
    """West, south, east, north of the largest pieces of each country."""
    return {
        shape.iso2: [
            np.concatenate([rings[0].min(axis=0), rings[0].max(axis=0)]) for rings in shape.polygons[:6]
        ]
        for shape in country_shapes()
    }


@cache
def _closed_borders() -> frozenset[frozenset[str]]:
    text = (resources.files("voltloop.catalogue") / "closed_borders.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return frozenset(frozenset((row["country_a"], row["country_b"])) for row in rows)


def _links(
    lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Nearest nodes at both ends of each bridge or tunnel too long for the rule."""
    from scipy.spatial import cKDTree

    links = fixed_links()
    tree = cKDTree(unit_vectors(lat, lon))
    off_a, one = tree.query(unit_vectors(links.lat_a, links.lon_a))
    off_b, other = tree.query(unit_vectors(links.lat_b, links.lon_b))
    usable = (off_a <= _LINK_SNAP_KM) & (off_b <= _LINK_SNAP_KM) & (one != other)
    km = links.km + _JOIN_FACTOR * (off_a + off_b)
    return one[usable], other[usable], km[usable]
