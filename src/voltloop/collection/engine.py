"""Plan tours: set aside what nobody can serve, search component by component, assign days, explain the rest."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Literal

from voltloop.collection.annealed import AnnealedSearch
from voltloop.collection.before import NOTHING, Before, read_before
from voltloop.collection.bound import lower_bound
from voltloop.collection.choose import Choice
from voltloop.collection.days import spread_over_days
from voltloop.collection.explain import impossible
from voltloop.collection.insertion import Usage, best_insertion
from voltloop.collection.model import Problem
from voltloop.collection.outcome import Account, outcome
from voltloop.collection.parts import TourSolver, components
from voltloop.collection.plan import Plan, Progress
from voltloop.collection.pooled import PooledSearch
from voltloop.collection.pyvrp_solver import PyvrpSolver
from voltloop.collection.reach import surely_possible
from voltloop.collection.relaxation import DEFAULT_WORK, best_bound
from voltloop.collection.schedule import Tour
from voltloop.findings import Finding

__all__ = ["BoundEffort", "solve"]

BoundEffort = Literal["none", "quick", "sharp"]
"""Work that is spent on the lower bound of a plan."""

_LARGE_STOPS = 500
# Components that may be enumerated.
_SMALL_STOPS = 7
_BOUND_COLUMNS = 4_000
# Of the time limit; the rest is for the last choice, the reasons and the bound.
_SEARCH_SHARE = 0.85
# Writing down a large plan takes less of its limit, but grows with the stops [s].
_LAST_S = 0.3
_LAST_S_PER_STOP = 0.0003


def solve(  # noqa: PLR0913 - one entry, everything but the problem is optional
    problem: Problem,
    *,
    time_limit_s: float = 20.0,
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
    max_iterations: int | Mapping[str, int] | None = None,
    solver: TourSolver | None = None,
    workers: int = 1,
    bound: BoundEffort = "quick",
    start: Plan | None = None,
    frozen: Collection[str] = (),
    change_cost_eur: float = 10.0,
    use_all_time: bool = False,
) -> Plan:
    """Plan the tours of a few days so that money plus priced carbon is least.

    Parameters
    ----------
    time_limit_s
        Cap on the wall time of the search [s]. Regions of up to 500 stops end by themselves, when the search stops
        improving.
    seed
        Seed of every random choice.
    on_progress
        Called whenever a part is done.
    max_iterations
        None: each part stops when it has not improved for a while, or with the time. A number: each part does exactly
        so many iterations. :attr:`Plan.iterations` of an earlier plan: repeats that plan exactly. With either of the
        latter the clock is ignored, so that the result does not depend on the machine.
    solver
        Searches tours of one part of a region; PyVRP when None. It must be picklable when ``workers`` is above 1.
    workers
        Processes. Above 1 the caller's main module must be importable (the usual ``if __name__`` guard).
    bound
        Work spent on the lower bound, on top of ``time_limit_s``: ``quick`` a few seconds, which gives small and
        middling regions the sharp one; ``sharp`` what it takes for large regions too (half a minute for 250 stops and
        20 depots); ``none`` only what comes with enumeration, so that other regions count with 0. Components of
        more than 500 stops count with 0 in any case: honest, but no gap can be told for them.
    start
        An earlier plan to go on from. Pick-ups may have come or gone, vehicles broken down, sites closed.
    frozen
        Ids of tours of ``start`` that are driving already: their stops, order, vehicle, driver and day stay.
    change_cost_eur
        What serving a stop of ``start`` with another vehicle kind or on another day weighs [EUR]. It steers the
        search and is no part of the objective that the plan reports; ``totals["moved"]`` counts such stops.
    use_all_time
        Search every region until the time is up, whether that still pays or not, except those of a few stops whose
        optimum is proven.

    Returns
    -------
    Plan
        Always a legal plan: stops that cannot be served are listed with the binding rule.

    Raises
    ------
    InputError
        A frozen tour is unknown or cannot stay as it is; data that the search cannot write down.

    Notes
    -----
    1. Stops that no vehicle can serve alone are set aside with their reason.
    2. Stops and usable depots fall apart into components; each is planned by itself.
    3. Components of more than 500 stops: a plan by insertion, then ruin and recreate under annealing, compiled, with
       every rule in its insertion test; with several processes in parts that change from pass to pass. Up to 1,500
       stops ``solver`` has the last part of the time, with the best choice among the tours of both. With
       ``use_all_time`` that holds for components of more than seven stops.
    4. Smaller ones: savings give a first full plan. Components of up to seven stops are enumerated, larger ones
       searched by the same compiled search and then by ``solver``; those with many depots in groups of neighbours
       that are regrouped from pass to pass. Every tour proposed goes through the exact timetable into one pool, and
       an integer programme chooses from it under vehicles, drivers, certificates and deadlines. So the plan is never
       worse than savings under the same limits.
    5. If that leaves a required stop out, or breaks made tours illegal, the part is searched again cautiously,
       with days and breaks inside the search.
    """
    before = NOTHING if start is None else read_before(problem, start, frozen, change_cost_eur)
    run = _Run(problem, time_limit_s * _SEARCH_SHARE, seed % (1 << 31), on_progress, max_iterations, before)
    largest = _SMALL_STOPS if use_all_time else _LARGE_STOPS
    return run.plan(solver or PyvrpSolver(before), max(1, workers), bound, largest)


class _Run:
    def __init__(
        self,
        problem: Problem,
        limit_s: float,
        seed: int,
        on_progress: Callable[[Progress], None] | None,
        exact: int | Mapping[str, int] | None,
        before: Before,
    ) -> None:
        self._problem = problem
        self._began = time.monotonic()
        self._limit = limit_s
        self._seed = seed
        self._on_progress = on_progress
        self._exact = exact
        self._before = before
        self._bound_eur = 0.0
        self._large: list[AnnealedSearch] = []
        self._pooled: PooledSearch | None = None

    def plan(self, solver: TourSolver, workers: int, effort: BoundEffort, largest: int) -> Plan:
        """Plan; components of more than ``largest`` stops by annealing."""
        problem, before = self._problem, self._before
        fast = {stop for entry in before.fixed for stop in entry.tour.stops}
        held = self._impossible(fast)
        possible = [stop for stop in range(len(problem.stop_list)) if stop not in held and stop not in fast]
        parts = components(problem, possible)
        small = [part for part in parts if len(part.stops) <= largest]
        pooled = PooledSearch(
            problem, small, solver=solver, seed=self._seed, exact=self._exact, before=before
        )
        self._pooled = pooled
        for part in parts:
            if len(part.stops) > largest:
                self._large.append(
                    AnnealedSearch(problem, part, seed=self._seed, solver=solver, before=before)
                )
        first_plan_s = self._seconds()
        self._report()
        if effort != "none" and self._on_progress is not None:
            self._bound_eur = sum(
                state.choice.bound_eur
                if state.is_complete and state.choice.bound_eur is not None
                else lower_bound(problem, state.part)
                for state in pooled.states
            )
        self._search_large(workers, sum(len(part.stops) for part in small))
        pooled.search(max(self._limit - self._seconds(), 0.0), workers, self._report)
        planned = self._insert_left_out(self._assign(), [stop for part in small for stop in part.stops])
        lower = self._bound(pooled, effort)
        iterations = {**pooled.iterations, **{
            f"{search.part.part_id}/a/{key}": count
            for search in self._large for key, count in search.iterations.items()
        }}  # fmt: skip
        stopped = sum((search.stopped for search in self._large), Counter(pooled.stopped))
        account = Account(
            iterations, stopped, self._seconds(), first_plan_s, self._seed, self._solver_name(solver)
        )
        return outcome(problem, planned, held, before, lower, account)

    def _impossible(self, fast: Collection[int]) -> dict[int, Finding]:
        every = range(len(self._problem.stop_list))
        sure = surely_possible(self._problem, every)
        found = {
            stop: impossible(self._problem, stop) for stop in every if not sure[stop] and stop not in fast
        }
        return {stop: finding for stop, finding in found.items() if finding is not None}

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _objective(self) -> float:
        return sum(choice.objective_eur for choice in self._choices())

    def _choices(self) -> list[Choice]:
        small = self._pooled.states if self._pooled is not None else []
        return [*(search.choice for search in self._large), *(state.choice for state in small)]

    def _report(self, change_eur: float = 0.0) -> None:
        if self._on_progress is not None and self._pooled is not None:
            done, parts = self._pooled.parts_done, self._pooled.parts
            objective = self._objective() + change_eur
            self._on_progress(
                Progress(self._seconds(), done, parts, objective, min(self._bound_eur, objective))
            )

    def _search_large(self, workers: int, small_stops: int) -> None:
        """Give each large component its share of the time; small ones get theirs afterwards."""
        stops = [len(search.part.stops) for search in self._large]
        for number, search in enumerate(self._large):
            share = stops[number] / (sum(stops[number:]) + small_stops)
            prefix = f"{search.part.part_id}/a/"
            exact: int | dict[str, int] | None = None
            if isinstance(self._exact, int):
                exact = self._exact
            elif self._exact is not None:
                given = self._exact.items()
                exact = {key.removeprefix(prefix): count for key, count in given if key.startswith(prefix)}
            before_eur = search.choice.objective_eur

            def tell(eur: float, before_eur: float = before_eur) -> None:
                self._report(min(eur - before_eur, 0.0))

            last = min(self._limit * (1 / _SEARCH_SHARE - 1), _LAST_S + _LAST_S_PER_STOP * stops[number])
            left = self._limit / _SEARCH_SHARE - last - self._seconds()
            search.search(left * share, exact, workers, tell)
            self._report()

    def _assign(self) -> list[tuple[Tour, int]]:
        chosen = [entry for choice in self._choices() for entry in choice.tours]
        was = {stop: day for stop, (_, day) in self._before.places.items()}
        days = spread_over_days(self._problem, chosen, self._before.taken, was)
        return [(tour, day) for (tour, _), day in zip(chosen, days, strict=True)]

    def _insert_left_out(
        self, planned: list[tuple[Tour, int]], possible: list[int]
    ) -> list[tuple[Tour, int]]:
        """Add stops that the choice left out wherever that is worth more than it costs."""
        problem, fixed = self._problem, [(entry.tour, entry.day) for entry in self._before.fixed]
        served = {stop for tour, _ in planned for stop in tour.stops}
        usage = Usage(problem, [*fixed, *planned])
        left = sorted(set(possible) - served, key=lambda entry: (-problem.unserved_eur(entry), entry))
        for stop in left:
            option = best_insertion(usage, stop, without=frozenset(range(len(fixed))))
            if option is not None and option.added_eur < problem.unserved_eur(stop) - 1e-9:
                usage.take(option)
        return usage.planned[len(fixed) :]

    def _bound(self, pooled: PooledSearch, effort: BoundEffort) -> float:
        """Add up the bounds of the components, the largest first as long as the work allowed for them lasts."""
        total, work_left = 0.0, math.inf if effort == "sharp" else DEFAULT_WORK
        for state in pooled.states:
            if state.is_complete and state.choice.bound_eur is not None:
                total += state.choice.bound_eur
            elif effort != "none":
                tours = pooled.best_tours(state, _BOUND_COLUMNS)
                bound, work = best_bound(self._problem, state.part, tours, most_work=work_left)
                total, work_left = total + bound, work_left - work
        return total

    def _solver_name(self, solver: TourSolver) -> str:
        from importlib.metadata import version

        name = f"PyVRP {version('pyvrp')}" if isinstance(solver, PyvrpSolver) else type(solver).__name__
        names = [f"voltloop {version('voltloop')}"] if self._large else []
        is_ended = any(search.is_ended for search in self._large)
        if self._pooled is not None and (self._pooled.states or is_ended or not names):
            names.append(name)
        return " + ".join(names)
