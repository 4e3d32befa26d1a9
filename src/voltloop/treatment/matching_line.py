"""Matching by one measure: units in order, sets in windows of one width.

Two sets whose ranges overlap may exchange units until they do not, so some best answer takes sets from left to right.
"""

from __future__ import annotations

import numpy as np

from voltloop.treatment.matching_problem import Floats, Places

__all__ = ["count_on_line", "match_on_line"]

_MOST_CELLS = 50_000_000


def count_on_line(scale: Floats, width: float, units: int) -> int:
    """Give the most sets of ``units`` within ``width`` of each other; exact.

    From the smallest on, the next units make a set as soon as they fit; a unit that cannot be the smallest of a set is
    left over.

    Examples
    --------
    >>> count_on_line(np.array([1.0, 1.1, 1.2, 5.0, 5.1]), 0.15, 2)
    2
    """
    return len(_greedy(np.sort(scale), width, units))


def _greedy(ordered: Floats, width: float, units: int) -> list[int]:
    """Give the places in order at which sets of neighbours begin."""
    starts, at = [], 0
    while at + units <= ordered.size:
        if ordered[at + units - 1] - ordered[at] <= width:
            starts.append(at)
            at += units
        else:
            at += 1
    return starts


def match_on_line(scale: Floats, value: Floats, width: float, units: int) -> tuple[list[Places], bool]:
    """Give as many sets as there can be and, of those, the most valuable.

    Parameters
    ----------
    scale
        Measure of each unit on the scale of ``width``, shape (units,).
    value
        What each unit brings [EUR].
    width
        How far apart the units of a set may lie.
    units
        Units in a set, one or more.

    Returns
    -------
    tuple
        Places of the units of each set, and whether the value is proven best; the number of sets always is. Where
        windows hold so many units that all choices cannot be looked through, sets are of neighbours, counted from
        the end that is worth more.
    """
    order = np.argsort(scale, kind="stable")
    ordered, worth = scale[order], value[order]
    first = np.searchsorted(ordered, ordered - width, side="left")
    cells = int((np.arange(scale.size) - first + 1).sum()) * units
    if cells <= _MOST_CELLS:
        return [order[chosen] for chosen in _best(ordered, worth, first, units)], True
    rising = [np.arange(at, at + units) for at in _greedy(ordered, width, units)]
    last = scale.size - 1
    falling = [last - np.arange(at, at + units) for at in _greedy(-ordered[::-1], width, units)]
    best = max((rising, falling), key=lambda sets: sum(float(worth[one].sum()) for one in sets))
    return [order[chosen] for chosen in best], len(set(value.tolist())) <= 1


def _best(ordered: Floats, worth: Floats, first: Places, units: int) -> list[Places]:
    """Look through all choices: the open set by its smallest unit and its number of units so far.

    A set counts more than all values together, so that number goes before value.
    """
    size = ordered.size
    one_set = 1.0 + 2.0 * float(np.abs(worth).sum())
    closed = np.zeros(size + 1)
    opened = np.full((size, units), -np.inf)
    ends = np.full(size, -1, dtype=np.intp)
    taken: list[np.ndarray[tuple[int, ...], np.dtype[np.bool_]]] = []
    for at in range(size):
        low = first[at]
        opened[at, 0] = closed[at]
        with_it = opened[low : at + 1] + worth[at]
        taken.append(with_it[:, :-1] > opened[low : at + 1, 1:])
        complete = with_it[:, -1] + one_set
        start = int(np.argmax(complete))
        if complete[start] > closed[at]:
            closed[at + 1], ends[at] = complete[start], low + start
        else:
            closed[at + 1] = closed[at]
        opened[low : at + 1, 1:] = np.maximum(opened[low : at + 1, 1:], with_it[:, :-1])
    sets: list[Places] = []
    at = size - 1
    while at >= 0:
        start = ends[at]
        if start < 0:
            at -= 1
            continue
        chosen, place = [at], units - 1
        for back in range(at - 1, start - 1, -1):
            if place and taken[back][start - first[back], place - 1]:
                chosen.append(back)
                place -= 1
        sets.append(np.array(chosen[::-1], dtype=np.intp))
        at = start - 1
    return sets[::-1]
