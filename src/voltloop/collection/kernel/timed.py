"""Tours where one capacity and time windows limit: ruin and recreate with simulated annealing, at full speed.

References
----------
Christiaens, Vanden Berghe (2020): Slack induction by string removals for vehicle routing problems. Transportation
Science 54(2), 417-433.
"""

from __future__ import annotations

import numpy as np

from voltloop.collection.kernel.arrays import MATRIX, Floats, Ints, KernelProblem, KernelTours
from voltloop.collection.kernel.neighbours import along_a_curve, neighbours
from voltloop.collection.kernel.plain_legs import legs_of
from voltloop.collection.kernel.plain_state import tours_of
from voltloop.collection.kernel.random import seeded
from voltloop.collection.kernel.timed_near import beside
from voltloop.collection.kernel.timed_search import run
from voltloop.collection.kernel.timed_state import (
    BEST,
    CURRENT,
    N_OUT,
    NEXT,
    OPEN,
    TO_NEXT,
    Clock,
    Rules,
    fill,
    new_journal,
    new_tours,
)

__all__ = ["Annealing", "is_timed"]

_AROUND = 40
_BESIDE = 30
_CANDIDATES = 1000
_FEWEST_CANDIDATES = 200
_PAIRS = 5_000_000
_WHATEVER_IT_COSTS = 1e300
_LOAD_UNITS = 1e6
"""Loads are whole millionths inside, so that a tour's load is exact however often stops come and go."""


def is_timed(p: KernelProblem) -> bool:
    """Whether :class:`Annealing` solves a problem.

    One kind of vehicle, paid by tour and kilometre; limits are one capacity, one window per stop, the shift and the
    number of vehicles; stops may be left out at a price. All times must be whole seconds, which sums keep exactly, and
    every stop must be legal alone on a tour.
    """
    if len(p.starts) != 1 or len(p.place) == 0:
        return False
    return _has_no_other_rule(p) and _has_one_capacity(p) and _keeps_whole_seconds(p) and _reaches_all(p)


def _has_no_other_rule(p: KernelProblem) -> bool:
    costs = p.eur_per_kg_km[0] != 0.0 or p.eur_per_s[0] != 0.0 or bool(p.extra_eur.any())
    clashes = np.bitwise_or.reduce(p.goods) & np.bitwise_or.reduce(p.clash) or np.any(p.end_clash)
    trips = p.max_reloads[0] > 0 or bool(p.release_s.any())
    duty = min(p.max_duty_s[0], p.max_driving_s[0], p.max_stretch_s) < p.to_s[0] - p.from_s[0]
    several = len(p.opens_s) != len(p.place)
    return not (costs or clashes or trips or duty or several) and bool(p.allowed.all())


def _has_one_capacity(p: KernelProblem) -> bool:
    limiting = _limiting(p)
    return len(limiting) <= 1 and all(
        not (p.pick[:, m].any() and p.drop[:, m].any())
        and bool((p.pick[:, m] + p.drop[:, m] <= p.room[0, m] + 1e-6).all())
        for m in limiting
    )


def _keeps_whole_seconds(p: KernelProblem) -> bool:
    times = np.concatenate([p.service_s[p.by_hand[0]], p.opens_s, p.closes_s, p.from_s, p.to_s])
    times = times[np.isfinite(times)]
    return bool((times == np.floor(times)).all())


def _reaches_all(p: KernelProblem) -> bool:
    """Whether each stop is legal alone, and every way of a matrix is known."""
    road = p.profile[0]
    if p.metric == MATRIX and not (np.isfinite(p.km[road]).all() and np.isfinite(p.drive_s[road]).all()):
        return False
    depot_s = _clock(p).depot
    begins = np.maximum(p.from_s[0] + depot_s[:, 0], p.opens_s)
    back = begins + p.service_s[p.by_hand[0]] + depot_s[:, 1]
    alone = (begins <= p.closes_s) & (back <= p.to_s[0])
    return bool(alone.all() and np.isfinite(legs_of(p).depot).all() and np.isfinite(p.skip_eur).all())


def _limiting(p: KernelProblem) -> list[int]:
    """Measures in which not everything fits one vehicle."""
    total = (p.pick + p.drop).sum(axis=0)
    return [m for m in range(len(total)) if total[m] > p.room[0, m]]


