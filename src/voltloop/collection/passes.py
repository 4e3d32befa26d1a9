"""Annealing in passes: of the whole plan, or of parts of it in several processes.

The search runs in passes. A pass goes on from the best plan so far with the next stretch of one falling temperature,
and does a whole number of iterations that the passes before it have shown to fit into its time. So the numbers of
iterations, pass by pass and part by part, are all it takes to repeat a plan on another machine.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from voltloop.collection.barycentres import PartTours, cut, join, subproblem
from voltloop.collection.kernel.arrays import KernelProblem, KernelTours
from voltloop.collection.workers import work

__all__ = ["Annealed", "Crew", "Stretch", "anneal", "anneal_part", "complete"]

# Of the time, and of the way down in temperature, that each pass takes. Parts must be cut anew often; a whole is left
# alone, and its last passes only correct what the first ones misjudged of the speed.
_WHOLE = (0.1, 0.5, 0.25, 0.1, 0.05)
_PARTED = (1 / 12,) * 12
_PART_STOPS = 2_500
_TRIAL = 300
_COLD = 0.01
_NEAR = 40


@dataclass(frozen=True, slots=True)
class Stretch:
    """One run of a compiled search over a part, from one temperature [EUR] to the next."""

    is_plain: bool
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
    from voltloop.collection.kernel import plain, rich
    from voltloop.collection.kernel.neighbours import neighbours
    from voltloop.collection.kernel.savings import savings

    if start is None and plain.is_plain(p):
        tours = savings(p, neighbours(p, _NEAR)[0])
        if _is_whole(p, tours):
            return tours
    return rich.anneal(p, start, seed=seed, seconds=0.0, iterations=0, temperature=(1.0, 1.0))[0]


def _is_whole(p: KernelProblem, tours: KernelTours) -> bool:
    """Whether a plan of one kind serves every stop with the vehicles and drivers there are."""
    enough = len(tours.kind) <= p.stock[p.resource].min(initial=len(p.place))
    return bool(enough) and int((tours.visits >= 0).sum()) == len(p.place)


def anneal_part(p: KernelProblem, stretch: Stretch) -> tuple[PartTours, float, float]:
    """Search one part for a number of iterations; its tours, their cost [EUR] and the seconds that took."""
    from voltloop.collection.kernel import plain, rich

    began = time.monotonic()
    search = plain.anneal if stretch.is_plain else rich.anneal
    tours, eur, _ = search(
        subproblem(p, stretch.part), stretch.part.tours, seed=stretch.seed, seconds=math.inf,
        iterations=stretch.iterations, temperature=(stretch.hot_eur, stretch.cold_eur),
    )  # fmt: skip
    return replace(stretch.part, tours=tours), eur, time.monotonic() - began


def anneal(
    p: KernelProblem,
    start: KernelTours,
    *,
    seed: int,
    seconds: float,
    hot_eur: float,
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
    hot_eur
        Temperature to begin with [EUR]; it ends at a hundredth of that.
    exact
        Iterations by pass and part, from an earlier search, or so many of every part; None: what fits into the time.
    crew
        Processes that do the work.
    on_pass
        Called with the cost of the plan after each pass.

    Returns
    -------
    Annealed
        With the same seed, start and iterations always the same plan, however many processes worked on it.
    """
    return _Passes(p, seed, seconds, hot_eur, exact, crew).run(start, on_pass)


