"""Which hubs to open when: many commodities, periods and scenarios, bounded from below.

The problem of choosing hubs for goods that arise at many origins: a hub has room that all commodities share, costs
money to open, to run and to close, and what it takes costs carriage, treatment and the way onward; what no hub takes
costs a penalty. Scenarios share the openings and have flows of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.network.hub_flows import Flows

__all__ = ["HubPlan", "HubProblem", "as_slices", "choose_hubs"]

Numbers = NDArray[np.float64]

_FIRST_TURNS = 4
_IDLE_TURNS = 12
"""Turns in which neither the plan nor the bound gets better, after which the search ends."""
_ROUGH = 1e-3
"""Share by which flows by repair may be dearer than the best."""


@dataclass(frozen=True)
class HubProblem:
    """Hubs that may be opened, and goods that they may take.

    Attributes
    ----------
    cost_eur
        (J, S, K) cost of taking one unit of a commodity from an origin at a hub, before discount; ``inf`` where it
        cannot be.
    penalty_eur, room_per_unit
        (K,) cost of one unit that no hub takes, and room that it needs in a hub.
    supply
        (R, S, K, T) units that arise in each scenario.
    weight, discount
        (R,), (T,) share of each scenario, and what money of a period counts.
    capacity
        (J, T) room of a hub in a period; 0 where it may not be open.
    open_eur, run_eur, close_eur
        (J,) cost of opening, of being open for a period, of closing, before discount.

    Raises
    ------
    InputError
        Shapes do not fit, or a number is missing or negative.
    """

    cost_eur: Numbers
    penalty_eur: Numbers
    room_per_unit: Numbers
    supply: Numbers
    weight: Numbers
    discount: Numbers
    capacity: Numbers
    open_eur: Numbers
    run_eur: Numbers
    close_eur: Numbers

    def __post_init__(self) -> None:
        hubs, origins, commodities = self.cost_eur.shape
        scenarios, periods = len(self.weight), len(self.discount)
        shapes = {
            "penalty_eur": (commodities,),
            "room_per_unit": (commodities,),
            "supply": (scenarios, origins, commodities, periods),
            "capacity": (hubs, periods),
            "open_eur": (hubs,),
            "run_eur": (hubs,),
            "close_eur": (hubs,),
        }
        for name, expected in shapes.items():
            if getattr(self, name).shape != expected:
                raise InputError(
                    f"{name} has the shape {getattr(self, name).shape}. Expected {expected}, from the costs, weights "
                    "and discounts. Give one value for each.",
                    code="hubs-shape",
                )
        for name in ("cost_eur", "weight", "discount", *shapes):
            values = getattr(self, name)
            bad = np.argwhere(~(values >= 0) | (np.isinf(values) & (name != "cost_eur")))
            if len(bad):
                where = ", ".join(str(index) for index in bad[0])
                raise InputError(
                    f"{name}[{where}] is {values[tuple(bad[0])]}. Expected a finite number of zero or more.",
                    code="hubs-number",
                )

    def fixed_eur(self, is_open: NDArray[np.bool_]) -> float:
        """Discounted cost of opening, running and closing; ``is_open`` is (J, T)."""
        before = np.zeros_like(is_open)
        before[:, 1:] = is_open[:, :-1]
        spent = (
            (is_open & ~before) * self.open_eur[:, None]
            + is_open * self.run_eur[:, None]
            + (before & ~is_open) * self.close_eur[:, None]
        )
        return float((spent * self.discount).sum())


@dataclass(frozen=True)
class HubPlan:
    """Hubs to open and how good the choice is known to be.

    Attributes
    ----------
    is_open
        (J, T) hubs that are open in each period.
    objective_eur, bound_eur
        Discounted, weighted cost with the best flows, and what no plan can be below.
    seconds
        Time in all.
    """

    is_open: NDArray[np.bool_]
    objective_eur: float
    bound_eur: float
    seconds: float

    @property
    def gap(self) -> float:
        """Share of the objective above the bound, 0 to 1."""
        return max(0.0, (self.objective_eur - self.bound_eur) / max(abs(self.objective_eur), 1e-12))


def choose_hubs(
    problem: HubProblem,
    *,
    time_limit_s: float = 120.0,
    gap: float = 1e-6,
    seed: int = 0,
    on_progress: Callable[[float, float, float], None] | None = None,
) -> HubPlan:
    """Open the hubs that take what arises at least expected cost.

    Parameters
    ----------
    problem
        Hubs and goods.
    time_limit_s, gap
        The best plan so far is returned when the time is over [s] or this share of the objective is left.
    seed
        Order in which exchanges of hubs are tried.
    on_progress
        Called with seconds, objective and bound.

    Notes
    -----
    1. Prices of having an item taken are raised by a deflected subgradient: the bound is that of the linear
       programme with "nobody uses a closed hub" for every origin, commodity and period, which is itself too large to
       solve.
    2. Hubs that are open in most rounds, and the best of them moved in time, closed, opened and exchanged one at a
       time, are costed by prices of room and repair; the flows of the best by linear programmes.
    3. With the better plan as target the prices are raised further, and so on until the time is over.
    """
    return _Choice(problem, time_limit_s, gap, seed, on_progress).run()


class _Choice:
    def __init__(
        self,
        problem: HubProblem,
        limit_s: float,
        gap: float,
        seed: int,
        on_progress: Callable[[float, float, float], None] | None,
    ) -> None:
        self.began = time.monotonic()
        self.problem, self.limit_s, self.gap = problem, limit_s, gap
        self.random = np.random.default_rng(seed)
        self.on_progress = on_progress
        self.hubs = as_slices(problem)
        self.flows = Flows(self.hubs)
        self.room_price = np.zeros((len(problem.capacity), len(self.hubs.weight)))
        self.bound, self._is_left = -np.inf, False
        self.best, self.plan = np.inf, np.zeros(problem.capacity.shape, np.bool_)

    def _left_s(self) -> float:
        return self.limit_s - (time.monotonic() - self.began)

    def _is_done(self) -> bool:
        return self._left_s() <= 0 or self.best - self.bound <= self.gap * abs(self.best)

    def _tell(self) -> None:
        if self.on_progress is not None:
            self.on_progress(time.monotonic() - self.began, self.best, self.bound)

    def run(self) -> HubPlan:
        from voltloop.network.hub_kernel import ascend

        hubs, price = self.hubs, self._first_price()
        self._take(self.plan, self._rough(self.plan)[0])
        step, spent_s, turn, idle = 1.0, 0.0, 0, 0
        target = min(self.best, 1.2 * float((hubs.weight[:, None] * hubs.amount * price).sum()))
        while idle < _IDLE_TURNS:
            before, started, gap = self.best, self._left_s(), self.best - self.bound
            found, is_open, often, self.room_price = ascend(hubs, price, target, 20 if turn < 2 else 60, step)
            self.bound = max(self.bound, found)
            for share in (0.25, 0.5, 0.75):
                self._try(_settled(often >= share))
            self._try(is_open)
            if turn >= _FIRST_TURNS or self._left_s() < 0.6 * self.limit_s:
                self._improve(often, 0.2 * self._left_s())
                step = 0.7 if self.best < before else max(0.02, 0.7 * step)
            self._tell()
            spent_s = max(spent_s, started - self._left_s())
            if self._is_done() or self._left_s() < 0.2 * spent_s:
                break
            idle = 0 if self.best - self.bound < 0.998 * gap else idle + 1
            turn += 1
            target = min(self.best, self.bound + 0.1 * abs(self.bound))
        return HubPlan(self.plan, self.best, min(self.bound, self.best), time.monotonic() - self.began)

    def _first_price(self) -> Numbers:
        """Cheapest hub and its share of the cost of a full hub, at most the penalty."""
        hubs, problem = self.hubs, self.problem
        room = np.maximum(problem.capacity.max(axis=1), 1e-9)
        periods = max(1, len(problem.discount))
        dear = (problem.open_eur / periods + problem.run_eur) / room
        each = (hubs.cost + dear[:, None] * hubs.size).min(axis=0)
        return np.tile(np.minimum(each, hubs.penalty), (len(hubs.weight), 1))

    def _rough(self, is_open: NDArray[np.bool_], known: Numbers | None = None) -> tuple[float, Numbers]:
        """Cost of a plan and of each slice of it; slices that are known are not costed again."""
        from voltloop.network.hub_kernel import serve

        hubs = self.hubs
        costs = np.full(len(hubs.weight), np.nan) if known is None else known.copy()
        for q in np.flatnonzero(np.isnan(costs)).tolist():
            prices = np.ascontiguousarray(self.room_price[:, q])
            costs[q] = serve(hubs, q, is_open[:, hubs.period[q]], prices, 15)
        return self.problem.fixed_eur(is_open) + float(costs @ hubs.weight), costs

    def _take(self, is_open: NDArray[np.bool_], cost: float) -> bool:
        is_better = cost < self.best * (1 - 1e-9)
        if is_better:
            self.best, self.plan = cost, is_open.copy()
        return is_better

    def _try(self, is_open: NDArray[np.bool_]) -> None:
        if self._left_s() > 0:
            self._take(is_open, self._rough(is_open)[0])

    def _improve(self, often: Numbers, seconds: float) -> None:
        """Move the openings of one hub at a time, close it, open it, or give them to another.

        From a plan that was left so before, a few hubs are first exchanged at random.
        """
        end = time.monotonic() + seconds
        current = self.plan.copy()
        if self._is_left:
            for _ in range(int(self.random.integers(2, 5))):
                one, other = self.random.choice(len(current), 2, replace=len(current) < 2)
                current[[one, other]] = current[[other, one]]
        cost, slices = self._rough(current)
        is_better = True
        while is_better and time.monotonic() < end:
            is_better = False
            for hub in self.random.permutation(len(current)):
                for rows, patterns in self._moves(current, often, int(hub)):
                    moved = current.copy()
                    moved[rows] = patterns
                    changed = (moved != current).any(axis=0)
                    if not changed.any() or time.monotonic() > end:
                        continue
                    known = np.where(changed[self.hubs.period], np.nan, slices)
                    found, parts = self._rough(moved, known)
                    if found < cost * (1 - 1e-9):
                        current, cost, slices, is_better = moved, found, parts, True
        self._take(current, cost)
        if cost < self.best * (1 + _ROUGH):
            exact = self.problem.fixed_eur(current) + self.flows.cost(current)
            self._take(current, exact)
        self._is_left = self._is_left or not is_better

    def _moves(
        self, current: NDArray[np.bool_], often: Numbers, hub: int
    ) -> list[tuple[list[int], NDArray[np.bool_]]]:
        periods = current.shape[1]
        mine = current[hub]
        starts = np.arange(periods)
        if mine.any():
            first = int(mine.argmax())
            near = [first - 1, first + 1] if first else [1]
            moves = [([hub], (starts >= start)[None]) for start in near if 0 <= start < periods]
            moves.append(([hub], np.zeros((1, periods), np.bool_)))
            shut = np.flatnonzero(~current.any(axis=1))
            for other in shut[np.argsort(-often[shut].sum(axis=1), kind="stable")][:6]:
                moves.append(([hub, int(other)], np.array([np.zeros(periods, np.bool_), mine])))
            return moves
        when = {0, int(np.argmax(often[hub] >= 0.5 * max(often[hub].max(), 1e-9))), periods // 2}
        return [([hub], (starts >= start)[None]) for start in sorted(when)]


def _settled(is_open: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Let a hub that is open now and then be open from the first time to the last."""
    starts = np.maximum.accumulate(is_open, axis=1)
    ends = np.maximum.accumulate(is_open[:, ::-1], axis=1)[:, ::-1]
    return starts & ends


def as_slices(problem: HubProblem) -> Any:
    """Give slices and items in place of scenarios, origins, commodities and periods."""
    from voltloop.network.hub_kernel import Hubs

    hubs, origins, _ = problem.cost_eur.shape
    scenarios, periods = len(problem.weight), len(problem.discount)
    penalty = np.tile(problem.penalty_eur, origins)
    cost = problem.cost_eur.reshape(hubs, -1)
    amount = problem.supply.transpose(0, 3, 1, 2).reshape(scenarios * periods, -1)
    return Hubs(
        np.ascontiguousarray(np.where(np.isfinite(cost), cost, 2.0 * penalty + 1.0)),
        penalty,
        np.tile(problem.room_per_unit, origins),
        np.ascontiguousarray(amount),
        np.outer(problem.weight, problem.discount).ravel(),
        np.tile(np.arange(periods), scenarios),
        np.ascontiguousarray(problem.capacity),
        np.outer(problem.open_eur, problem.discount),
        np.outer(problem.run_eur, problem.discount),
        np.outer(problem.close_eur, problem.discount),
    )
