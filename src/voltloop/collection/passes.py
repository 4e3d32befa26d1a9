"""Annealing in passes: of the whole plan, or of parts of it in several processes.

The search runs in passes. A pass goes on from the present plan with the next stretch of one falling temperature, and
does a whole number of iterations that the passes before it have shown to fit into its time. So the numbers of
iterations, pass by pass and part by part, are all it takes to repeat a plan on another machine.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from voltloop.collection.barycentres import PartTours, cut, join, subproblem
from voltloop.collection.kernel.annealing import Search
from voltloop.collection.kernel.arrays import KernelProblem, KernelTours
from voltloop.collection.workers import work

__all__ = ["Annealed", "Crew", "Stretch", "anneal", "anneal_part", "complete"]

# Parts must be cut anew often; a whole goes on from where it stands, and each pass corrects what the ones before it
# misjudged of the speed.
_WHOLE = 100
_PARTED = 16
_PART_STOPS = 2_500
_TRIAL = 300
_NEAR = 40

Kernel = Literal["plain", "timed", "rich"]
"""A compiled search: the fewer rules it knows, the faster it is."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One run of a compiled search over a part, from one temperature [EUR] to the next."""

    kernel: Kernel
    part: PartTours
    seed: int
    iterations: int
    hot_eur: float
    cold_eur: float


@dataclass(frozen=True, slots=True)
class Crew:
    """Processes that know the problem; without an executor one part is searched after the other."""

    workers: int = 1
    executor: Executor | None = None


@dataclass(frozen=True, slots=True)
class Annealed:
    """A plan found: its tours, its cost with what is left out [EUR], and the iterations by pass and part."""

    tours: KernelTours
    eur: float
    iterations: Mapping[str, int]
    stopped_by: str


def complete(p: KernelProblem, start: KernelTours | None, seed: int) -> KernelTours:
    """Make a first legal plan: what is legal of a given one, with the other stops put in where they cost least."""
    from voltloop.collection.kernel import plain, timed
    from voltloop.collection.kernel.neighbours import neighbours
    from voltloop.collection.kernel.savings import savings

    if start is None and plain.is_plain(p):
        tours = savings(p, neighbours(p, _NEAR)[0])
        if _is_whole(p, tours):
            return tours
    return begin(p, "timed" if timed.is_timed(p) else "rich", start, seed).best()[0]


def _is_whole(p: KernelProblem, tours: KernelTours) -> bool:
    """Whether a plan of one kind serves every stop with the vehicles and drivers there are."""
    enough = len(tours.kind) <= p.stock[p.resource].min(initial=len(p.place))
    return bool(enough) and int((tours.visits >= 0).sum()) == len(p.place)


def begin(p: KernelProblem, kernel: Kernel, start: KernelTours | None, seed: int) -> Search:
    """Set up a compiled search that knows every rule of a problem; the one for plain problems needs a whole plan."""
    from voltloop.collection.kernel import plain, rich, timed

    if kernel == "plain" and start is not None:
        return plain.Annealing(p, start, seed=seed)
    if kernel == "timed":
        return timed.Annealing(p, start, seed=seed)
    return rich.Annealing(p, start, seed=seed)


def _fastest(p: KernelProblem, start: KernelTours) -> Kernel:
    """Choose the fastest compiled search that knows every rule of a problem."""
    from voltloop.collection.kernel import plain, timed

    if plain.is_plain(p) and _is_whole(p, start):
        return "plain"
    return "timed" if timed.is_timed(p) else "rich"


def anneal_part(p: KernelProblem, stretch: Stretch) -> tuple[PartTours, PartTours, float, float]:
    """Search one part; the best and the present tours, the cost of the best [EUR], and the seconds that took."""
    began = time.monotonic()
    part = stretch.part
    search = begin(subproblem(p, part), stretch.kernel, part.tours, stretch.seed)
    search.run(stretch.iterations, stretch.hot_eur, stretch.cold_eur)
    best, eur = search.best()
    present = search.present()
    return replace(part, tours=best), replace(part, tours=present), eur, time.monotonic() - began