class Annealing:
    """A search over a problem that :func:`is_timed`; see :class:`voltloop.collection.kernel.annealing.Search`.

    Parameters
    ----------
    problem
        The problem, or the part of one that is worked on.
    start
        A plan; what is legal of it is taken over, and the other stops are put in where they cost least. None for none.
    seed
        Seed of all random choices, 0 or more.
    """

    def __init__(self, problem: KernelProblem, start: KernelTours | None, *, seed: int) -> None:
        self._order = along_a_curve(problem)
        p = _reordered(problem, self._order)
        stops = len(p.place)
        self._legs, self._clock = legs_of(p), _clock(p)
        self._rules = _rules(p, self._legs.depot)
        candidates = min(_CANDIDATES, max(_FEWEST_CANDIDATES, _PAIRS // stops))
        near = neighbours(p, candidates)[0]
        self._beside = beside(self._rules, self._legs, self._clock, near, _AROUND, _BESIDE)
        vehicles = int(p.stock[p.resource].min(initial=stops))
        self._tours = new_tours(stops, vehicles, float(p.from_s[0]), float(p.to_s[0]))
        self._notes = new_journal(stops, vehicles)
        self._random = seeded(seed)
        self._tours.eur[CURRENT] = p.skip_eur.sum()
        if start is not None:
            rank = np.empty_like(self._order)
            rank[self._order] = np.arange(stops, dtype=np.int32)
            fill(
                self._tours,
                self._notes,
                self._legs,
                self._clock,
                self._rules,
                start.begins,
                rank[start.visits],
            )
        waiting = np.flatnonzero(self._tours.out_at >= 0)
        self._notes.order[: len(waiting)] = waiting
        self._tours.eur[BEST] = -np.inf
        if len(waiting):
            self._change(_WHATEVER_IT_COSTS, 1.0, 1, len(waiting))
        self._tours.eur[:] = self._objective_eur(p)
        self._notes.best_next[:] = self._tours.node[:, NEXT]
        self.heat_eur = self._temperatures()

    def run(self, iterations: int, hot_eur: float, cold_eur: float) -> None:
        """Change the present plan so often."""
        self._change(hot_eur, (cold_eur / hot_eur) ** (1.0 / max(iterations, 1)), iterations, 0)

    def _change(self, heat_eur: float, cooling: float, times: int, waiting: int) -> None:
        run(
            self._tours, self._notes, self._beside, self._legs, self._clock, self._rules, self._random,
            np.array([heat_eur, cooling]), times, waiting,
        )  # fmt: skip

    def best(self) -> tuple[KernelTours, float]:
        """Return the best plan so far and its objective [EUR] with the stops left out."""
        return self._read(self._notes.best_next), float(self._tours.eur[BEST])

    def present(self) -> KernelTours:
        """Return the plan that the next iteration changes."""
        return self._read(np.ascontiguousarray(self._tours.node[:, NEXT]))

    def _read(self, following: Ints) -> KernelTours:
        begins, visits = tours_of(following, len(self._order))
        return KernelTours(np.zeros(len(begins) - 1, np.int32), begins, self._order[visits])

    def _objective_eur(self, p: KernelProblem) -> float:
        """Cost of the present plan added up anew [EUR]: prices of stops left out may dwarf it and cost digits."""
        legs = self._tours.line[:, TO_NEXT]
        driven = float(legs[np.isfinite(legs)].sum() + p.fixed_eur[0] * self._tours.counts[OPEN])
        return driven + float(p.skip_eur[self._tours.out_at >= 0].sum())

    def _temperatures(self) -> tuple[float, float]:
        tours = max(int(self._tours.counts[OPEN]), 1)
        stops = len(self._order) - int(self._tours.counts[N_OUT])
        legs = self._tours.line[:, TO_NEXT]
        eur = legs[np.isfinite(legs)].sum()
        mean = max(float(eur), 1e-6) / (stops + tours)
        hot = 0.5 * min(max(stops / tours / 12.0, 1.0), 4.0) * mean
        return hot, 0.02 * hot


def _reordered(p: KernelProblem, order: Ints) -> KernelProblem:
    return p._replace(
        place=p.place[order], pick=p.pick[order], drop=p.drop[order], service_s=p.service_s[:, order],
        opens_s=p.opens_s[order], closes_s=p.closes_s[order], skip_eur=p.skip_eur[order],
    )  # fmt: skip


def _clock(p: KernelProblem) -> Clock:
    return Clock(*legs_of(p._replace(fixed_eur=np.zeros(1), eur_per_km=np.zeros(1), eur_per_s=np.ones(1))))


def _rules(p: KernelProblem, depot_eur: Floats) -> Rules:
    stop, room = np.zeros((len(p.place), 8)), np.full(1, np.inf)
    limiting = _limiting(p)
    load = np.zeros(len(p.place))
    if limiting:
        m = limiting[0]
        load = np.ceil((p.pick[:, m] + p.drop[:, m]) * _LOAD_UNITS - 1e-3)
        room[:] = np.floor((p.room[0, m] + 1e-6) * _LOAD_UNITS)
    stop[:, :5] = np.column_stack([p.opens_s, p.closes_s, p.service_s[p.by_hand[0]], load, p.skip_eur])
    far = depot_eur[:, 0]
    rank = np.stack([-load, -far, far, p.closes_s - p.opens_s, p.opens_s, -p.closes_s, -p.skip_eur])
    optional = bool(np.any(p.skip_eur < p.skip_eur.max()))
    weights = np.array([4.0, 2.0, 1.0, 2.0, 2.0, 2.0, 4.0 * optional, 4.0])
    return Rules(stop, np.ascontiguousarray(rank), np.cumsum(weights / weights.sum())[:-1], room)
