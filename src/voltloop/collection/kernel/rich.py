"""Search for tours with every constraint in the insertion test: ruin and recreate, compiled.

The plan is legal after every iteration. See :mod:`voltloop.collection.kernel.rich_insert` for the test and
:mod:`voltloop.collection.kernel.rich_anneal` for the search.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.kernel.annealing import cool
from voltloop.collection.kernel.arrays import KernelProblem, KernelTours
from voltloop.collection.kernel.neighbours import neighbours
from voltloop.collection.kernel.rich_anneal import fill, search
from voltloop.collection.kernel.rich_boxes import boxed_problem, boxed_state, boxed_static
from voltloop.collection.kernel.rich_plans import load, plan_of, price_plan, read_plan, with_frozen
from voltloop.collection.kernel.rich_setup import apart_km, has_windows, ready, static
from voltloop.collection.kernel.rich_state import (
    COST,
    COUNT,
    HUB,
    KIND,
    N_OUT,
    NEXT,
    NOWHERE,
    SKIP_EUR,
    TOURS_EUR,
    State,
    new_state,
)
from voltloop.collection.kernel.rich_timetable import Indices

__all__ = ["Annealing", "anneal", "construct", "evaluate"]

_AROUND = 40
_NEAR = 70
_CANDIDATES = 250
_HOT = 0.5
_SHORT = 12.0
_HOTTEST = 4.0
_COOL = 0.01


class Annealing:
    """A search with every constraint; see :class:`voltloop.collection.kernel.annealing.Search`.

    Parameters
    ----------
    problem
        The problem.
    start
        A plan; what is legal of it is taken over, and the other stops are put in where they cost least. None for none.
    seed
        Seed of all random choices, 0 or more.
    frozen
        (T,) tours of ``start`` that stay as they are.
    """

    def __init__(
        self,
        problem: KernelProblem,
        start: KernelTours | None,
        *,
        seed: int,
        frozen: NDArray[np.bool_] | None = None,
    ) -> None:
        problem = ready(problem)
        self._start = plan_of(start)
        none = np.zeros(len(self._start.kind), np.bool_)
        self._frozen = none if frozen is None else np.require(frozen, np.bool_, "C")
        self._state = new_state(problem, seed)
        p, s = boxed_problem(problem), boxed_state(self._state)
        f = boxed_static(static(problem, p, *_near(problem, p)))
        self._boxes = (p, f, s)
        self._kept_eur = float(load(p, f, s, self._start, self._frozen))
        fill(p, f, s, _first_order(problem, self._state))
        self._best = float(self._state.sums[TOURS_EUR] + self._state.sums[SKIP_EUR])
        self._done = 0
        self.heat_eur = _temperatures(problem, self._state)

    def run(self, iterations: int, hot_eur: float, cold_eur: float) -> None:
        """Change the present plan so often."""
        cooling = log(cold_eur / hot_eur) / max(iterations, 1)
        self._best = search(*self._boxes, self._done, iterations, hot_eur, cooling, self._best)
        self._done += iterations

    def best(self) -> tuple[KernelTours, float]:
        """Return the frozen tours and the best plan of the others, and the objective [EUR] with the stops left out."""
        s = self._state
        found = read_plan(len(s.out_at), s.best_kind, s.best_next, s.best_hub)
        return with_frozen(found, self._start, self._frozen), self._best + self._kept_eur

    def present(self) -> KernelTours:
        """Return the plan that the next iteration changes."""
        s = self._state
        kind, following, hub = (
            np.ascontiguousarray(column) for column in (s.tour[:, KIND], s.link[:, NEXT], s.link[:, HUB])
        )
        return with_frozen(read_plan(len(s.out_at), kind, following, hub), self._start, self._frozen)


def anneal(
    problem: KernelProblem,
    start: KernelTours | None,
    *,
    seed: int,
    seconds: float,
    iterations: int | None = None,
    on_progress: Callable[[float, int], None] | None = None,
    temperature: tuple[float, float] | None = None,
    frozen: NDArray[np.bool_] | None = None,
) -> tuple[KernelTours, float, int]:
    """Improve a plan; see :class:`Annealing` and :func:`voltloop.collection.kernel.annealing.cool`.

    Returns
    -------
    tuple
        The best plan, its objective [EUR] with the stops left out, and the iterations done.
    """
    begun = monotonic()
    found = Annealing(problem, start, seed=seed, frozen=frozen)
    left = max(begun + seconds - monotonic(), 0.0)
    done = cool(found, seconds=left, iterations=iterations, temperature=temperature, on_progress=on_progress)
    return *found.best(), done


def construct(problem: KernelProblem, seed: int) -> KernelTours:
    """Return a first legal plan: greedy insertion beside near neighbours, along a sweep around the depots.

    Parameters
    ----------
    problem
        The problem.
    seed
        Seed of the random choices, 0 or more.
    """
    return Annealing(problem, None, seed=seed).best()[0]


def evaluate(problem: KernelProblem, tours: KernelTours) -> tuple[float, bool]:
    """Return what :func:`voltloop.collection.kernel.rich_plans.price_plan` finds for a plan."""
    eur, is_legal = price_plan(boxed_problem(ready(problem)), plan_of(tours))
    return float(eur), bool(is_legal)


def _near(problem: KernelProblem, p: Any) -> tuple[Indices, Indices]:
    """Return the stops around each stop, nearest first, and those nearest in time among more of them."""
    found, km = neighbours(problem, _CANDIDATES if has_windows(problem) else _NEAR)
    near = np.where(np.isfinite(km), found, NOWHERE).astype(np.int64)
    around = near[:, :_AROUND]
    if not has_windows(problem) or not near.size:
        return around, near
    apart = apart_km(p, near, km)
    # The nearest in length come first all the same.
    apart[:, :_AROUND] = np.where(np.isfinite(apart[:, :_AROUND]), -1.0, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, :_NEAR]
    follows = np.isfinite(np.take_along_axis(apart, order, axis=1))
    near = np.where(follows, np.take_along_axis(near, order, axis=1), NOWHERE)
    return around, near


def _first_order(p: KernelProblem, s: State) -> Indices:
    """Return the stops left out, around the mean of the depots."""
    out = np.sort(s.out[: s.counts[N_OUT]])
    if len(p.xyz) == 0:
        return out
    middle = p.xyz[p.starts].mean(axis=0)
    away = p.xyz[p.place[out]] - middle
    return out[np.argsort(np.arctan2(away[:, 1], away[:, 0]), kind="stable")].astype(np.int64)


def _temperatures(p: KernelProblem, s: State) -> tuple[float, float]:
    """First and last temperature from the mean cost of a leg [EUR]."""
    open_tours = s.tour[:, KIND] != NOWHERE
    eur = s.cost[open_tours, COST].sum() - p.fixed_eur[s.tour[open_tours, KIND]].sum()
    served, tours = int(s.tour[open_tours, COUNT].sum()), max(int(open_tours.sum()), 1)
    # Long tours need more heat.
    hot = _HOT * min(max(served / tours / _SHORT, 1.0), _HOTTEST) * max(float(eur), 1e-6) / (served + tours)
    return hot, _COOL * hot
