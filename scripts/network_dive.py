"""A quick plan for a large network: a dive from the relaxation, and what may be closed again."""

from __future__ import annotations

import time
from typing import Any

import highspy
import numpy as np

from voltloop.network.program import Program, highs_of
from voltloop.network.solving import Solved

_UP, _DOWN = 0.6, 0.08


def dive(program: Program, *, time_limit_s: float, gap: float) -> Solved:
    """Minimise by rounding the relaxation step by step; the bound is that of the relaxation.

    What is at least 0.6 open is opened, what is hardly open is closed, and the rest is asked again; then every opening
    in turn, the least used first, is closed again where that is cheaper, until the time is over.
    """
    ends = time.monotonic() + time_limit_s
    solver = highs_of(program, relaxed=True)
    solver.run()
    bound = float(solver.getInfo().objective_function_value)
    values = np.asarray(solver.getSolution().col_value)
    whole = np.asarray(program.whole_columns())
    model = solver.getLp()
    lower = np.asarray(model.col_lower_)[whole].copy()
    upper = np.asarray(model.col_upper_)[whole].copy()
    while True:
        now = values[whole]
        part = now - np.floor(now + 1e-6)
        open_ = (upper - lower > 0.5) & (part > 1e-6)
        if not open_.any():
            break
        up, down = open_ & (part >= _UP), open_ & (part <= _DOWN)
        if not (up | down).any():
            up = open_ & (part >= part[open_].max() - 1e-9)
        lower[up] = np.ceil(now[up] - 1e-6)
        upper[down] = np.floor(now[down] + 1e-6)
        if not _again(solver, whole, lower, upper):
            upper[down] = np.maximum(np.asarray(model.col_upper_)[whole][down], lower[down])
            lower[down] = np.ceil(now[down] - 1e-6)
            _again(solver, whole, lower, upper)
        values = np.asarray(solver.getSolution().col_value)
    best = np.round(values[whole])
    _again(solver, whole, best, best)
    cost = float(solver.getInfo().objective_function_value)
    values = np.asarray(solver.getSolution().col_value)
    best, cost, values = _trim(solver, whole, best, cost, values, ends, bound, gap)
    return Solved(values, cost, bound, np.asarray(solver.getSolution().row_dual))


def _again(solver: Any, whole: Any, lower: Any, upper: Any) -> bool:
    solver.changeColsBounds(len(whole), whole.astype(np.int32), lower, upper)
    solver.run()
    return bool(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def _trim(
    solver: Any, whole: Any, best: Any, cost: float, values: Any, ends: float, bound: float, gap: float
) -> Any:
    """Lower what is whole by one wherever that is cheaper, the last periods first."""
    for place in reversed(range(len(whole))):
        if time.monotonic() > ends or cost - bound <= gap * abs(cost):
            break
        if best[place] < 0.5:
            continue
        trial = best.copy()
        trial[place] -= 1
        if not _again(solver, whole, trial, trial):
            continue
        found = float(solver.getInfo().objective_function_value)
        if found < cost - 1.0:
            best, cost, values = trial, found, np.asarray(solver.getSolution().col_value)
    _again(solver, whole, best, best)
    return best, cost, values
