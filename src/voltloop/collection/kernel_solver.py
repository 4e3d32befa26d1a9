"""Search tours of one part with the project's own compiled search, which knows every rule."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from voltloop.collection.annealed import mean_leg_eur
from voltloop.collection.before import NOTHING, Before
from voltloop.collection.model import Problem
from voltloop.collection.parts import Effort, Found, Part
from voltloop.collection.schedule import plan_tour
from voltloop.collection.translate import translate

__all__ = ["KernelSolver"]

_HOT = 0.5
_COLD = 0.01
_TRIAL = 200


@dataclass(frozen=True, slots=True)
class KernelSolver:
    """Ruin and recreate under annealing, with every rule in the insertion test.

    Attributes
    ----------
    before
        An earlier plan: who is not free, and what a change costs.
    """

    before: Before = NOTHING

    def tours(self, problem: Problem, part: Part, effort: Effort) -> Found:
        """Tours of one part; repeatable for a seed and the iterations that are reported.

        With a time limit a short trial tells how many of the iterations fit into it.
        """
        from voltloop.collection.kernel import rich

        found = translate(problem, part.stops, fleet=part.kinds, before=self.before)
        if not found.uses:
            return Found((), (), 0, "no vehicle")
        start = found.forth((fleet, visits, None) for fleet, visits in effort.start)
        started = start if len(start.kind) else None
        first = rich.anneal(
            found.arrays, started, seed=effort.seed, seconds=0.0, iterations=0, temperature=(1.0, 1.0)
        )[0]
        planned = [plan_tour(problem, use.fleet, visits) for use, visits in found.back(first)]
        hot = _HOT * mean_leg_eur(problem, [tour for tour in planned if tour is not None])
        iterations, stopped_by = effort.iterations, "iterations"
        if math.isfinite(effort.time_limit_s):
            began = time.monotonic()
            rich.anneal(
                found.arrays, first, seed=effort.seed, seconds=0.0, iterations=_TRIAL, temperature=(hot, hot)
            )
            fits = int(_TRIAL * effort.time_limit_s / max(time.monotonic() - began, 1e-6))
            if fits < iterations:
                iterations, stopped_by = fits, "time limit"
        best = rich.anneal(
            found.arrays, first, seed=effort.seed, seconds=0.0, iterations=iterations,
            temperature=(hot, _COLD * hot),
        )[0]  # fmt: skip
        tours = tuple((use.fleet, visits) for use, visits in found.back(best))
        return Found((), tours, iterations, stopped_by)
