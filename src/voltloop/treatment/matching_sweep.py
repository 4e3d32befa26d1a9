"""Matching of many units by two measures: a sweep along one measure, then pieces of it solved anew, exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from voltloop.treatment.matching_boxes import match_exactly
from voltloop.treatment.matching_problem import Floats, Found, Places, Problem

__all__ = ["improve", "sweep"]

_LOOK_AHEAD = 40
"""Candidates for a set that the sweep looks at, in units of the set's size."""

_PIECE = 60
"""Units that are solved anew together."""

_NODES = 5
_ROUNDS = 2


def sweep(problem: Problem) -> Found:
    """Give sets by sweeping from the lowest and highest capacity and resistance; the best of the four counts."""
    found: list[Found] = []
    for along, across in ((problem.capacity, problem.resistance), (problem.resistance, problem.capacity)):
        by_capacity = along is problem.capacity
        for sign in (1.0, -1.0):
            found.append(_swept(problem, sign * along, across, by_capacity=by_capacity))
    return max(found, key=problem.worth)


def _swept(problem: Problem, along: Floats, across: Floats, *, by_capacity: bool) -> Found:
    free = np.ones(problem.size, dtype=bool)
    order = np.argsort(along, kind="stable")
    found: Found = []
    kinds = sorted(
        range(len(problem.kinds)), key=lambda at: (problem.kinds[at].units, -problem.kinds[at].value_eur, at)
    )
    for at in kinds:
        kind = problem.kinds[at]
        left = problem.size if kind.max_sets is None else kind.max_sets
        wide, high = problem.widths[at] if by_capacity else problem.widths[at][::-1]
        ordered = order[problem.may[order, at]]
        scale = along[ordered]
        last = np.searchsorted(scale, scale + wide, side="right")
        for place, unit in enumerate(ordered):
            if left <= 0:
                break
            if not free[unit]:
                continue
            near = ordered[place : min(last[place], place + _LOOK_AHEAD * kind.units)]
            near = near[free[near]]
            chosen = _together(near, across[near], high, kind.units)
            if chosen is not None:
                found.append((at, chosen))
                free[chosen] = False
                left -= 1
    return found


def _together(near: Places, across: Floats, width: float, units: int) -> Places | None:
    """Give the first of some units with others that lie together across; those nearest along, if there is a choice."""
    if near.size < units:
        return None
    reach = np.abs(across - across[0]) <= width
    candidates = near[reach]
    if candidates.size < units:
        return None
    # Units come by rising distance along the sweep: take the shortest beginning in which enough lie together.
    beside = across[reach]
    order = np.argsort(beside, kind="stable")
    ordered = beside[order]
    own = int(np.flatnonzero(order == 0)[0])
    best: Places | None = None
    reached = candidates.size
    for low in range(max(0, own - units + 1), own + 1):
        pass_ = _window(order, ordered, low, own, width, units)
        if pass_ is not None and pass_.max() < reached:
            reached, best = int(pass_.max()), pass_
    return None if best is None else candidates[np.sort(best)]


def _window(order: Places, ordered: Floats, low: int, own: int, width: float, units: int) -> Places | None:
    """Give the units nearest along the sweep of the window that begins at ``low``, the first unit with them."""
    high = int(np.searchsorted(ordered, ordered[low] + width, side="right"))
    if high <= own or high - low < units:
        return None
    inside = order[low:high]
    return np.sort(inside)[:units]


def improve(problem: Problem, found: Found) -> Found:
    """Solve pieces around units that are left over anew, with the sets near them, and keep what is better.

    Parameters
    ----------
    problem
        All units.
    found
        Sets so far.

    Returns
    -------
    list
        Sets at least as many and as valuable. Pieces follow each other by rising capacity, half overlapping, for two
        rounds at most.
    """
    best = list(found)
    for _ in range(_ROUNDS):
        changed = False
        start, items = 0, _items(problem, best)
        while start < len(items):
            stop = _stop(items, best, start)
            piece = items[start:stop]
            start = len(items) if stop == len(items) else max(start + 1, (start + stop) // 2)
            if all(at >= 0 for _, at, _ in piece):
                continue
            inside = {at for _, at, _ in piece if at >= 0}
            spare = np.array([unit for _, at, unit in piece if at < 0], dtype=np.intp)
            units = np.concatenate([*(best[at][1] for at in sorted(inside)), spare])
            others = [one for at, one in enumerate(best) if at not in inside]
            again = _again(problem, units, others)
            if problem.worth(again) > _raised(problem.worth([best[at] for at in inside])):
                best, changed = others + again, True
                items = _items(problem, best)
        if not changed:
            break
    return best


def _items(problem: Problem, found: Found) -> list[tuple[float, int, int]]:
    """Give sets and left-over units by rising capacity: where they lie, place of the set or -1, and unit or -1."""
    free = np.ones(problem.size, dtype=bool)
    for _, units in found:
        free[units] = False
    spare = np.flatnonzero(free)
    sets = [(float(problem.capacity[units].mean()), at, -1) for at, (_, units) in enumerate(found)]
    return sorted(sets + [(float(problem.capacity[unit]), -1, int(unit)) for unit in spare])


def _stop(items: list[tuple[float, int, int]], found: Found, start: int) -> int:
    """Give the end of a piece of a bounded number of units, at least one item long."""
    count, stop = 0, start
    while stop < len(items):
        count += 1 if items[stop][1] < 0 else int(found[items[stop][1]][1].size)
        if count > _PIECE and stop > start:
            break
        stop += 1
    return stop


def _raised(worth: tuple[int, float]) -> tuple[int, float]:
    """Ask for more than rounding, so that the search ends."""
    return worth[0], worth[1] + 1e-6 * (1.0 + abs(worth[1]))


def _again(problem: Problem, units: Places, others: Found) -> Found:
    """Match some units exactly, within what the other sets leave of the numbers wanted."""
    used = [sum(1 for at, _ in others if at == place) for place in range(len(problem.kinds))]
    kinds = tuple(
        kind if kind.max_sets is None else replace(kind, max_sets=kind.max_sets - used[at])
        for at, kind in enumerate(problem.kinds)
    )
    part = replace(problem.part(units), kinds=kinds)
    return [(at, units[places]) for at, places in match_exactly(part, _NODES)[0]]
