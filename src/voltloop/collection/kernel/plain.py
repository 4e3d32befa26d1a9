"""Tours where nothing but one capacity limits: ruin and recreate with simulated annealing, at full speed.

References
----------
Christiaens, Vanden Berghe (2020): Slack induction by string removals for vehicle routing problems. Transportation
Science 54(2), 417-433.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import perf_counter

import numpy as np

from voltloop.collection.kernel.annealing import cool
from voltloop.collection.kernel.arrays import MATRIX, Ints, KernelProblem, KernelTours
from voltloop.collection.kernel.neighbours import along_a_curve, neighbours
from voltloop.collection.kernel.plain_legs import Legs, legs_of, near_eur
from voltloop.collection.kernel.plain_search import run
from voltloop.collection.kernel.plain_state import (
    BEST,
    NEXT,
    OPEN,
    TO_NEXT,
    Journal,
    Near,
    Tours,
    fill,
    journal,
    tours_of,
)
from voltloop.collection.kernel.random import seeded

__all__ = ["Annealing", "anneal", "is_plain"]

_NEIGHBOURS = 60
_LOAD_UNITS = 1e6
"""Loads are whole millionths inside, so that a tour's load is exact however often stops come and go."""


def is_plain(p: KernelProblem) -> bool:
    """Whether :func:`anneal` solves a problem: one kind, and no limit but one capacity that could ever bind.

    Time limits may be there as long as no tour of the capacity is long enough to meet them. Every stop must be
    reachable, fit the vehicle, and cost more to leave out than to serve alone.
    """
    if len(p.starts) != 1 or len(p.place) == 0 or p.max_reloads[0] > 0 or p.eur_per_kg_km[0] != 0.0:
        return False
    if (
        np.bitwise_or.reduce(p.goods) & np.bitwise_or.reduce(p.clash)
        or np.any(p.end_clash)
        or not p.allowed.all()
        or p.extra_eur.any()
    ):
        return False
    if p.metric == MATRIX and not _is_symmetric(p):
        return False
    limiting = _limiting(p)
    if len(limiting) > 1 or any(p.pick[:, m].any() and p.drop[:, m].any() for m in limiting):
        return False
    legs = legs_of(p)
    alone = legs.depot.sum(axis=1) + p.fixed_eur[0]
    fits = all((p.pick[:, m] + p.drop[:, m] <= p.room[0, m] + 1e-6).all() for m in limiting)
    return fits and bool((alone < np.minimum(p.skip_eur, inf)).all()) and _has_time(p, limiting)


def _is_symmetric(p: KernelProblem) -> bool:
    km, drive_s = p.km[p.profile[0]], p.drive_s[p.profile[0]]
    return np.array_equal(km, km.T) and (p.eur_per_s[0] == 0.0 or np.array_equal(drive_s, drive_s.T))


def _limiting(p: KernelProblem) -> list[int]:
    """Measures in which not everything fits one vehicle."""
    total = (p.pick + p.drop).sum(axis=0)
    return [m for m in range(len(total)) if total[m] > p.room[0, m]]


def _has_time(p: KernelProblem, limiting: list[int]) -> bool:
    """Whether no tour can meet a limit of time."""
    closes = np.maximum.reduceat(np.where(p.opens_s <= p.from_s[0], p.closes_s, -inf), p.window[:-1])
    latest = min(float(closes.min()), float(p.to_s[0])) - max(
        float(p.from_s[0]), float(p.release_s.max(initial=-inf))
    )
    limits = min(latest, float(p.max_duty_s[0]), float(p.max_driving_s[0]), p.max_stretch_s)
    if limits == inf:
        return True
    clock = legs_of(p._replace(eur_per_km=np.zeros(1), eur_per_s=np.ones(1)))
    most = len(p.place)
    for m in limiting:
        lightest = float((p.pick[:, m] + p.drop[:, m]).min())
        most = min(most, int(p.room[0, m] / lightest) if lightest > 0.0 else most)
    # No leg takes longer than the way over the depot; ways by road are not quite a metric, hence the allowance.
    longest_leg_s = 1.5 * float(clock.depot.max(axis=0).sum())
    return (most + 1) * longest_leg_s + most * float(p.service_s[p.by_hand[0]].max()) <= limits


