"""Search tours of one part with the project's own compiled search, which knows every rule."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from voltloop.collection.before import NOTHING, Before
from voltloop.collection.model import Problem
from voltloop.collection.parts import Effort, Found, Part
from voltloop.collection.translate import translate

__all__ = ["KernelSolver"]

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
        search = rich.Annealing(found.arrays, start if len(start.kind) else None, seed=effort.seed)
        hot, cold = search.heat_eur
        iterations, stopped_by = effort.iterations, "iterations"
        if math.isfinite(effort.time_limit_s):
            began = time.monotonic()
            rich.Annealing(found.arrays, search.best()[0], seed=effort.seed).run(_TRIAL, hot, hot)
            fits = int(_TRIAL * effort.time_limit_s / max(time.monotonic() - began, 1e-6))
            if fits < iterations:
                iterations, stopped_by = fits, "time limit"
        search.run(iterations, hot, cold)
        tours = tuple((use.fleet, visits) for use, visits in found.back(search.best()[0]))
        return Found((), tours, iterations, stopped_by)