def anneal(
    p: KernelProblem,
    start: KernelTours,
    *,
    seed: int,
    seconds: float,
    warmth: float = 1.0,
    exact: Mapping[str, int] | int | None = None,
    crew: Crew,
    on_pass: Callable[[float], None] | None = None,
) -> Annealed:
    """Improve a plan.

    Parameters
    ----------
    start
        A legal plan.
    seconds
        Wall time; not looked at when ``exact`` is given.
    warmth
        Share of the temperature that suits a plan that was made in haste.
    exact
        Iterations by pass and part, from an earlier search, or so many of every part in all; None: what fits into the
        time.
    crew
        Processes that do the work.
    on_pass
        Called with the cost of the best plan now and then.

    Returns
    -------
    Annealed
        With the same seed, start and iterations always the same plan, however many processes worked on it.
    """
    kernel = _fastest(p, start)
    if isinstance(exact, Mapping):
        parts = max((int(key.partition("/")[2]) + 1 for key in exact), default=1)
    else:
        parts = _how_many(p, start, kernel, crew.workers)
    clock = _Clock(_WHOLE if parts == 1 else _PARTED, time.monotonic() + seconds, exact)
    if parts == 1:
        return _anneal_whole(begin(p, kernel, start, seed), warmth, clock, on_pass)
    return _Parted(p, kernel, seed, parts, crew, clock).run(start, warmth, on_pass)


