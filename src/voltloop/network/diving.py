"""A quick plan for a large network: a dive from the relaxation, and what may be closed again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from voltloop.network.program import Ids, Numbers, Program, highs_of
from voltloop.network.relaxation import run
from voltloop.network.solving import Solved

__all__ = ["dive"]

_UP, _DOWN = 0.6, 0.08


def dive(
    program: Program,
    *,
    time_limit_s: float,
    gap: float,
    on_progress: Callable[[float, float], None] | None = None,
) -> Solved:
    """Minimise by rounding the relaxation step by step; the bound is that of the relaxation.

    What is at least 0.6 open is opened, what is hardly open is closed, and the rest is asked again; then every opening
    in turn, the least used first, is closed again where that is cheaper, until the time is over. Without values where
    the relaxation has no answer or the dive ran into a dead end.

    Parameters
    ----------
    program
        What to minimise.
    time_limit_s, gap
        The dive ends when the time is over [s] or this share of the cost is left above the bound.
    on_progress
        Called with cost and bound [EUR], the cost ``inf`` before there is a plan.
    """
    return _Dive(
        program, time.monotonic() + time_limit_s, gap, on_progress or (lambda _cost, _bound: None)
    ).run()


class _Dive:
    def __init__(
        self, program: Program, ends: float, gap: float, tell: Callable[[float, float], None]
    ) -> None:
        self.ends, self.gap, self.tell = ends, gap, tell
        self.solver: Any = highs_of(program, relaxed=True)
        self.whole: Ids = np.asarray(program.whole_columns())
        self.lower, self.upper = (np.concatenate(part)[self.whole] for part in (program.lower, program.upper))

    def run(self) -> Solved:
        if run(self.solver, self.ends) != "optimal":
            return Solved(None, np.inf, -np.inf, None)
        self.bound = self._cost()
        self.tell(np.inf, self.bound)
        best = self._rounded()
        if best is None or not self._again(best, best):
            return Solved(None, np.inf, self.bound, None)
        best = self._trimmed(best, self._cost())
        self._again(best, best)
        solution = self.solver.getSolution()
        return Solved(np.asarray(solution.col_value), self._cost(), self.bound, np.asarray(solution.row_dual))

    def _cost(self) -> float:
        return float(self.solver.getInfo().objective_function_value)

    def _values(self) -> Numbers:
        return np.asarray(self.solver.getSolution().col_value)[self.whole]

    def _again(self, lower: Numbers, upper: Numbers) -> bool:
        self.solver.changeColsBounds(len(self.whole), self.whole.astype(np.int32), lower, upper)
        # A plan is finished although time is over, once the relaxation is there.
        return run(self.solver, max(self.ends, time.monotonic() + 30.0)) == "optimal"

    def _rounded(self) -> Numbers | None:
        """Fix what is nearly whole, ask again, and so on until all is whole."""
        lower, upper = self.lower.copy(), self.upper.copy()
        now = self._values()
        while True:
            part = now - np.floor(now + 1e-6)
            is_open = (upper - lower > 0.5) & (part > 1e-6)
            if not is_open.any():
                return np.round(now)
            up, down = is_open & (part >= _UP), is_open & (part <= _DOWN)
            if not (up | down).any():
                up = is_open & (part >= part[is_open].max() - 1e-9)
            lower[up] = np.ceil(now[up] - 1e-6)
            upper[down] = np.floor(now[down] + 1e-6)
            if not self._again(lower, upper):
                upper[down] = np.maximum(self.upper[down], lower[down])
                lower[down] = np.ceil(now[down] - 1e-6)
                if not self._again(lower, upper):
                    return None
            now = self._values()

    def _trimmed(self, best: Numbers, cost: float) -> Numbers:
        """Lower what is whole by one wherever that is cheaper, the last periods first."""
        self.tell(cost, self.bound)
        for place in reversed(range(len(self.whole))):
            if time.monotonic() > self.ends or cost - self.bound <= self.gap * abs(cost):
                break
            if best[place] < self.lower[place] + 0.5:
                continue
            trial = best.copy()
            trial[place] -= 1
            if self._again(trial, trial) and self._cost() < cost - 1.0:
                best, cost = trial, self._cost()
                self.tell(cost, self.bound)
        return best
