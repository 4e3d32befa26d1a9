"""Networks as sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["arc_matrix", "gathered"]


def arc_matrix(
    size: int, tail: NDArray[np.int64], head: NDArray[np.int64], weight: NDArray[np.float64]
) -> Any:
    """Give arcs that lead both ways as an upper triangular sparse matrix; of two between the same nodes the lighter.

    Parameters
    ----------
    size
        Number of nodes.
    tail, head, weight
        One each per arc; weights above 0.

    Examples
    --------
    >>> matrix = arc_matrix(2, np.array([0, 1]), np.array([1, 0]), np.array([5.0, 3.0]))
    >>> matrix.toarray().tolist()
    [[0.0, 3.0], [0.0, 0.0]]
    """
    from scipy.sparse import csr_matrix

    low, high = np.minimum(tail, head), np.maximum(tail, head)
    order = np.lexsort((weight, high, low))
    low, high, weight = low[order], high[order], weight[order]
    first = np.ones(len(low), dtype=bool)
    first[1:] = (np.diff(low) != 0) | (np.diff(high) != 0)
    return csr_matrix((weight[first], (low[first], high[first])), shape=(size, size))


def gathered(before: NDArray[np.int32], value: NDArray[np.int64], join: np.ufunc) -> NDArray[np.int64]:
    """Join a value of each node with those of all nodes before it on a tree of shortest ways.

    Parameters
    ----------
    before
        Node before each on its way from the origin, below 0 at the origin itself; shape (origins, nodes).
    value
        What each node adds, of the same shape; 0 at the origins.
    join
        ``np.add`` or ``np.bitwise_or``.

    Notes
    -----
    Climbs the tree in doubling steps: as many as the logarithm of the longest way.

    Examples
    --------
    >>> gathered(np.array([[-1, 0, 1, 2]]), np.array([[0, 1, 0, 5]]), np.add).tolist()
    [[0, 1, 1, 6]]
    """
    total = value
    parent = np.where(before < 0, np.arange(before.shape[1]), before)
    while True:
        total = join(total, np.take_along_axis(total, parent, axis=1))
        higher = np.take_along_axis(parent, parent, axis=1)
        if np.array_equal(higher, parent):
            return np.asarray(total)
        parent = higher
