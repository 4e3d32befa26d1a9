"""Distances between many places: by blocks of rows, and to the nearest neighbours without the whole matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.transport.geometry import great_circle_km, unit_vectors
from voltloop.transport.provider import DistanceProvider, Distances, Places

__all__ = ["Neighbours", "blocks", "fill_matrices", "nearest_places"]

_VALUES_AT_ONCE = 4_000_000
_MORE, _MOST = 2.0, 8.0
_LEAF = 400


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest other places of each place, by the way and not by the straight line.

    Attributes
    ----------
    place
        Numbers of the neighbours, nearest first, shape (places, k); -1 where fewer are reachable.
    km, hours
        Way to each of them; infinite where there is none.
    is_exact
        Whether no place beyond those that were looked at can be nearer, one per place.
    """

    place: NDArray[np.int64]
    km: NDArray[np.float64]
    hours: NDArray[np.float64]
    is_exact: NDArray[np.bool_]


def blocks(
    provider: DistanceProvider, origins: Places, destinations: Places, profile: str
) -> Iterator[tuple[slice, Distances]]:
    """Give the distances from all origins to all destinations, some rows at a time.

    Parameters
    ----------
    provider
        Of any mode.
    origins, destinations, profile
        As for :meth:`voltloop.transport.DistanceProvider.distances`.

    Yields
    ------
    tuple
        Rows, and their distances, of about 4 million values each.
    """
    _prepare(provider, origins, destinations, profile)
    rows_at_once = max(_VALUES_AT_ONCE // max(len(destinations), 1), 1)
    for first in range(0, len(origins), rows_at_once):
        rows = slice(first, min(first + rows_at_once, len(origins)))
        part = origins.take(np.arange(rows.start, rows.stop))
        yield rows, provider.distances(part, destinations, profile)


def fill_matrices(
    provider: DistanceProvider,
    origins: Places,
    destinations: Places,
    profile: str,
    km: NDArray[Any],
    hours: NDArray[Any] | None = None,
) -> None:
    """Write the distances from all origins to all destinations into arrays of the caller's.

    Parameters
    ----------
    provider, origins, destinations, profile
        As for :func:`blocks`.
    km, hours
        Floating-point arrays of shape (origins, destinations), such as memory maps of
        :func:`numpy.lib.format.open_memmap`; infinite is written where there is no way. 10,000 × 10,000 values of
        ``float32`` are 0.4 GB.

    Raises
    ------
    InputError
        ``matrix-shape``: an array has another shape.
    """
    shape = (len(origins), len(destinations))
    for array in (km, hours):
        if array is not None and array.shape != shape:
            raise InputError(
                f"An array of shape {array.shape} was given for {shape[0]} origins and {shape[1]} destinations. "
                f"Give one of shape {shape}.",
                code="matrix-shape",
            )
    for rows, found in blocks(provider, origins, destinations, profile):
        km[rows] = found.km
        if hours is not None:
            hours[rows] = found.hours


def nearest_places(provider: DistanceProvider, places: Places, profile: str, k: int = 100) -> Neighbours:
    """Give the nearest other places of each place by the way, without the whole matrix.

    Parameters
    ----------
    provider
        Of any mode.
    places
        Any number.
    profile
        As for :meth:`voltloop.transport.DistanceProvider.distances`.
    k
        Neighbours of each, at least 1; fewer are given where there are fewer places.

    Notes
    -----
    No way is shorter than the straight line. So once k neighbours are known whose ways are shorter than the straight
    line to the first place that was not looked at, they are the nearest. The 2 k nearest by the line are looked at
    first, then for places without that proof twice as many, up to 8 k; after that ``is_exact`` is False.
    Places near each other are asked for together.
    """
    from scipy.spatial import cKDTree

    if k < 1:
        raise InputError(f"{k} neighbours are asked for. Give at least 1.", code="matrix-neighbours")
    count = len(places)
    k = min(k, max(count - 1, 0))
    found = Neighbours(
        np.full((count, k), -1),
        np.full((count, k), np.inf),
        np.full((count, k), np.inf),
        np.zeros(count, bool),
    )
    if not k:
        return found
    _prepare(provider, places, places, profile)
    tree = cKDTree(unit_vectors(places.lat, places.lon))
    wanted = min(int(_MORE * k) + 8, count - 1)
    open_rows = np.arange(count)
    while open_rows.size:
        for rows in _leaves(tree.data, open_rows):
            _look(provider, places, profile, tree, rows, wanted, found)
        if wanted == count - 1:
            found.is_exact[open_rows] = True
        open_rows = open_rows[~found.is_exact[open_rows]]
        if wanted >= min(count - 1, _MOST * k):
            break
        wanted = min(2 * wanted, count - 1)
    return found


def _look(
    provider: DistanceProvider,
    places: Places,
    profile: str,
    tree: Any,
    rows: NDArray[np.int64],
    wanted: int,
    found: Neighbours,
) -> None:
    """Look at the places nearest to some by the straight line, and keep the nearest of them by the way."""
    k = found.place.shape[1]
    _, near = tree.query(tree.data[rows], k=wanted + 1)
    others, column = np.unique(near, return_inverse=True)
    column = column.reshape(near.shape)
    ways = provider.distances(places.take(rows), places.take(others), profile)
    line = np.arange(len(rows))[:, None]
    km = np.where(near == rows[:, None], np.inf, ways.km[line, column])
    # A place that is no nearest neighbour of itself, among others at the very same spot, stands nowhere in the list.
    order = np.argsort(km, axis=1, kind="stable")[:, :k]
    found.km[rows] = np.take_along_axis(km, order, axis=1)
    found.hours[rows] = ways.hours[line, np.take_along_axis(column, order, axis=1)]
    chosen = np.take_along_axis(near, order, axis=1)
    reached = np.isfinite(found.km[rows])
    found.place[rows] = np.where(reached, chosen, -1)
    found.hours[rows] = np.where(reached, found.hours[rows], np.inf)
    last = near[:, -1]
    edge_km = great_circle_km(places.lat[rows], places.lon[rows], places.lat[last], places.lon[last])
    found.is_exact[rows] = found.km[rows, -1] <= edge_km


def _leaves(points: NDArray[np.float64], rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Part places into groups of neighbours: halves of the widest side again and again."""
    if len(rows) <= _LEAF:
        yield rows
        return
    spread = np.ptp(points[rows], axis=0)
    order = rows[np.argsort(points[rows, int(spread.argmax())], kind="stable")]
    yield from _leaves(points, order[: len(order) // 2])
    yield from _leaves(points, order[len(order) // 2 :])


def _prepare(provider: DistanceProvider, origins: Places, destinations: Places, profile: str) -> None:
    """Ask once for the outermost places, so that a provider which makes a region ready makes one for all."""
    if not len(origins) or not len(destinations):
        return
    ends = [
        places.take(
            np.unique([places.lat.argmin(), places.lat.argmax(), places.lon.argmin(), places.lon.argmax()])
        )
        for places in (origins, destinations)
    ]
    provider.distances(ends[0], ends[1], profile)
