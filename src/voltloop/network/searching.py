"""The search for a plan of any size: a dive first where there is much to decide, then branch and bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from voltloop.network.diving import dive
from voltloop.network.program import Program, highs_of
from voltloop.network.relaxation import run
from voltloop.network.solving import Solved, solve_program

__all__ = ["Search", "relaxed"]

_FEW = 60
"""Whole columns up to which branch and bound needs no first plan."""
_DIVING = 0.3
"""Share of the time for the dive."""


def relaxed(program: Program, *, time_limit_s: float, gap: float) -> Solved:  # noqa: ARG001 - called as solver
    """Give only the bound of a programme: that of its relaxation without rows that tighten it."""
    solver = highs_of(program.without_cuts(), relaxed=True)
    is_done = run(solver, time.monotonic() + time_limit_s) == "optimal"
    bound = float(solver.getInfo().objective_function_value) if is_done else -np.inf
    return Solved(None, np.inf, bound, None)


class Search:
    """Solves programmes, telling cost and bound on the way; given as ``solver`` to :func:`voltloop.network.design`.

    Parameters
    ----------
    on_progress
        Called with what is done, the cost of the best plan (``inf`` before there is one) and the bound [EUR].
    """

    def __init__(self, on_progress: Callable[[str, float, float], None] | None = None) -> None:
        self._tell = on_progress or (lambda _step, _cost, _bound: None)

    def __call__(self, program: Program, *, time_limit_s: float, gap: float) -> Solved:
        """Minimise a programme; see :func:`voltloop.network.solving.solve_program`."""
        began = time.monotonic()
        first = None
        if len(program.whole_columns()) > _FEW:
            first = dive(
                program,
                time_limit_s=_DIVING * time_limit_s,
                gap=gap,
                on_progress=lambda cost, bound: self._tell("Rounding", cost, bound),
            )
            if first.values is not None and first.objective - first.bound <= gap * abs(first.objective):
                return first
        left = max(0.0, time_limit_s - (time.monotonic() - began))
        self._tell(
            "Branch and bound", first.objective if first else np.inf, first.bound if first else -np.inf
        )
        found = solve_program(program, time_limit_s=left, gap=gap)
        if first is not None and first.values is not None and first.objective < found.objective:
            found = replace(first, bound=max(first.bound, found.bound))
        bound = min(found.objective, max(found.bound, first.bound if first else -np.inf))
        self._tell("Done", found.objective, bound)
        return replace(found, bound=bound)
