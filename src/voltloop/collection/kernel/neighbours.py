"""The nearest stops of every stop, without a matrix where there are coordinates."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from voltloop.collection.kernel.arrays import MATRIX, SPHERE, Floats, Ints, KernelProblem
from voltloop.collection.kernel.legs import leg_km

__all__ = ["along_a_curve", "neighbours"]


def neighbours(p: KernelProblem, count: int) -> tuple[Ints, Floats]:
    """Nearest other stops of each stop, nearest first.

    Parameters
    ----------
    p
        The problem; lengths are those of its first road profile.
    count
        How many are wanted, at least 1.

    Returns
    -------
    tuple
        Stops and the lengths [km] of the way there, both of shape (N, min(count, N - 1)). A length of ``inf``
        marks what fills a row that has fewer reachable stops. Stops at equal lengths stand in order of number.

    Notes
    -----
    Of a matrix that is not symmetric the shorter of the two directions counts. Land masses have a search tree each.
    """
    stops = len(p.place)
    count = max(min(count, stops - 1), 0)
    if p.metric == MATRIX:
        return _from_matrix(p, count)
    near = np.full((stops, count), -1, np.int32)
    land = p.land[p.place] if p.metric == SPHERE and len(p.land) else np.zeros(stops, np.int32)
    order = np.argsort(land, kind="stable").astype(np.int32)
    for members in np.split(order, np.flatnonzero(np.diff(land[order])) + 1):
        points = p.xyz[p.place[members]]
        # One more is asked for than wanted, because each stop finds itself, though not always first.
        found = cKDTree(points).query(points, k=range(1, min(count + 1, len(members)) + 1))[1]
        others = _without_self(found)
        near[members, : others.shape[1]] = members[others]
    _fill(near)
    lengths = _lengths(p, near)
    return _by_length(near, lengths)


def _from_matrix(p: KernelProblem, count: int) -> tuple[Ints, Floats]:
    near = np.empty((len(p.place), count), np.int32)
    lengths = np.empty(near.shape)
    for stop, place in enumerate(p.place):
        to_others = np.minimum(p.km[0, place, p.place], p.km[0, p.place, place])
        to_others[stop] = np.nan  # NaN sorts behind every length, even inf
        nearest = np.sort(np.argpartition(to_others, count)[: count + 1]) if count else np.zeros(0, np.int64)
        nearest = nearest[np.argsort(to_others[nearest], kind="stable")][:count]
        near[stop], lengths[stop] = nearest, to_others[nearest]
    return near, lengths


def _without_self(found: NDArray[np.int64]) -> NDArray[np.int64]:
    """Drop each row's own number, or its last entry where stops at one place have crowded it out."""
    own = found == np.arange(len(found))[:, None]
    own[~own.any(axis=1), -1] = True
    others: NDArray[np.int64] = found[~own].reshape(len(found), found.shape[1] - 1)
    return others


@njit(cache=True)
def _fill(near: Ints) -> None:
    """Fill rows up with stops that are not there yet: any will do, no road leads to them."""
    stops, count = near.shape
    for stop in range(stops):
        other = 0
        for k in range(count):
            if near[stop, k] < 0:
                while other == stop or np.any(near[stop, :k] == other):
                    other += 1
                near[stop, k] = other


@njit(cache=True)
def _lengths(p: KernelProblem, near: Ints) -> Floats:
    lengths = np.empty(near.shape)
    for stop in range(near.shape[0]):
        for k in range(near.shape[1]):
            lengths[stop, k] = leg_km(p, p.place[stop], p.place[near[stop, k]], 0)
    return lengths


def _by_length(near: Ints, lengths: Floats) -> tuple[Ints, Floats]:
    order = np.lexsort((near, lengths), axis=1)
    return np.take_along_axis(near, order, axis=1), np.take_along_axis(lengths, order, axis=1)


def along_a_curve(p: KernelProblem) -> Ints:
    """All stops in an order in which stops close by in space mostly stand close by in memory.

    Notes
    -----
    Hilbert's curve on a grid of 2**16 cells each way over the two widest axes. Stops of a matrix stay in order.

    References
    ----------
    Hilbert (1891), Mathematische Annalen 38, 459-460.
    """
    if p.metric == MATRIX:
        return np.arange(len(p.place), dtype=np.int32)
    points = p.xyz[p.place]
    spread = np.ptp(points, axis=0)
    widest = np.sort(np.argsort(-spread, kind="stable")[:2])
    scale = 65_535.0 / max(float(spread.max()), 1e-300)
    cells = ((points - points.min(axis=0))[:, widest] * scale).astype(np.int64)
    return np.argsort(_along_hilbert(cells[:, 0].copy(), cells[:, 1].copy()), kind="stable").astype(np.int32)


def _along_hilbert(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position of cells along the curve; turns each quadrant so that the next level starts in the same corner."""
    position = np.zeros(len(x), np.int64)
    for level in range(15, -1, -1):
        right, top = (x >> level) & 1, (y >> level) & 1
        position += ((3 * right) ^ top) << (2 * level)
        mirror, swap = (top == 0) & (right == 1), top == 0
        x, y = np.where(mirror, 65_535 - x, x), np.where(mirror, 65_535 - y, y)
        x, y = np.where(swap, y, x), np.where(swap, x, y)
    return position
