"""Which rows of a set of small integer columns are alike, without sorting where it can be avoided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["distinct_rows"]

_DENSE_KEYS: Final = 50_000_000


def distinct_rows(columns: Sequence[npt.NDArray[Any]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Find the distinct rows of a table.

    Parameters
    ----------
    columns
        At least one integer column, all of the same length, not empty.

    Returns
    -------
    tuple
        Position of one example of each distinct row, and for every row which of them it is.

    Examples
    --------
    >>> import numpy as np
    >>> first, which = distinct_rows([np.array([3, 5, 3]), np.array([1, 1, 1])])
    >>> len(first), bool(which[0] == which[2])
    (2, True)
    """
    key = np.zeros(len(columns[0]), np.int64)
    room = 1
    for column in columns:
        low, high = int(column.min()), int(column.max())
        if high == low:
            continue
        if room * (high - low + 1) > 2**62:
            key = np.unique(key, return_inverse=True)[1].reshape(-1).astype(np.int64)
            room = int(key.max()) + 1
        key = key * (high - low + 1) + (column.astype(np.int64) - low)
        room *= high - low + 1
    if room <= min(_DENSE_KEYS, 100 * len(key) + 1000):
        place = np.full(room, -1, np.int64)
        place[key] = np.arange(len(key))
        used = np.flatnonzero(place >= 0)
        first = place[used]
        place[used] = np.arange(len(used))
        return first, place[key]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    return first.astype(np.int64), which.reshape(-1).astype(np.int64)
