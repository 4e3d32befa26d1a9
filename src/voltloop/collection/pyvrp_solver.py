"""Search tours with PyVRP's iterated local search."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voltloop.collection.before import NOTHING, Before
from voltloop.collection.model import Problem
from voltloop.collection.parts import Effort, Found, Part
from voltloop.collection.pyvrp_model import PyvrpModel, can_model
from voltloop.collection.translate import translate

if TYPE_CHECKING:
    import pyvrp

__all__ = ["PyvrpSolver"]

_SAMPLE_EVERY = 40
# Measured on mixed fleets of 50 to 130 stops: fewer perturbations and neighbours and a shorter history of costs than
# PyVRP's own win at equal time. Larger parts keep PyVRP's.
_SMALL_STOPS = 130
_PERTURBED = 10
_NEIGHBOURS = 30
_HISTORY = 200
_MOST_TOURS = 4_000
# Nobody chooses among the tours of larger parts, which take long to read.
_SAMPLED_STOPS = 300


@dataclass(frozen=True, slots=True)
class PyvrpSolver:
    """PyVRP 0.14 (iterated local search with late acceptance).

    It goes on from the tours it is given; what :mod:`voltloop.collection.pyvrp_model` cannot tell it, it refuses
    ("not modelled").

    Attributes
    ----------
    before
        An earlier plan: who is not free, and what a change costs.
    """

    before: Before = NOTHING

    def tours(self, problem: Problem, part: Part, effort: Effort) -> Found:
        """Candidate tours of one part; repeatable for a seed when iterations stop it."""
        import pyvrp
        from pyvrp.exceptions import PenaltyBoundWarning
        from pyvrp.search import NeighbourhoodParams, PerturbationParams
        from pyvrp.solve import SolveParams

        stop = _Stop(effort)
        arrays = translate(problem, part.stops, fleet=part.kinds, before=self.before)
        if not arrays.uses:
            return Found((), (), 0, "no vehicle")
        if not can_model(arrays):
            return Found((), (), 0, "not modelled")
        model = PyvrpModel(problem, arrays, effort.start, is_cautious=effort.is_cautious)
        collector = _collector(model, len(part.stops))
        if len(part.stops) <= _SMALL_STOPS:
            params = SolveParams(
                ils=pyvrp.IteratedLocalSearchParams(history_length=_HISTORY, callbacks=collector),
                neighbourhood=NeighbourhoodParams(num_neighbours=_NEIGHBOURS),
                perturbation=PerturbationParams(1, _PERTURBED),
            )
        else:
            params = SolveParams(ils=pyvrp.IteratedLocalSearchParams(callbacks=collector))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PenaltyBoundWarning)
            result = pyvrp.solve(
                model.data, stop, seed=effort.seed, collect_stats=False, params=params,
                initial_solution=model.solution() if effort.start and not effort.is_fresh else None,
            )  # fmt: skip
        best = model.tours(result.best) if result.best.is_feasible() else ()
        return Found(tuple(collector.found), best, result.num_iterations, stop.reason)


class _Stop:
    """Stops on iterations, on patience, or on the clock, and remembers which."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._ends = time.monotonic() + effort.time_limit_s
        self._done = 0
        self._since = 0
        self._best: float | None = None
        self.reason = ""

    def __call__(self, best_cost: float) -> bool:
        if self._best is None or best_cost < self._best:
            self._best, self._since = best_cost, 0
        else:
            self._since += 1
        if self._done >= self._effort.iterations:
            self.reason = "iterations"
        elif self._since >= self._effort.patience:
            self.reason = "no improvement"
        elif time.monotonic() >= self._ends:
            self.reason = "time limit"
        self._done += 1
        return bool(self.reason)


def _collector(model: PyvrpModel, stops: int) -> Any:
    from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks

    class Collector(IteratedLocalSearchCallbacks):
        """Keeps the tours of every best solution and a sample of the others."""

        def __init__(self) -> None:
            self.found: dict[tuple[int, tuple[int, ...]], None] = {}
            self._iteration = 0

        def on_best(self, best: pyvrp.Solution) -> None:
            self._keep(best)

        def on_iteration(self, current: pyvrp.Solution, *_: Any) -> None:
            self._iteration += 1
            if self._iteration % _SAMPLE_EVERY == 0 and len(self.found) < _MOST_TOURS:
                self._keep(current)

        def _keep(self, solution: pyvrp.Solution) -> None:
            if stops > _SAMPLED_STOPS:
                return
            for tour in model.tours(solution, only_legal=True):
                self.found.setdefault(tour)

    return Collector()