class _Passes:
    def __init__(
        self, p: KernelProblem, seed: int, seconds: float, hot_eur: float,
        exact: Mapping[str, int] | int | None, crew: Crew,
    ) -> None:  # fmt: skip
        self._p = p
        self._seed = seed
        self._ends = time.monotonic() + seconds
        self._hot = hot_eur
        self._exact = exact
        self._crew = crew
        self._iterations: dict[str, int] = {}
        self._per_s = 1.0
        self._setup_s = 0.0
        self._is_plain = False
        self._shares: tuple[float, ...] = _WHOLE

    def run(self, start: KernelTours, on_pass: Callable[[float], None] | None) -> Annealed:
        from voltloop.collection.kernel import plain

        tours, eur = start, math.inf
        self._is_plain = plain.is_plain(self._p) and _is_whole(self._p, start)
        self._shares = _WHOLE if len(self._parts(start, 0)) == 1 else _PARTED
        if self._exact is None:
            self._warm_up(tours)
        for number in range(len(self._shares)):
            found = self._pass(tours, number)
            if found is None:
                break
            tours, eur = found
            if on_pass is not None:
                on_pass(eur)
        return Annealed(tours, eur, self._iterations, "time limit" if self._exact is None else "iterations")

    def _parts(self, tours: KernelTours, number: int) -> list[PartTours]:
        rng = np.random.default_rng([self._seed, number])
        if isinstance(self._exact, Mapping):
            many = sum(key.startswith(f"{number}/") for key in self._exact)
        else:
            size = len(self._p.place) if self._is_plain else _PART_STOPS
            # As many as keep every process busy.
            rounds = math.ceil(len(self._p.place) / size / self._crew.workers)
            many = min(self._crew.workers * rounds, len(tours.kind) // 2)
        return cut(self._p, tours, max(1, many), rng)

    def _warm_up(self, tours: KernelTours) -> None:
        """Load the compiled search, and see what setting up a part and an iteration take."""
        parts = self._parts(tours, 0)[: self._crew.workers]
        took = []
        for iterations in (1, 1, _TRIAL):
            stretches = [
                Stretch(self._is_plain, part, self._seed, iterations, self._hot, self._hot) for part in parts
            ]
            took.append(max(seconds for _, _, seconds in self._search(stretches)))
        self._setup_s = took[1]
        self._per_s = _TRIAL / max(took[2] - took[1], 1e-3)

    def _pass(self, tours: KernelTours, number: int) -> tuple[KernelTours, float] | None:
        parts = self._parts(tours, number)
        counts = [self._count(f"{number}/{index}", part, parts, number) for index, part in enumerate(parts)]
        if all(count is None for count in counts):
            return None
        done = sum(self._shares[:number])
        hot, cold = (self._hot * _COLD**share for share in (done, done + self._shares[number]))
        stretches = [
            Stretch(self._is_plain, part, (self._seed + 7919 * number + 104_729 * index) % (1 << 31),
                    count or 0, hot, cold)
            for index, (part, count) in enumerate(zip(parts, counts, strict=True))
        ]  # fmt: skip
        found = self._search(stretches)
        self._iterations |= {f"{number}/{index}": entry.iterations for index, entry in enumerate(stretches)}
        busy = sum(max(seconds - self._setup_s, 1e-3) for _, _, seconds in found)
        self._per_s = max(sum(entry.iterations for entry in stretches) / busy, 1.0)
        return join(self._p, [part for part, _, _ in found]), sum(eur for _, eur, _ in found)

    def _count(self, key: str, part: PartTours, parts: list[PartTours], number: int) -> int | None:
        """Say how many iterations a part gets in this pass; None when there is no time or record for it."""
        if self._exact is not None:
            return self._exact if isinstance(self._exact, int) else self._exact.get(key)
        whole = self._ends - time.monotonic()
        left = whole * self._shares[number] / sum(self._shares[number:])
        stops = sum(len(other.stops) for other in parts)
        setup = self._setup_s * len(parts) / self._crew.workers
        if left < 2 * setup:
            # Too short to be worth its while: fewer, longer passes then.
            left = min(whole, 3 * setup)
            if left < 1.5 * setup:
                return None
        return int((left - setup) * self._per_s * self._crew.workers * len(part.stops) / stops)

    def _search(self, stretches: list[Stretch]) -> list[tuple[PartTours, float, float]]:
        if self._crew.executor is None:
            return [anneal_part(self._p, stretch) for stretch in stretches]
        futures = [self._crew.executor.submit(work, anneal_part, stretch) for stretch in stretches]
        return [future.result() for future in futures]
