"""Plan a region: tours of many searches in one pool, and the best choice among them."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from voltloop.collection.baselines import savings
from voltloop.collection.before import NOTHING, Before
from voltloop.collection.choose import Choice, choose, choose_in_order, shortlist
from voltloop.collection.kernel_solver import KernelSolver
from voltloop.collection.model import Problem
from voltloop.collection.parts import Effort, Found, Part, TourSolver, regroup
from voltloop.collection.pool import Pool, enumerate_tours
from voltloop.collection.schedule import Tour
from voltloop.collection.workers import processes, work

__all__ = ["PooledSearch", "State", "search_part"]

_TINY_STOPS = 7
_TINY_ORDERS = 20_000
_PART_STOPS = 130
_PART_DEPOTS = 4
_PASSES = 3
_NODES = 400
_CHOICE_COLUMNS = 40_000
_WORTH_PROCESSES = 40
_PROPOSE_PER_STOP = 100
_PROPOSE_SHARE = 0.3


@dataclass
class State:
    """One component on its way: its tours so far and the best choice among them."""

    part: Part
    choice: Choice
    is_complete: bool
    needs_care: bool = False
    homes: dict[int, str] = field(default_factory=dict)


class PooledSearch:
    """Tours for components of middling size.

    Attributes
    ----------
    states
        The components with their best choices so far; a first full plan to begin with.
    iterations
        Iterations by pass and part.
    stopped
        What ended the searches of the parts, as a count by reason.
    parts_done, parts
        Parts searched so far, and known so far.
    """

    def __init__(
        self,
        problem: Problem,
        parts: Sequence[Part],
        *,
        solver: TourSolver,
        seed: int,
        exact: int | Mapping[str, int] | None,
        before: Before = NOTHING,
    ) -> None:
        self.iterations: dict[str, int] = {}
        self.stopped: Counter[str] = Counter()
        self.parts_done = 0
        self.parts = 0
        self._problem = problem
        self._solver = solver
        self._seed = seed
        self._max = exact
        self._before = before
        self._pool = Pool(problem)
        self._began = time.monotonic()
        self._limit = math.inf
        self._workers = 1
        self._choose_s = 0.0
        self._on_change: Callable[[], None] = lambda: None
        self.states = [self._first(part) for part in parts]

    def search(self, seconds: float, workers: int, on_change: Callable[[], None]) -> None:
        """Improve the plan for some time at most, or with iterations that are given; tell of each part done."""
        searched = [state for state in self.states if not state.is_complete]
        self._began, self._limit, self._on_change = time.monotonic(), seconds, on_change
        for state in searched:
            self._propose(state, seconds)
        stops = sum(len(state.part.stops) for state in searched)
        self._workers = workers if stops >= _WORTH_PROCESSES else 1
        with processes((self._problem, self._solver), self._workers) as executor:
            for number in range(_PASSES + 1):
                jobs = [job for state in searched for job in self._jobs(state, number)]
                changed = self._search(jobs, executor, passes_left=_PASSES + 1 - number)
                began = self._seconds()
                for state in searched:
                    if state.part.part_id in changed:
                        self._choose(state)
                self._choose_s = max(self._choose_s, self._seconds() - began)

    def _propose(self, state: State, seconds: float) -> None:
        """Let the compiled search, which knows every rule, propose the tours of a whole plan."""
        part, key = state.part, f"{state.part.part_id}/k"
        exact = self._max if isinstance(self._max, int) or self._max is None else self._max.get(key)
        if exact is None and self._max is not None:
            return
        iterations = _PROPOSE_PER_STOP * len(part.stops) if exact is None else exact
        share = len(part.stops) / sum(len(other.part.stops) for other in self.states)
        cap = math.inf if exact is not None else _PROPOSE_SHARE * seconds * share
        start = tuple((tour.kind, tour.visits) for tour, _ in state.choice.tours)
        effort = Effort(self._seed, iterations, iterations, cap, start=start)
        found = KernelSolver(self._before).tours(self._problem, part, effort)
        self._keep((state, part, effort, key), found)
        self._choose(state)

    def best_tours(self, state: State, most_columns: float) -> list[Tour]:
        """List the tours of a component's choice and the best others, for its bound."""
        at_hand, stops = [tour for tour, _ in state.choice.tours], state.part.stops
        return shortlist(self._problem, stops, self._pool.tours(stops), at_hand, most_columns=most_columns)

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _first(self, part: Part) -> State:
        """First tours of a component: all of them when it is tiny, savings otherwise."""
        problem, pool = self._problem, self._pool
        for stop in part.stops:
            for kind in part.kinds:
                pool.add(kind, (stop,))
        for tour in savings(problem, part.stops):
            pool.add_with_variants(tour.kind, tour.visits)
        within = set(part.stops)
        for fleet, visits, _ in self._before.tours:
            if within.issuperset(visit for visit in visits if visit >= 0):
                pool.add_with_variants(fleet, visits)
        is_complete = len(part.stops) <= _TINY_STOPS and enumerate_tours(
            problem, part, pool, budget=_TINY_ORDERS
        )
        state = State(
            part, choose_in_order(problem, part.stops, pool.tours(part.stops), self._before), is_complete
        )
        self._choose(state)
        return state

    def _choose(self, state: State) -> None:
        tours = self._pool.tours(state.part.stops)
        stops, at_hand = state.part.stops, [tour for tour, _ in state.choice.tours]
        most = math.inf if state.is_complete else _CHOICE_COLUMNS
        best = shortlist(self._problem, stops, tours, at_hand, most_columns=most)
        choice = choose(self._problem, stops, best, node_limit=_NODES, before=self._before)
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

    def _jobs(self, state: State, number: int) -> list[tuple[State, Part, Effort, str]]:
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
                (tour.kind, tour.visits) for tour, _ in state.choice.tours if within.issuperset(tour.stops)
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
        self, jobs: list[tuple[State, Part, Effort, str]], executor: Executor | None, *, passes_left: int
    ) -> set[str]:
        """Search in one pass, put the tours into the pool in a fixed order; name the components searched."""
        self.parts += len(jobs)
        jobs = sorted(jobs, key=lambda job: -len(job[1].stops))
        done: list[tuple[State, Part, Effort, str]] = []
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
        self, job: tuple[State, Part, Effort, str], jobs: list[tuple[State, Part, Effort, str]],
        workers: int, passes_left: int,
    ) -> Effort | None:  # fmt: skip
        """Give the effort of a job with its share of the time that is left; None when there is none left."""
        effort = job[2]
        if self._max is not None:
            return effort
        left = self._limit - self._seconds() - self._choose_s
        if left <= 0.05:
            self.stopped["time limit"] += 1
            return None
        stops = sum(len(other[1].stops) for other in jobs)
        share = left * workers * len(job[1].stops) / max(stops, 1)
        share = min(left, share * (0.6 if passes_left > 2 else 0.9))
        return replace(effort, time_limit_s=share)

    def _keep(self, job: tuple[State, Part, Effort, str], found: Found) -> None:
        state, _, _, key = job
        self.iterations[key] = found.iterations
        self.stopped[found.stopped_by] += 1
        for kind, stops in found.best:
            if self._pool.add(kind, stops) is None:
                state.needs_care = True
            self._pool.add_with_variants(kind, stops)
        for kind, stops in found.tours:
            self._pool.add_with_variants(kind, stops)
        self.parts_done += 1
        self._on_change()


def search_part(shared: tuple[Problem, TourSolver], part: Part, effort: Effort) -> Found:
    """Search one part; what runs in a worker process."""
    problem, solver = shared
    return solver.tours(problem, part, effort)