def _how_many(p: KernelProblem, tours: KernelTours, kernel: Kernel, workers: int) -> int:
    """As many parts as keep every process busy."""
    size = _PART_STOPS if kernel == "rich" else len(p.place)
    rounds = math.ceil(len(p.place) / size / workers)
    return max(1, min(workers * rounds, len(tours.kind) // 2))


class _Clock:
    """Count the iterations that fit into each pass; what was done is kept, and repeats a plan."""

    def __init__(self, passes: int, ends: float, exact: Mapping[str, int] | int | None) -> None:
        self.passes = passes
        self.iterations: dict[str, int] = {}
        self.stopped_by = "time limit" if exact is None else "iterations"
        self._ends = ends
        self._exact = exact
        self.per_s = 1.0

    @property
    def is_exact(self) -> bool:
        return self._exact is not None

    def heat(self, number: int, hot_eur: float, cold_eur: float) -> tuple[float, float]:
        """Temperature at the beginning and the end of a pass [EUR]."""
        first, last = (
            hot_eur * (cold_eur / hot_eur) ** (step / self.passes) for step in (number, number + 1)
        )
        return first, last

    def seconds(self, number: int) -> float:
        """Time for a pass."""
        return max(self._ends - time.monotonic(), 0.0) / (self.passes - number)

    def count(self, key: str, number: int, seconds: float) -> int:
        """Say how many iterations a part gets in a pass that has so long."""
        if isinstance(self._exact, int):
            found = self._exact * (number + 1) // self.passes - self._exact * number // self.passes
        elif self._exact is not None:
            found = self._exact.get(key, 0)
        else:
            found = int(seconds * self.per_s)
        self.iterations[key] = found
        return found


def _anneal_whole(
    search: Search, warmth: float, clock: _Clock, on_pass: Callable[[float], None] | None
) -> Annealed:
    hot, cold = search.heat_eur
    hot = max(warmth * hot, cold)
    for trial in (1, _TRIAL):
        # Part of the search whether timed or not; the first one loads what is compiled.
        began = time.monotonic()
        search.run(trial, hot, hot)
        clock.per_s = trial / max(time.monotonic() - began, 1e-6)
    for number in range(clock.passes):
        count = clock.count(f"{number}/0", number, clock.seconds(number))
        if count == 0:
            continue
        began = time.monotonic()
        search.run(count, *clock.heat(number, hot, cold))
        clock.per_s = count / max(time.monotonic() - began, 1e-6)
        if on_pass is not None:
            on_pass(search.best()[1])
    tours, eur = search.best()
    return Annealed(tours, eur, clock.iterations, clock.stopped_by)


class _Parted:
    def __init__(
        self, p: KernelProblem, kernel: Kernel, seed: int, parts: int, crew: Crew, clock: _Clock
    ) -> None:
        self._p = p
        self._kernel = kernel
        self._seed = seed
        self._parts = parts
        self._crew = crew
        self._clock = clock
        self._setup_s = 0.0

    def run(self, start: KernelTours, warmth: float, on_pass: Callable[[float], None] | None) -> Annealed:
        """Search part by part; a pass goes on from the present plan, as it is at its temperature."""
        clock, best, best_eur, present = self._clock, start, math.inf, start
        hot, cold = self._heat(start)
        hot = max(warmth * hot, cold)
        if not clock.is_exact:
            self._try_out(start, hot)
        for number in range(clock.passes):
            last = number == clock.passes - 1
            found = self._pass(best if last else present, number, *clock.heat(number, hot, cold))
            if found is None:
                continue
            eur = sum(part_eur for _, _, part_eur, _ in found)
            if eur < best_eur:
                best, best_eur = join(self._p, [part for part, _, _, _ in found]), eur
            present = join(self._p, [part for _, part, _, _ in found])
            if on_pass is not None:
                on_pass(best_eur)
        return Annealed(best, best_eur, clock.iterations, clock.stopped_by)

    def _heat(self, start: KernelTours) -> tuple[float, float]:
        """Temperatures that suit the parts, on average [EUR]."""
        heats = [
            begin(subproblem(self._p, part), self._kernel, part.tours, self._seed).heat_eur
            for part in self._cut(start, 0)[:2]
        ]
        hot, cold = np.mean(heats, axis=0)
        return float(hot), float(cold)

    def _cut(self, tours: KernelTours, number: int) -> list[PartTours]:
        many = min(self._parts, len(tours.kind))
        return cut(self._p, tours, many, np.random.default_rng([self._seed, number]))

    def _try_out(self, tours: KernelTours, hot: float) -> None:
        """Load the compiled search in each process, and see what setting up a part and an iteration take."""
        parts = self._cut(tours, 0)[: self._crew.workers]
        took = []
        for iterations in (1, 1, _TRIAL):
            stretches = [Stretch(self._kernel, part, self._seed, iterations, hot, hot) for part in parts]
            took.append(max(seconds for *_, seconds in self._search(stretches)))
        self._setup_s = took[1]
        self._clock.per_s = _TRIAL / max(took[2] - took[1], 1e-3)

    def _pass(
        self, tours: KernelTours, number: int, hot: float, cold: float
    ) -> list[tuple[PartTours, PartTours, float, float]] | None:
        parts = self._cut(tours, number)
        rounds = math.ceil(len(parts) / self._crew.workers)
        left = self._clock.seconds(number) - rounds * self._setup_s
        # A pass that would hardly do more than set up is left out: the later ones are longer for it.
        if not self._clock.is_exact and left < self._setup_s and number < self._clock.passes - 1:
            return None
        stops = sum(len(part.stops) for part in parts)
        stretches = []
        for index, part in enumerate(parts):
            share = max(left, 0.0) * self._crew.workers * len(part.stops) / stops
            seed = (self._seed + 7919 * number + 104_729 * index) % (1 << 31)
            count = self._clock.count(f"{number}/{index}", number, share)
            stretches.append(Stretch(self._kernel, part, seed, count, hot, cold))
        found = self._search(stretches)
        done = sum(stretch.iterations for stretch in stretches)
        busy = sum(max(seconds - self._setup_s, 1e-3) for *_, seconds in found)
        self._clock.per_s = max(done / busy, 1.0)
        return found

    def _search(self, stretches: list[Stretch]) -> list[tuple[PartTours, PartTours, float, float]]:
        if self._crew.executor is None:
            return [anneal_part(self._p, stretch) for stretch in stretches]
        futures = [self._crew.executor.submit(work, anneal_part, stretch) for stretch in stretches]
        return [future.result() for future in futures]
