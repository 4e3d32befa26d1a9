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

from voltloop.collection.kernel.arrays import KernelProblem, KernelTours
from voltloop.collection.kernel.neighbours import neighbours
from voltloop.collection.kernel.rich_anneal import fill, search
from voltloop.collection.kernel.rich_boxes import boxed_problem, boxed_state, boxed_static
from voltloop.collection.kernel.rich_plans import best_plan, load, plan_of, price_plan
from voltloop.collection.kernel.rich_setup import apart_km, has_windows, ready, static
from voltloop.collection.kernel.rich_state import (
    COST,
    COUNT,
    KIND,
    N_OUT,
    NOWHERE,
    SKIP_EUR,
    TOURS_EUR,
    State,
    new_state,
)
from voltloop.collection.kernel.rich_timetable import Indices

__all__ = ["anneal", "construct", "evaluate"]

_AROUND = 40
_NEAR = 70
_CANDIDATES = 250
_HOT = 0.5
_SHORT = 12.0
_HOTTEST = 4.0
_COOL = 0.01
_SECONDS_PER_LOOK = 0.05


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
    """Improve a plan.

    Parameters
    ----------
    problem
        The problem.
    start
        A legal plan, or None to begin with :func:`construct`.
    seed
        Seed of all random choices, 0 or more.
    seconds
        Time limit; not looked at when ``iterations`` is given.
    iterations
        Exact number of iterations. With it the result depends on the seed alone.
    on_progress
        Called now and then with the objective of the best plan [EUR] and the iterations done.
    temperature
        First and last temperature [EUR]: how much dearer a plan may become in one iteration is drawn from an
        exponential distribution of this mean. None: from the mean leg of the plan.
    frozen
        (T,) tours of ``start`` that stay as they are.

    Returns
    -------
    tuple
        The best plan, its objective [EUR] with the stops left out, and the iterations done.
    """
    begin = monotonic()
    problem = ready(problem)
    p, state, plan = boxed_problem(problem), new_state(problem, seed), plan_of(start)
    f, s = boxed_static(static(problem, p, *_near(problem, p))), boxed_state(state)
    frozen = np.zeros(len(plan.kind), np.bool_) if frozen is None else np.require(frozen, np.bool_, "C")
    kept_eur = float(load(p, f, s, plan, frozen))
    fill(p, f, s, _first_order(problem, state))
    best = float(state.sums[TOURS_EUR] + state.sums[SKIP_EUR])
    hot, cold = temperature or _temperatures(problem, state)
    if iterations is not None:
        best = search(p, f, s, 0, iterations, hot, log(cold / hot) / max(iterations, 1), best)
        return best_plan(state, plan, frozen), best + kept_eur, iterations
    done, chunk, now = 0, 1, monotonic() - begin
    while now < seconds:
        best = search(p, f, s, done, chunk, hot * (cold / hot) ** (now / seconds), 0.0, best)
        done += chunk
        took = monotonic() - begin - now
        now += took
        chunk = max(1, int(chunk * min(2.0, _SECONDS_PER_LOOK / max(took, 1e-6))))
        if on_progress is not None:
            on_progress(best + kept_eur, done)
    return best_plan(state, plan, frozen), best + kept_eur, done


def construct(problem: KernelProblem, seed: int) -> KernelTours:
    """Return a first legal plan: greedy insertion beside near neighbours, along a sweep around the depots.

    Parameters
    ----------
    problem
        The problem.
    seed
        Seed of the random choices, 0 or more.
    """
    return anneal(problem, None, seed=seed, seconds=0.0, iterations=0)[0]


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
    # The nearest in length come first all the same: without them short tours end 1 to 2 % longer.
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
    # Long tours need more heat: measured at 10 and at 40 stops a tour.
    hot = _HOT * min(max(served / tours / _SHORT, 1.0), _HOTTEST) * max(float(eur), 1e-6) / (served + tours)
    return hot, _COOL * hot
