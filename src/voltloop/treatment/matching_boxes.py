"""The best matching of up to some hundred units: a mixed-integer program over the windows that sets lie in.

All units in a window of the allowed spreads may stand together in any way. So it is enough to decide how many sets each
window makes; which units go where is then a flow, and only the numbers of sets must be whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voltloop.treatment.matching_problem import Found, Places, Problem

__all__ = ["match_exactly", "windows"]


@dataclass(frozen=True, slots=True)
class _Windows:
    """Kind and members of every window that no other contains; ``inside`` has shape (windows, units)."""

    kind: Places
    inside: npt.NDArray[np.bool_]


def windows(problem: Problem) -> _Windows:
    """Find the largest sets of units that may stand together, by kind.

    Each is bounded from below by the capacity of one unit and the resistance of another.
    """
    kinds: list[int] = []
    inside: list[npt.NDArray[np.bool_]] = []
    for at, kind in enumerate(problem.kinds):
        wide, high = problem.widths[at]
        members: set[bytes] = set()
        for first in np.flatnonzero(problem.may[:, at]):
            low = problem.capacity[first]
            column = problem.may[:, at] & (problem.capacity >= low) & (problem.capacity <= low + wide)
            for base in np.unique(
                problem.resistance[column & (problem.resistance <= problem.resistance[first])]
            ):
                box = column & (problem.resistance >= base) & (problem.resistance <= base + high)
                if box[first] and box.sum() >= kind.units:
                    members.add(np.packbits(box).tobytes())
        boxes = _largest([int.from_bytes(one, "big") for one in members])
        bits = 8 * ((problem.size + 7) // 8)
        for box_ in boxes:
            row = np.unpackbits(np.frombuffer(box_.to_bytes(bits // 8, "big"), dtype=np.uint8))[
                : problem.size
            ]
            kinds.append(at)
            inside.append(row.astype(bool))
    return _Windows(
        np.array(kinds, dtype=np.intp), np.array(inside, dtype=bool).reshape(len(inside), problem.size)
    )


def _largest(boxes: list[int]) -> list[int]:
    """Leave out every box that lies within another."""
    kept: list[int] = []
    for box in sorted(boxes, key=lambda one: (-one.bit_count(), one)):
        if not any(box & other == box for other in kept):
            kept.append(box)
    return kept


def match_exactly(problem: Problem, nodes: int = 100) -> tuple[Found, int, bool]:
    """Give sets, as many as there can be and, of those, the most valuable.

    Parameters
    ----------
    problem
        Up to some hundred units.
    nodes
        Nodes of the search after which each of the two programs ends, so that time is bounded.

    Returns
    -------
    tuple
        Sets of kind and units; the most sets that there can be; and whether the value is proven best. Where the search
        ends before the proof, the bound is above the number of sets or the value not proven.
    """
    found = windows(problem)
    if not found.kind.size:
        return [], 0, True
    count, most, is_most = _solve(problem, found, nodes, by_value=False, at_least=0)
    assert count is not None  # matching nothing is allowed, so there always is an answer
    bound = int(count.sum()) if is_most else max(int(count.sum()), math.floor(most + 1e-6))
    sets, _, is_best = _solve(problem, found, nodes, by_value=True, at_least=int(count.sum()))
    return _filled(problem, found, count if sets is None else sets), bound, is_most and is_best


def _solve(
    problem: Problem, found: _Windows, nodes: int, *, by_value: bool, at_least: int
) -> tuple[Places | None, float, bool]:
    """Give the number of sets of each window, a bound of the goal, and whether the answer is proven best."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, hstack

    boxes = found.kind.size
    window, unit = np.nonzero(found.inside)
    arcs = np.arange(window.size)
    size = np.array([kind.units for kind in problem.kinds], dtype=float)[found.kind]
    ones = np.ones(window.size)
    by_window = csr_array((ones, (window, arcs)), shape=(boxes, window.size))
    by_unit = csr_array((ones, (unit, arcs)), shape=(problem.size, window.size))
    none = csr_array((problem.size, boxes))
    demand = csr_array((-size, (np.arange(boxes), np.arange(boxes))), shape=(boxes, boxes))
    each = np.concatenate([np.ones(boxes), np.zeros(window.size)])
    limits = [
        LinearConstraint(hstack([demand, by_window], format="csr"), 0, 0),
        LinearConstraint(hstack([none, by_unit], format="csr"), 0, 1),
        LinearConstraint(each[None, :], at_least, np.inf),
    ]
    for at, kind in enumerate(problem.kinds):
        if kind.max_sets is not None:
            row = np.concatenate([(found.kind == at).astype(float), np.zeros(window.size)])
            limits.append(LinearConstraint(row[None, :], 0, kind.max_sets))
    worth = np.array([kind.value_eur for kind in problem.kinds])[found.kind]
    gain = np.concatenate([worth, problem.value[unit]]) if by_value else each
    answer = milp(
        -gain,
        integrality=each,
        bounds=Bounds(0, np.concatenate([found.inside.sum(axis=1) // size, ones])),
        constraints=limits,
        options={"mip_rel_gap": 0.0, "node_limit": nodes},
    )
    if answer.x is None:
        return None, np.inf, False
    return np.rint(answer.x[:boxes]).astype(np.intp), -float(answer.mip_dual_bound), answer.status == 0


def _filled(problem: Problem, found: _Windows, sets: Places) -> Found:
    """Fill the windows with whole units of the highest value, and cut each into sets by rising capacity."""
    from scipy.optimize import linear_sum_assignment

    chosen = np.flatnonzero(sets)
    size = [problem.kinds[found.kind[at]].units for at in chosen]
    slot = np.repeat(chosen, [int(sets[at]) * units for at, units in zip(chosen, size, strict=True)])
    if not slot.size:
        return []
    # A unit outside of the window must cost more than all values together can bring.
    forbidden = 1.0 + 2.0 * float(np.abs(problem.value).sum())
    cost = np.where(found.inside[slot], -problem.value[None, :], forbidden)
    rows, units = linear_sum_assignment(cost)
    result: Found = []
    for at, count in zip(chosen, size, strict=True):
        members = units[slot[rows] == at]
        members = members[np.lexsort((members, problem.capacity[members]))]
        result += [
            (int(found.kind[at]), members[start : start + count]) for start in range(0, members.size, count)
        ]
    return result
