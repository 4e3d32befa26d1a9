"""Plan tours: cut the problem into parts, search tours for each, choose among all of them, explain the rest."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Literal

import polars as pl

from voltloop.collection.baselines import savings
from voltloop.collection.choose import Choice, choose, choose_in_order, shortlist
from voltloop.collection.days import spread_over_days
from voltloop.collection.explain import impossible
from voltloop.collection.insertion import Usage, best_insertion
from voltloop.collection.model import Problem
from voltloop.collection.parts import Effort, Found, Part, TourSolver, components, regroup
from voltloop.collection.plan import UNSERVED_COLUMNS, Plan, Progress, tabulate
from voltloop.collection.pool import Pool, enumerate_tours
from voltloop.collection.pyvrp_solver import PyvrpSolver
from voltloop.collection.reach import surely_possible
from voltloop.collection.relaxation import DEFAULT_WORK, best_bound
from voltloop.collection.schedule import Tour
from voltloop.collection.why import Why, explain
from voltloop.collection.workers import processes, work
from voltloop.findings import Finding

__all__ = ["BoundEffort", "solve"]

BoundEffort = Literal["none", "quick", "sharp"]
"""Work that is spent on the lower bound of a plan."""

_TINY_STOPS = 7
_TINY_ORDERS = 20_000
_PART_STOPS = 130
_PART_DEPOTS = 4
_PASSES = 3
_NODES = 400
_CHOICE_COLUMNS = 40_000
_BOUND_COLUMNS = 4_000
_WORTH_PROCESSES = 40
# Of the time limit; the rest is for the last choice, the reasons and the bound.
_SEARCH_SHARE = 0.85


def solve(
    problem: Problem,
    *,
    time_limit_s: float = 20.0,
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
    max_iterations: int | Mapping[str, int] | None = None,
    solver: TourSolver | None = None,
    workers: int = 1,
    bound: BoundEffort = "quick",
) -> Plan:
    """Plan the tours of a few days so that money plus priced carbon is least.

    Parameters
    ----------
    time_limit_s
        Cap on the wall time of the search [s]. Normally the search ends by itself, when it stops improving.
    seed
        Seed of every random choice.
    on_progress
        Called whenever a part is done.
    max_iterations
        None: each part stops when it has not improved for a while. A number: each part does exactly so many
        iterations. :attr:`Plan.iterations` of an earlier plan: repeats that plan exactly. With either of the
        latter the clock is ignored, so that the result does not depend on the machine.
    solver
        Searches tours of one part; PyVRP when None. It must be picklable when ``workers`` is above 1.
    workers
        Processes. Above 1 the caller's main module must be importable (the usual ``if __name__`` guard).
    bound
        Work spent on the lower bound, on top of ``time_limit_s``: ``quick`` a few seconds, which gives small and
        middling regions the sharp one; ``sharp`` what it takes for large regions too (half a minute for 250 stops and
        20 depots); ``none`` only what comes with enumeration, so that other regions count with 0.

    Returns
    -------
    Plan
        Always a legal plan: stops that cannot be served are listed with the binding rule.

    Notes
    -----
    1. Stops that no vehicle can serve alone are set aside with their reason.
    2. Stops and usable depots fall apart into components; each is planned by itself.
    3. Savings give a first full plan. Components of up to seven stops are enumerated, larger ones searched; large
       ones in groups of neighbouring depots that are regrouped from pass to pass.
    4. Every tour proposed on the way goes through the exact timetable into one pool, and an integer programme
       chooses from it under vehicles, drivers, certificates and deadlines. So tours of different passes and
       methods combine, and the plan is never worse than savings under the same limits.
    5. If that leaves a required stop out, or breaks made tours illegal, the part is searched again cautiously,
       with days and breaks inside the search.
    """
    search = solver or PyvrpSolver()
    return _Run(problem, time_limit_s, seed, on_progress, max_iterations, search, workers, bound).plan()


@dataclass
class _State:
    """One component on its way: its tours so far and the best choice among them."""

    part: Part
    choice: Choice
    is_complete: bool
    needs_care: bool = False
    homes: dict[int, str] = field(default_factory=dict)


class _Run:
    def __init__(
        self,
        problem: Problem,
        time_limit_s: float,
        seed: int,
        on_progress: Callable[[Progress], None] | None,
        max_iterations: int | Mapping[str, int] | None,
        solver: TourSolver,
        workers: int,
        bound: BoundEffort = "quick",
    ) -> None:
        self._effort = bound
        self._problem = problem
        self._started = time.monotonic()
        self._limit = time_limit_s * _SEARCH_SHARE
        self._seed = seed % (1 << 31)
        self._on_progress = on_progress
        self._max = max_iterations
        self._solver = solver
        self._workers = max(1, workers)
        self._pool = Pool(problem)
        self._states: list[_State] = []
        self._iterations: dict[str, int] = {}
        self._stopped: Counter[str] = Counter()
        self._parts_done = 0
        self._parts = 0
        self._first_plan_s = 0.0
        self._choose_s = 0.0

    def plan(self) -> Plan:
        problem = self._problem
        every = range(len(problem.stop_list))
        sure = surely_possible(problem, every)
        held = {stop: None if sure[stop] else impossible(problem, stop) for stop in every}
        possible = [stop for stop, finding in held.items() if finding is None]
        self._states = [self._first(part) for part in components(problem, possible)]
        self._first_plan_s = self._seconds()
        self._report()
        searched = [state for state in self._states if not state.is_complete]
        stops = sum(len(state.part.stops) for state in searched)
        workers = self._workers if stops >= _WORTH_PROCESSES else 1
        with processes((problem, self._solver), workers) as executor:
            for number in range(_PASSES + 1):
                jobs = [job for state in searched for job in self._jobs(state, number)]
                changed = self._search(jobs, executor, passes_left=_PASSES + 1 - number)
                began = self._seconds()
                for state in searched:
                    if state.part.part_id in changed:
                        self._choose(state)
                self._choose_s = max(self._choose_s, self._seconds() - began)
        planned = self._insert_left_out(self._assign(), possible)
        return self._finish(planned, {stop: finding for stop, finding in held.items() if finding is not None})

    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _report(self) -> None:
        if self._on_progress is not None:
            objective = sum(state.choice.objective_eur for state in self._states)
            self._on_progress(Progress(self._seconds(), self._parts_done, self._parts, objective))

    def _first(self, part: Part) -> _State:
        """First tours of a component: all of them when it is tiny, savings otherwise."""
        problem, pool = self._problem, self._pool
        for stop in part.stops:
            for kind in part.kinds:
                pool.add(kind, (stop,))
        for tour in savings(problem, part.stops):
            pool.add_with_variants(tour.kind, tour.stops)
        is_complete = len(part.stops) <= _TINY_STOPS and enumerate_tours(
            problem, part, pool, budget=_TINY_ORDERS
        )
        state = _State(part, choose_in_order(problem, part.stops, pool.tours(part.stops)), is_complete)
        self._choose(state)
        return state

    def _choose(self, state: _State) -> None:
        tours = self._pool.tours(state.part.stops)
        stops, at_hand = state.part.stops, [tour for tour, _ in state.choice.tours]
        most = math.inf if state.is_complete else _CHOICE_COLUMNS
        best = shortlist(self._problem, stops, tours, at_hand, most_columns=most)
        choice = choose(self._problem, stops, best, node_limit=_NODES)
        if choice is not None and (
            state.is_complete or choice.objective_eur < state.choice.objective_eur - 1e-9
        ):
            state.choice = choice
        served = {stop: tour for tour, _ in state.choice.tours for stop in tour.stops}
        missed = [stop for stop in state.part.stops if stop not in served]
        if any(self._problem.is_required(stop) for stop in missed):
            state.needs_care = True
        for stop, tour in served.items():
            state.homes[stop] = self._problem.fleet[tour.kind].depot_id
        for stop in missed:
            alone = [tour for tour in tours if tour.stops == (stop,)]
            cheapest = min(alone, key=lambda tour: tour.objective_eur)
            state.homes.setdefault(stop, self._problem.fleet[cheapest.kind].depot_id)

    def _jobs(self, state: _State, number: int) -> list[tuple[_State, Part, Effort, str]]:
        """List the searches of one component in one pass; the last pass is the cautious one, where needed."""
        is_last = number == _PASSES
        if is_last and not state.needs_care:
            return []
        depots = {self._problem.fleet[kind].depot_id for kind in state.part.kinds}
        is_large = len(state.part.stops) > _PART_STOPS or len(depots) > _PART_DEPOTS
        if is_large:
            parts = regroup(
                self._problem, state.part, state.homes,
                seed=self._seed * 1_000 + number, max_stops=_PART_STOPS, max_depots=_PART_DEPOTS,
            )  # fmt: skip
        elif number in (0, _PASSES):
            parts = [state.part]
        else:
            return []
        jobs = []
        for part in parts:
            key, size = f"{part.part_id}/{number}", len(part.stops)
            within = set(part.stops)
            start = tuple(
                (tour.kind, tour.stops) for tour, _ in state.choice.tours if within.issuperset(tour.stops)
            )
            effort = Effort(
                self._seed + number, 2_000 + 60 * size, 400 + 12 * size, self._limit, is_last, start
            )
            if self._max is not None:
                exact = self._max if isinstance(self._max, int) else self._max.get(key)
                if exact is None:
                    continue
                effort = replace(effort, iterations=exact, patience=1 << 60, time_limit_s=math.inf)
            jobs.append((state, part, effort, key))
        return jobs

    def _search(
        self, jobs: list[tuple[_State, Part, Effort, str]], executor: Executor | None, *, passes_left: int
    ) -> set[str]:
        """Search in one pass, put the tours into the pool in a fixed order; name the components searched."""
        self._parts += len(jobs)
        jobs = sorted(jobs, key=lambda job: -len(job[1].stops))
        done: list[tuple[_State, Part, Effort, str]] = []
        futures = []
        for index, job in enumerate(jobs):
            rest = jobs[index:] if executor is None else jobs
            effort = self._timed(job, rest, 1 if executor is None else self._workers, passes_left)
            if effort is None:
                continue
            done.append(job)
            if executor is None:
                self._keep(job, self._solver.tours(self._problem, job[1], effort))
            else:
                futures.append(executor.submit(work, search_part, job[1], effort))
        for job, future in zip(done, futures, strict=False):
            self._keep(job, future.result())
        return {job[0].part.part_id for job in done}

    def _timed(
        self, job: tuple[_State, Part, Effort, str], jobs: list[tuple[_State, Part, Effort, str]],
        workers: int, passes_left: int,
    ) -> Effort | None:  # fmt: skip
        """Give the effort of a job with its share of the time that is left; None when there is none left."""
        effort = job[2]
        if self._max is not None:
            return effort
        left = self._limit - self._seconds() - self._choose_s
        if left <= 0.05:
            self._stopped["time limit"] += 1
            return None
        stops = sum(len(other[1].stops) for other in jobs)
        share = left * workers * len(job[1].stops) / max(stops, 1)
        share = min(left, share * (0.6 if passes_left > 2 else 0.9))
        return replace(effort, time_limit_s=share)

    def _keep(self, job: tuple[_State, Part, Effort, str], found: Found) -> None:
        state, _, _, key = job
        self._iterations[key] = found.iterations
        self._stopped[found.stopped_by] += 1
        for kind, stops in found.best:
            if self._pool.add(kind, stops) is None:
                state.needs_care = True
            self._pool.add_with_variants(kind, stops)
        for kind, stops in found.tours:
            self._pool.add_with_variants(kind, stops)
        self._parts_done += 1
        self._report()

    def _assign(self) -> list[tuple[Tour, int]]:
        chosen = [entry for state in self._states for entry in state.choice.tours]
        days = spread_over_days(self._problem, chosen)
        return [(tour, day) for (tour, _), day in zip(chosen, days, strict=True)]

    def _insert_left_out(
        self, planned: list[tuple[Tour, int]], possible: list[int]
    ) -> list[tuple[Tour, int]]:
        """Add stops that the choice left out wherever that is worth more than it costs."""
        served = {stop for tour, _ in planned for stop in tour.stops}
        usage = Usage(self._problem, planned)
        left = sorted(set(possible) - served, key=lambda entry: (-self._problem.unserved_eur(entry), entry))
        for stop in left:
            option = best_insertion(usage, stop)
            if option is not None and option.added_eur < self._problem.unserved_eur(stop) - 1e-9:
                usage.take(option)
        return usage.planned

    def _finish(self, planned: list[tuple[Tour, int]], held: Mapping[int, Finding]) -> Plan:
        problem = self._problem
        tours, stops, breaks, reloads = tabulate(problem, planned)
        served = {stop for tour, _ in planned for stop in tour.stops}
        usage = Usage(problem, planned)
        unserved, missed_eur = [], 0.0
        for stop, entry in enumerate(problem.stop_list):
            if stop in served:
                continue
            why = Why(held[stop], None) if stop in held else explain(usage, stop)
            missed_eur += 0.0 if stop in held else problem.unserved_eur(stop)
            unserved.append(
                {
                    "pickup_id": entry.pickup_id,
                    "point_id": entry.point_id,
                    "outcome": "held" if stop in held or problem.is_required(stop) else "deferred",
                    "code": why.finding.code,
                    "words": why.finding.message,
                    "next_due": entry.due_on,
                    "prize_eur": entry.prize_eur,
                    "marginal_cost_eur": why.added_eur,
                }
            )
        left = pl.DataFrame(unserved, schema=UNSERVED_COLUMNS)
        tour_eur = sum(tour.objective_eur for tour, _ in planned)
        bound = self._bound()
        objective = tour_eur + missed_eur
        return Plan(
            tours, stops, breaks, left,
            totals={
                "tours": float(len(planned)),
                "served": float(len(served)),
                "deferred": float((left["outcome"] == "deferred").sum()),
                "held": float((left["outcome"] == "held").sum()),
                "km": sum(tour.km for tour, _ in planned),
                "driving_h": float(tours["driving_h"].sum()),
                "duty_h": float(tours["duty_h"].sum()),
                "mass_kg": float(tours["mass_kg"].sum()),
                "cost_eur": sum(tour.cost_eur for tour, _ in planned),
                "co2e_kg": sum(tour.co2e_kg for tour, _ in planned),
                "tour_objective_eur": tour_eur,
                "objective_eur": objective,
            },
            bound_eur=min(bound, objective),
            gap=max(0.0, (objective - bound) / objective) if objective > 0 else None,
            is_proven=objective <= bound + 1e-6 * max(1.0, objective),
            iterations=dict(sorted(self._iterations.items())),
            stopped_by=dict(sorted(self._stopped.items())),
            seconds=self._seconds(),
            first_plan_s=self._first_plan_s,
            seed=self._seed,
            solver=_solver_name(self._solver),
            reloads=reloads,
        )  # fmt: skip

    def _bound(self) -> float:
        """Add up the bounds of the components, the largest first as long as the work allowed for them lasts."""
        total, work_left = 0.0, math.inf if self._effort == "sharp" else DEFAULT_WORK
        for state in self._states:
            if state.is_complete and state.choice.bound_eur is not None:
                total += state.choice.bound_eur
                continue
            if self._effort == "none":
                continue
            at_hand, stops = [tour for tour, _ in state.choice.tours], state.part.stops
            tours = shortlist(
                self._problem, stops, self._pool.tours(stops), at_hand, most_columns=_BOUND_COLUMNS
            )
            bound, work = best_bound(self._problem, state.part, tours, most_work=work_left)
            total, work_left = total + bound, work_left - work
        return total


def search_part(shared: tuple[Problem, TourSolver], part: Part, effort: Effort) -> Found:
    """Search one part; what runs in a worker process."""
    problem, solver = shared
    return solver.tours(problem, part, effort)


def _solver_name(solver: TourSolver) -> str:
    from importlib.metadata import version

    name = type(solver).__name__
    return f"PyVRP {version('pyvrp')}" if isinstance(solver, PyvrpSolver) else name
