"""Sets of cells in words: the few boxes of facts that hold exactly the cells of a mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from voltloop.compliance.conditions import Axis

__all__ = ["boxes_of", "cells_in_words"]

_Mask = npt.NDArray[np.bool_]


def boxes_of(cells: _Mask, axes: Sequence[Axis], asked: _Mask | None = None) -> list[str]:
    """Describe a set of cells as boxes, each "FACT VALUES, FACT VALUES", together exactly the set.

    Parameters
    ----------
    cells
        One dimension per fact.
    axes
        The facts, in the order of the dimensions.
    asked
        Cells that can occur at all; the others may be taken in when that makes the words shorter.

    Returns
    -------
    list
        At least one sentence when there is a cell; "everywhere" for a box without a condition.

    Examples
    --------
    >>> import numpy as np
    >>> from voltloop.compliance import load_rulebook
    >>> axis = load_rulebook().axes("road_eu")["form"]
    >>> boxes_of(np.array([True, True, False, False, False, False]), [axis])
    ['form alone']
    """
    free = np.zeros(cells.shape, bool) if asked is None else ~asked
    found: list[str] = []
    _split(cells, free, list(axes), [], found)
    return found


def _split(cells: _Mask, free: _Mask, axes: list[Axis], said: list[str], found: list[str]) -> None:
    """Take off one fact at a time, values whose slices are alike together; ``free`` cells agree with anything."""
    if not cells.any():
        return
    if not axes:
        found.append(", ".join(said) or "everywhere")
        return
    at = _narrowest(cells, free, axes)
    axis, rest = axes[at], [*axes[:at], *axes[at + 1 :]]
    groups: list[tuple[list[int], _Mask, _Mask]] = []
    empty: list[int] = []
    for code in range(axis.count):
        mine, open_here = np.take(cells, code, axis=at), np.take(free, code, axis=at)
        if not mine.any():
            if not open_here.all():
                empty.append(code)
            continue
        for number, (codes, theirs, shared) in enumerate(groups):
            if not ((mine != theirs) & ~open_here & ~shared).any():
                groups[number] = ([*codes, code], mine | theirs, open_here & shared)
                break
        else:
            groups.append(([code], mine, open_here))
    for codes, theirs, shared in groups:
        words = [] if len(groups) == 1 and not empty else [f"{axis.fact.name} {cells_in_words(axis, codes)}"]
        _split(theirs, shared & ~theirs, rest, [*said, *words], found)


def _narrowest(cells: _Mask, free: _Mask, axes: list[Axis]) -> int:
    """Give the fact to take off next: the one with the fewest different slices."""
    best, fewest = 0, 1 << 30
    for at in range(len(axes)):
        slices = np.packbits(np.moveaxis(cells, at, 0).reshape(axes[at].count, -1), axis=1)
        can_occur = ~np.moveaxis(free, at, 0).reshape(axes[at].count, -1).all(axis=1)
        groups = len({row.tobytes() for row in slices[can_occur]})
        if groups < fewest:
            best, fewest = at, groups
    return best


def cells_in_words(axis: Axis, codes: Sequence[int]) -> str:
    """Name cells of a fact: values joined by "or", intervals that touch run together.

    Examples
    --------
    >>> from voltloop.compliance import load_rulebook
    >>> cells_in_words(load_rulebook().axes("road_eu")["form"], [0, 2])
    'cell or contained_in'
    """
    if axis.fact.kind != "decimal":
        left = [value for at, value in enumerate(axis.fact.values) if at not in codes]
        if len(codes) > len(left) > 0 and len(codes) > 3:
            return "other than " + " or ".join(_grouped(axis, left))
        return " or ".join(_grouped(axis, [axis.fact.values[code] for code in codes]))
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return " or ".join(_interval(axis, *run) for run in runs)


def _grouped(axis: Axis, values: list[str]) -> list[str]:
    """Put the name of a group in place of its members where all of them are there."""
    left = list(values)
    found = []
    for name, members in sorted(axis.fact.groups.items(), key=lambda item: -len(item[1])):
        if len(members) > 1 and set(members) <= set(left):
            found.append(name)
            left = [value for value in left if value not in members]
    return [*found, *left]


def _interval(axis: Axis, first: int, last: int) -> str:
    words: list[Any] = []
    if first > 0:
        limit, above = axis.cuts[first - 1]
        words.append(f"{'>' if above else '>='}{limit:g}")
    if last < len(axis.cuts):
        limit, above = axis.cuts[last]
        words.append(f"{'<=' if above else '<'}{limit:g}")
    return f"{' '.join(words)} {axis.fact.unit}".strip() if words else "of any size"