class Annealing:
    """A search over a problem that :func:`is_plain`; see :class:`voltloop.collection.kernel.annealing.Search`.

    Parameters
    ----------
    problem
        The problem, or the part of one that is worked on.
    start
        A legal plan that serves every stop.
    seed
        Seed of all random choices, 0 or more.
    """

    def __init__(self, problem: KernelProblem, start: KernelTours, *, seed: int) -> None:
        self._order = along_a_curve(problem)
        order = self._order
        p = problem._replace(place=problem.place[order], pick=problem.pick[order], drop=problem.drop[order])
        self._legs = legs_of(p)
        self._near = _near(p, self._legs)
        self._tours, self._notes, self._room = _state(p, len(start.kind))
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order), dtype=np.int32)
        fill(self._tours, self._notes, self._legs, start.begins, rank[start.visits])
        self._random = seeded(seed)
        self._served_eur = float(problem.eur_per_s[0] * problem.service_s[problem.by_hand[0]].sum())
        self.heat_eur = _temperatures(self._tours, len(order))

    def run(self, iterations: int, hot_eur: float, cold_eur: float) -> None:
        """Change the present plan so often."""
        heat = np.array([hot_eur, (cold_eur / hot_eur) ** (1.0 / max(iterations, 1))])
        run(self._tours, self._notes, self._near, self._legs, self._room, self._random, heat, iterations)

    def best(self) -> tuple[KernelTours, float]:
        """Return the best plan so far, never worse than the start, and its cost [EUR]."""
        return self._read(self._notes.best_next), float(self._tours.eur[BEST]) + self._served_eur

    def present(self) -> KernelTours:
        """Return the plan that the next iteration changes."""
        return self._read(np.ascontiguousarray(self._tours.node[:, NEXT]))

    def _read(self, following: Ints) -> KernelTours:
        begins, visits = tours_of(following, len(self._order))
        return KernelTours(np.zeros(len(begins) - 1, np.int32), begins, self._order[visits])


def anneal(
    problem: KernelProblem,
    start: KernelTours,
    *,
    seed: int,
    seconds: float = inf,
    iterations: int | None = None,
    on_progress: Callable[[float, int], None] | None = None,
    temperature: tuple[float, float] | None = None,
) -> tuple[KernelTours, float, int]:
    """Improve a plan; see :class:`Annealing` and :func:`voltloop.collection.kernel.annealing.cool`.

    Returns
    -------
    tuple
        The best plan, never worse than ``start``; its cost [EUR]; the iterations done.
    """
    deadline = perf_counter() + seconds
    search = Annealing(problem, start, seed=seed)
    left = max(deadline - perf_counter(), 0.0)
    done = cool(search, seconds=left, iterations=iterations, temperature=temperature, on_progress=on_progress)
    return *search.best(), done


def _near(p: KernelProblem, legs: Legs) -> Near:
    stops = neighbours(p, _NEIGHBOURS)[0]
    eur = near_eur(legs, stops)
    order = np.argsort(eur, axis=1, kind="stable")
    return Near(np.take_along_axis(stops, order, axis=1), np.take_along_axis(eur, order, axis=1))


def _state(p: KernelProblem, tours: int) -> tuple[Tours, Journal, int]:
    """Return empty arrays, and the capacity in the units of the loads."""
    stops = len(p.place)
    vehicles = int(p.stock[p.resource].min(initial=stops))
    slots = max(tours, min(vehicles, tours + tours // 5 + 20))
    limiting = _limiting(p)
    load, room = np.zeros(stops, np.int64), 0
    if limiting:
        m = limiting[0]
        load = np.ceil((p.pick[:, m] + p.drop[:, m]) * _LOAD_UNITS - 1e-3).astype(np.int64)
        room = int((p.room[0, m] + 1e-6) * _LOAD_UNITS)
    node = np.zeros((stops + slots, 8), np.int32)
    state = Tours(
        node,
        node.view(np.float64),
        load,
        np.zeros(slots, np.int64),
        np.zeros(slots, np.int32),
        np.zeros(3, np.int64),
        np.zeros(2),
    )
    return state, journal(len(node), slots), room


def _temperatures(tours: Tours, stops: int) -> tuple[float, float]:
    """First and last temperature: the longer the tours, the hotter, because a stop has more places to go to.

    From 2 to 8 times the mean leg between stops: measured with 15 to 117 stops a tour, 1,000 to 30,000 in all.
    """
    between = tours.node[:stops, NEXT] < stops
    leg_eur = float(tours.leg[:stops, TO_NEXT][between].mean()) if between.any() else 0.0
    mean_eur = leg_eur or max(float(tours.eur[BEST]) / (2.0 * stops), 1e-9)
    hot = mean_eur * float(np.clip(stops / max(int(tours.counts[OPEN]), 1) / 10.0, 2.0, 8.0))
    return hot, hot / 60.0
