"""Solves the programme of a network: relaxation, first plans by rounding, branch and bound, and prices."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from voltloop.errors import InputError
from voltloop.network.conflicts import conflicts_of
from voltloop.network.program import Ids, Numbers, Program, highs_of
from voltloop.network.relaxation import Relaxation, relax, run

__all__ = ["Solved", "solve_program"]

_TOLERANCE = 1e-9
_TINY = 1e-6
_SHARES = (_TINY, 0.1, 0.3, 0.5)
"""Fractions above which a first plan rounds up, below which it rounds down."""
_TIGHTENING = 0.5
"""Share of the time for adding rows that tighten the relaxation."""


@dataclass(frozen=True)
class Solved:
    """An answer to a programme.

    Attributes
    ----------
    values
        Of the columns; None where time was over before a plan was found.
    objective, bound
        Cost of the plan, ``inf`` without one; and what no plan can be below.
    duals
        Of the rows, all whole columns fixed as in the plan.
    """

    values: Numbers | None
    objective: float
    bound: float
    duals: Numbers | None


def solve_program(program: Program, *, time_limit_s: float, gap: float) -> Solved:
    """Minimise a programme.

    Parameters
    ----------
    program
        What to minimise.
    time_limit_s
        The best plan so far is given when it is over.
    gap
        Distance from the bound, as a share of the cost, at which to stop.

    Raises
    ------
    NoFeasiblePlan
        ``network-infeasible``, with the conditions that conflict.
    InputError
        ``network-unbounded`` when cost falls without end.
    """
    began = time.monotonic()
    ends = began + time_limit_s
    relaxed = relax(program, ends, tighten_until=began + _TIGHTENING * time_limit_s)
    status = relaxed.status
    if status == "infeasible":
        raise conflicts_of(program)
    if status == "unbounded":
        raise InputError(
            "The cost of the network falls without end: something earns money, or saves emissions, and is not limited "
            "by supply, demand or capacity. Limit activities and lanes with a cost or emissions below 0.",
            code="network-unbounded",
        )
    if status != "optimal":
        return Solved(None, np.inf, -np.inf, None)
    whole = program.whole_columns()
    bound = relaxed.bound
    if not len(whole):
        flows = highs_of(program, relaxed=True)
        if run(flows, ends) != "optimal":
            return Solved(relaxed.values, _cost(program, relaxed.values), bound, None)
        solution = flows.getSolution()
        return Solved(np.asarray(solution.col_value), bound, bound, np.asarray(solution.row_dual))
    first = _rounded(relaxed, whole, ends)
    best, bound, is_proven = _branch(relaxed.program, first, bound, ends, gap)
    if best is None:
        if is_proven:
            raise conflicts_of(program)
        return Solved(None, np.inf, bound, None)
    # The plan's own flows once more, exact for its openings. Rows that only tighten would share in the prices.
    flows = highs_of(program.without_cuts(), relaxed=True)
    final = _with_whole(flows, whole, np.round(best[whole]), time.monotonic() + max(time_limit_s, 30.0))
    if final is None:
        return Solved(best, _cost(program, best), bound, None)
    return Solved(final.values, final.objective, min(bound, final.objective), final.duals)


def _rounded(relaxed: Relaxation, whole: Ids, ends: float) -> Solved | None:
    """Give the best of some first plans; the later ones only while at least half of the time for them is left."""
    best, began = None, time.monotonic()
    for share in _SHARES:
        values = np.ceil(relaxed.values[whole] - share)
        found = _with_whole(relaxed.solver, whole, values, ends)
        if found is not None and (best is None or found.objective < best.objective):
            best = found
        if 2.0 * time.monotonic() > began + ends:
            break
    return best


def _with_whole(relaxation: Any, whole: Ids, values: Numbers, ends: float) -> Solved | None:
    """Solve the flows for given whole columns, going on from the basis of the last time."""
    relaxation.changeColsBounds(len(whole), whole.astype(np.int32), values, values)
    if run(relaxation, ends) != "optimal":
        return None
    solution = relaxation.getSolution()
    cost = float(relaxation.getInfo().objective_function_value)
    return Solved(np.asarray(solution.col_value), cost, -np.inf, np.asarray(solution.row_dual))


def _branch(
    program: Program, first: Solved | None, bound: float, ends: float, gap: float
) -> tuple[Numbers | None, float, bool]:
    """Give the best values found, the bound, and whether the search came to its end."""
    import highspy

    best = first.values if first is not None else None
    if first is not None and first.objective - bound <= gap * max(abs(first.objective), 1e-9):
        return best, bound, True
    solver = highs_of(program)
    solver.setOptionValue("mip_rel_gap", max(gap, _TOLERANCE))
    solver.setOptionValue("mip_abs_gap", 1e-6)
    if best is not None:
        start = highspy.HighsSolution()
        start.col_value = best.tolist()
        solver.setSolution(start)
    status = run(solver, ends)
    if status == "infeasible":
        return None, bound, True
    info = solver.getInfo()
    if np.isfinite(info.mip_dual_bound):
        bound = max(bound, float(info.mip_dual_bound))
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        found = np.asarray(solver.getSolution().col_value)
        if first is None or float(info.objective_function_value) < first.objective:
            best = found
    return best, bound, status == "optimal"


def _cost(program: Program, values: Numbers) -> float:
    return float(np.concatenate(program.cost) @ values) + program.offset
